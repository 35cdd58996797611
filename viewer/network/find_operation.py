"""One C-FIND on an association of ours: its request, its answers, and its end (PS3.7 9.1.2, PS3.4 C.4.1)."""

import contextlib
import time
from collections.abc import Callable, Mapping

from viewer.base.errors import NetworkError
from viewer.base.translation import N_, _
from viewer.dicom.transfer_syntaxes import IMPLICIT_VR_LITTLE_ENDIAN
from viewer.network.access import DimseAccess
from viewer.network.asked_identifiers import read_answer, written_query
from viewer.network.messages import C_CANCEL_RQ, C_FIND_RQ, FIELD, RESPONDED_TO, RESPONSE, STATUS, Message, command_set
from viewer.network.requesting import PassingError, RequestedAssociation
from viewer.network.small_data_sets import MalformedDataSetError

PENDING, PENDING_PARTLY, SUCCESS, CANCELLED = 0xFF00, 0xFF01, 0x0000, 0xFE00
_PENDING, _MEDIUM = frozenset({PENDING, PENDING_PARTLY}), 0
MOST_ANSWERS = 1_000_000
"""Of one query: an archive that goes on after that has gone round in a circle."""
_LOOK_EVERY_S, _LAST_WORDS_S, _MOST_LAST_WORDS = 0.05, 10.0, 5000
_NARROWER = N_("Say more exactly what is wanted: a name, an ID, a day")
_FAILURES: tuple[tuple[int, int, str, str], ...] = (
    (0xA700, 0xA7FF, N_("It finds too much, or has no resources left"), _NARROWER),
    (0xA900, 0xA9FF, N_("It does not understand the query"), N_("Search at another level, or by other fields")),
    (0x0122, 0x0122, N_("It does not offer this search"), N_("Search at another level")),
    (0x0124, 0x0124, N_("This station may not search there"), N_("Have this station's title allowed there")),
    (0x0211, 0x0211, N_("It does not offer this search"), N_("Search at another level")),
    (0xC000, 0xCFFF, N_("It could not answer the query"), N_("Try again later, or search by other fields")),
    (CANCELLED, CANCELLED, N_("It ended the search before it was complete"), _NARROWER),
)
_OF_KEYS = ((0xA900, 0xA9FF), (0xC000, 0xCFFF), (0x0105, 0x0106), (0x0110, 0x0110), (0x0114, 0x0117))
"""Statuses with which archives refuse keys that they do not know; not all of them are meant for that."""


class FindRefusedError(NetworkError):
    """An archive ended a query with a failure.

    Attributes:
        status: Of its last response.
        is_about_keys: Whether fewer or other keys may help.
        answers: How many it had given before.
    """

    def __init__(self, status: int, subject: str, answers: int) -> None:
        found = ((words, advice) for first, last, words, advice in _FAILURES if first <= status <= last)
        words, advice = next(found, (N_("It ended the search with a failure"), N_("Try again later")))
        super().__init__(f"{_(words)} ({status:04X}H)", subject=subject, advice=_(advice))
        self.status = status
        self.is_about_keys = any(first <= status <= last for first, last in _OF_KEYS)
        self.answers = answers


class FindOperation:
    """One query.

    Args:
        association: Open, with that context.
        access: What is known of the archive.
        context_id: On which it is asked.
        number: Message ID.

    Attributes:
        is_partly_supported: Whether the archive said that it does not know every key (FF01).
        unreadable: How many answers could not be read.
    """

    def __init__(self, association: RequestedAssociation, access: DimseAccess, context_id: int, number: int) -> None:
        self._association, self._quirks, self._patience = association, access.quirks, access.patience
        self._context_id, self._number = context_id, number
        self._is_implicit = association.contexts[context_id].transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
        self._character_set = ""
        self._is_running = False
        self._answers = 0
        self.is_partly_supported = False
        self.unreadable = 0

    def ask(self, keys: Mapping[str, str], character_set: str, *, names_character_set: bool) -> None:
        """Send the request.

        Args:
            keys: Text by key, the level among them.
            character_set: In which they are written; also that of answers that name none.
            names_character_set: Whether it is named where ASCII would do.

        Raises:
            NetworkError: If the archive is gone.
        """
        command = command_set(
            C_FIND_RQ, has_data=True, affected_class=self._association.contexts[self._context_id].abstract_syntax,
            message_id=self._number, priority=_MEDIUM,
        )  # fmt: skip
        identifier = written_query(
            keys,
            is_implicit=self._is_implicit,
            character_set=character_set,
            names_it=names_character_set,
        )
        self._association.send(self._context_id, command, (identifier,))
        self._character_set = character_set
        self._is_running = True

    def wait(self, cancelled: Callable[[], bool]) -> bool:
        """Return whether something has come; False when nobody waits for it any more.

        Raises:
            NetworkError: If nothing comes for as long as is borne.
        """
        until = time.monotonic() + self._patience.message_s
        while not cancelled():
            if self._association.has_more(_LOOK_EVERY_S):
                return True
            if time.monotonic() > until:
                self._association.abort()
                raise PassingError(
                    _("It does not answer any more"),
                    subject=str(self._association.station),
                    advice=_("Try again later"),
                )
        return False

    def next_answer(self) -> Mapping[str, str] | None:
        """Return the next answer, empty where it could not be read; None at the end.

        Raises:
            NetworkError: If the archive says that the query failed, does not keep to the protocol, or is gone.
        """
        message = self._response()
        status = message.number(STATUS, 0xC000)
        if status not in _PENDING:
            self._is_running = False
            if status != SUCCESS:
                raise FindRefusedError(status, str(self._association.station), self._answers - 1)
            return None
        self.is_partly_supported |= status == PENDING_PARTLY
        answer: Mapping[str, str] = {}
        with contextlib.suppress(MalformedDataSetError):
            answer = read_answer(message.data, is_implicit=self._is_implicit, character_set=self._character_set)
        self.unreadable += not answer
        return answer

    def end(self) -> None:
        """Have the archive end a query that nobody waits for any more, and read on to its last word."""
        if not self._is_running or not self._association.is_open:
            return
        if not self._quirks.cancels:
            self._association.abort()
            return
        until = time.monotonic() + _LAST_WORDS_S
        try:
            command = command_set(C_CANCEL_RQ, has_data=False, responded_to=self._number)
            self._association.send(self._context_id, command)
            for _answer in range(_MOST_LAST_WORDS):
                if not self._association.has_more(until - time.monotonic()):
                    break
                if self._response().number(STATUS, 0xC000) not in _PENDING:
                    self._is_running = False
                    return
        except NetworkError:
            return
        self._association.abort()

    def _response(self) -> Message:
        try:
            message = self._association.receive()
        except PassingError as error:
            if not self._answers and not error.advice:
                # Some archives hang up on stations that they do not know, instead of saying so.
                error.advice = _("If it does so every time, have this station's title and address entered there")
            raise
        self._answers += 1
        is_answer = message.number(FIELD) == C_FIND_RQ | RESPONSE and message.number(RESPONDED_TO) == self._number
        if not is_answer or self._answers > MOST_ANSWERS:
            self._association.abort()
            raise NetworkError(
                _("The station does not keep to the protocol")
                if not is_answer
                else _("It does not come to an end with its answers"),
                subject=str(self._association.station),
            )
        return message
