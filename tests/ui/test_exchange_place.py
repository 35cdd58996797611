"""What the program does when sending has ended."""

from typing import Any

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from viewer.application.exchange_place import ExchangePlace
from viewer.archives.transfer_values import TransferKind, TransferRequest, TransferState, TransferStatus
from viewer.base.events import Event
from viewer.network.peers import Peer
from viewer.network.stations import Station
from viewer.workspace.sending import StudyToSend
from viewer.workspace.transfers import TransferList

PACS = Peer("PACS", Station("PACS", "127.0.0.1", 104))
STUDY = StudyToSend("1.2.3", "KIM Gildong, CT", 3)


class _Transfers:
    """Notes what is wanted of it, and does nothing."""

    def __init__(self) -> None:
        self.ended: Event[TransferStatus] = Event()
        self.list = TransferList()
        self.promises: list[tuple[str, list[str]]] = []

    def send(self, archive: str, study_instance_uids: list[str]) -> None: ...

    def commit(self, archive: str, study_instance_uids: list[str]) -> None:
        self.promises.append((archive, study_instance_uids))

    def end(self, state: TransferState) -> None:
        request = TransferRequest(TransferKind.SEND, PACS.name, STUDY.study_instance_uid)
        self.ended.emit(TransferStatus(1, request, state))


class _Programme(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.transfers = _Transfers()
        self.windows: list[object] = []


@pytest.fixture
def programme(qapp: QApplication) -> _Programme:  # noqa: ARG001 - Qt has to be there
    return _Programme()


@pytest.mark.parametrize(("wants_promise", "promises"), [(True, [("PACS", ["1.2.3"])]), (False, [])])
def test_a_promise_is_asked_for_as_it_was_wanted_last(
    programme: _Programme, *, wants_promise: bool, promises: list[tuple[str, list[str]]]
) -> None:
    given: Any = programme
    place = ExchangePlace(given)
    place.send(PACS, [STUDY], commits=True)
    programme.transfers.end(TransferState.FAILED)
    place.send(PACS, [STUDY], commits=wants_promise)
    programme.transfers.end(TransferState.DONE)
    programme.transfers.end(TransferState.DONE)
    assert programme.transfers.promises == promises
    place.close()
