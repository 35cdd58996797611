"""The probe names an animal's sides by an animal's letters."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.builders.plain_volumes import plain_state
from viewer.imaging.modality_lut import Rescale
from viewer.ui.viewports import probe
from viewer.workspace.tools.probe import ProbeReading
from viewer.workspace.viewport_state import DisplayedImage

PERSON = plain_state(8, 8, Rescale())
ANIMAL = replace(PERSON, identity=replace(PERSON.identity, species="QUADRUPED"))


@pytest.mark.parametrize(("state", "words"), [(PERSON, "R 4.0  P 5.0  F 6.0 mm"), (ANIMAL, "RT 4.0  D 5.0  CD 6.0 mm")])
def test_the_place_has_the_letters_of_the_patient(state: Any, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = ProbeReading(1, 2, (3.0,), 3.0, "HU", point_patient=(-4.0, 5.0, -6.0))
    monkeypatch.setattr(probe, "probe_at", lambda _displayed, _point: reading)
    rendered = SimpleNamespace(state=state, request=SimpleNamespace(overlay=None))
    displayed = cast("DisplayedImage", SimpleNamespace(rendered=rendered))
    assert probe.probe_lines(displayed, (1.5, 2.5))[-1] == words
