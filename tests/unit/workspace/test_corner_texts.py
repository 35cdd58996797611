from types import SimpleNamespace
from typing import Any, cast

import pytest

from viewer.dicom.image_plane import plane_from
from viewer.imaging.frame_state import PatientIdentity
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.voi_lut import Window
from viewer.workspace.corner_texts import FIELDS, CornerScene, corner_texts, identity_lines
from viewer.workspace.display_set import DisplaySet, DisplaySetKind


def _scene(headers: list[Any], **changes: Any) -> CornerScene:
    image = ImageRef(headers[3])
    display_set = DisplaySet("k", "s", DisplaySetKind.STACK, "", tuple(map(ImageRef, headers)))
    plane = plane_from((0, 0, -85.0), (1, 0, 0, 0, 1, 0), (0.5, 0.5))
    state = SimpleNamespace(plane=plane, laterality="", unit="HU")
    rendered = SimpleNamespace(state=state, voi=Window(-600, 1500), placement=SimpleNamespace(scale_x=1.5))
    return CornerScene(image, display_set, 3, cast("Any", rendered), **changes)


def _texts(scene: CornerScene, amount: str = "full") -> str:
    return "\n".join(line.text for lines in corner_texts(scene, amount).values() for line in lines)


def test_a_ct_says_its_place_window_zoom_and_thickness(make_stack: Any) -> None:
    texts = _texts(_scene(make_stack(12, thickness="5", series_description="Thorax"), preset="Lung"))
    for wanted in ("Image 4 of 12", "P −85 mm", "T 5 mm", "W 1500  L −600  Lung", "Zoom 150 %", "Thorax"):
        assert wanted in texts


def test_short_texts_are_fewer_and_none_are_none(make_stack: Any) -> None:
    scene = _scene(make_stack(12))
    assert "Image 4 of 12" in _texts(scene, "short")
    assert "Zoom" not in _texts(scene, "short")
    assert _texts(scene, "none") == ""


@pytest.mark.parametrize("modality", ["CT", "MR", "PT", "NM", "MG", "DX", "CR", "XA", "RF", "US", "OT", ""])
def test_every_modality_has_texts_and_every_field_works_on_any_image(make_stack: Any, modality: str) -> None:
    scene = _scene(make_stack(6, modality=modality))
    assert "Image 4 of" in _texts(scene)
    assert all(isinstance(field(scene), str) for field in FIELDS.values())


def test_texts_follow_the_readers_character_set(make_stack: Any) -> None:
    headers = make_stack(6, series_description="흉부".encode("euc_kr"))
    assert "흉부" in _texts(_scene(headers, character_set="\\ISO 2022 IR 149"))
    assert "흉부" not in _texts(_scene(headers))


def test_a_cine_says_its_rate_and_what_it_dropped(make_stack: Any) -> None:
    scene = _scene(make_stack(6, modality="XA"), achieved_rate=14.96, dropped=3)
    assert "15.0/s (3 dropped)" in _texts(scene)


def test_the_banner_says_who_and_what_is_missing() -> None:
    lines = identity_lines(PatientIdentity("HONG^GILDONG", "4711", "19610203", "M"), "20260301")
    assert "HONG" in lines[0]
    assert "1961-02-03" in lines[1]
    assert "65" in lines[1]
    assert lines[2] == "ID 4711"
    assert identity_lines(PatientIdentity()) == ("(no name)", "(no ID)")


def test_a_quantity_that_cannot_be_is_not_shown(make_stack: Any) -> None:
    field_strength, heart_rate = 0x00180087, 0x00181088
    wrong = make_stack(6, modality="MR", thickness="0", raw={field_strength: b"15000 ", heart_rate: b"0 "})
    texts = _texts(_scene(wrong))
    assert "15000" not in texts
    assert "T 0 mm" not in texts
    assert FIELDS["heart_rate"](_scene(wrong)) == ""
    right = _scene(make_stack(6, modality="MR", raw={field_strength: b"1.5 ", heart_rate: b"72"}))
    assert "1.5 T" in _texts(right)
    assert FIELDS["heart_rate"](right) == "72 bpm"
