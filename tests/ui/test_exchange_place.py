"""What the program asks for when studies are sent."""

from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from viewer.application.exchange_place import ExchangePlace
from viewer.network.peers import Peer
from viewer.network.stations import Station
from viewer.workspace.sending import StudyToSend
from viewer.workspace.transfers import TransferList

PACS = Peer("PACS", Station("PACS", "127.0.0.1", 104))
STUDY = StudyToSend("1.2.3", "KIM Gildong, CT", 3)


class _Transfers:
    """Notes what is wanted of it, and does nothing."""

    def __init__(self) -> None:
        self.list = TransferList()
        self.sent: list[tuple[str, list[str], bool]] = []

    def send(self, archive: str, study_instance_uids: list[str], *, commits: bool) -> None:
        self.sent.append((archive, study_instance_uids, commits))


class _Programme(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.transfers = _Transfers()
        self.windows: list[object] = []


@pytest.fixture
def programme(qapp: QApplication) -> _Programme:  # noqa: ARG001 - Qt has to be there
    return _Programme()


@pytest.mark.parametrize("wants_promise", [True, False])
def test_the_promise_is_asked_for_by_whoever_sends(programme: _Programme, *, wants_promise: bool) -> None:
    given: Any = programme
    place = ExchangePlace(given)
    place.send(PACS, [STUDY], commits=wants_promise)
    assert programme.transfers.sent == [("PACS", ["1.2.3"], wants_promise)]
