"""Examining archives in a hurry: what the tests of the network doctor share."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.builders.peer_servers import free_port
from viewer.archives import doctor_dimse, doctor_move, doctor_probe
from viewer.archives.access import open_access
from viewer.archives.doctor import STEP_TITLES, Diagnosis, Step, StepState, examine
from viewer.archives.secrets import Secrets
from viewer.network.peers import Peer, Quirks
from viewer.network.requesting import Patience
from viewer.network.stations import Station
from viewer.reception.receiver_settings import ReceiverSettings

STUDY, SERIES, INSTANCE, CT = "1.2.3", "1.2.3.4", "1.2.3.4.5", "1.2.840.10008.5.1.4.1.1.2"
FAILED, SKIPPED, WARNING, OK = StepState.FAILED, StepState.SKIPPED, StepState.WARNING, StepState.OK


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the doctor wait for less."""
    monkeypatch.setattr(doctor_dimse, "PATIENCE", Patience(2.0, 2.0, 3.0, 2.0))
    monkeypatch.setattr(doctor_probe, "_PROBE_S", 1.0)
    monkeypatch.setattr(doctor_move, "_COMES_WITHIN_S", 1.0)


def examined(tmp_path: Path, peer: Peer, secrets: Secrets | None = None) -> Diagnosis:
    own = ReceiverSettings(ae_title="READER", port=free_port())
    told: list[Step] = []
    diagnosis = examine(open_access(peer, tmp_path, own, secrets), own, told.append)
    assert tuple(told) == diagnosis.steps
    order = list(STEP_TITLES)
    assert [order.index(step.name) for step in diagnosis.steps] == sorted(order.index(s.name) for s in diagnosis.steps)
    for step in diagnosis.steps:
        assert step.words
        assert step.fix or step.state is not FAILED
    return diagnosis


def dicom(port: int, title: str = "SCRIPTED", *, tls: bool = False, quirks: Quirks | None = None) -> Peer:
    return Peer("A", Station(title, "127.0.0.1", port, uses_tls=tls), quirks=quirks or Quirks())


def states_of(diagnosis: Diagnosis) -> Mapping[str, StepState]:
    return {step.name: step.state for step in diagnosis.steps}


def step_of(diagnosis: Diagnosis, name: str) -> Step:
    return next(step for step in diagnosis.steps if step.name == name)


def only_failure(diagnosis: Diagnosis) -> Step:
    (failed,) = [step for step in diagnosis.steps if step.state is FAILED]
    assert not diagnosis.is_ok
    return failed


def examined_freely(tmp_path: Path, peer: Peer) -> Diagnosis:
    own = ReceiverSettings(ae_title="READER", port=free_port())
    return examine(open_access(peer, tmp_path, own), own)
