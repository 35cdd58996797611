"""A retrieve as we ask for it, on an association: what C-GET and C-MOVE have in common (PS3.4 C.4.2, C.4.3)."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from viewer.base.errors import NetworkError
from viewer.base.translation import N_, _
from viewer.dicom.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN
from viewer.network.association_request import ProposedContext
from viewer.network.identifiers import write_identifier
from viewer.network.messages import (
    C_CANCEL_RQ,
    C_GET_RQ,
    C_MOVE_RQ,
    COMPLETED,
    FAILED,
    FIELD,
    REMAINING,
    RESPONDED_TO,
    RESPONSE,
    STATUS,
    WARNED,
    Message,
    command_set,
)
from viewer.network.negotiation import AcceptedContext
from viewer.network.peers import Quirks
from viewer.network.ports import QueryLevel
from viewer.network.requesting import RequestedAssociation
from viewer.network.retrieving import Counts, RetrieveRequest
from viewer.network.small_data_sets import MalformedDataSetError, read_data_set, text_of

STUDY_ROOT, PATIENT_ROOT = "1.2.840.10008.5.1.4.1.2.2.", "1.2.840.10008.5.1.4.1.2.1."
MOVE, GET = "2", "3"
"""Last components of the SOP classes (PS3.4 C.6.1.3, C.6.2.3)."""
MESSAGE_NUMBER = 1
DESTINATION_UNKNOWN, SOME_FAILED, CANCELLED, CLASS_NOT_SUPPORTED = 0xA801, 0xB000, 0xFE00, 0x0122
_SUCCESS, _PENDING, _MEDIUM = 0x0000, frozenset({0xFF00, 0xFF01}), 0
_FAILED_UIDS = 0x00080058
_LAST_WORDS_S, _LOOK_EVERY_S = 15.0, 0.1
_FAILURES: tuple[tuple[int, int, str, str], ...] = (
    (0xA701, 0xA701, N_("It could not look for the images: it has no resources left"), N_("Try again later")),
    (0xA702, 0xA702, N_("It could not send the images"), N_("Try again later, or fetch them in another way")),
    (0xA700, 0xA7FF, N_("It has no resources left"), N_("Try again later")),
    (
        DESTINATION_UNKNOWN, DESTINATION_UNKNOWN, N_("It does not know where to send to"),
        N_("Have the station that is to receive entered there, or fetch in another way"),
    ),
    (0xA900, 0xA9FF, N_("It does not understand what it was asked for"), N_("Fetch the whole study or series")),
    (CLASS_NOT_SUPPORTED, CLASS_NOT_SUPPORTED, N_("It does not offer this service"), N_("Fetch in another way")),
    (0x0211, 0x0211, N_("It does not offer this service"), N_("Fetch in another way")),
    (0x0124, 0x0124, N_("This station may not fetch from it"), N_("Have this station's title allowed there")),
    (0xC000, 0xCFFF, N_("It could not do what it was asked"), N_("Try again later, or fetch in another way")),
)  # fmt: skip
_OF_SERVICE = frozenset({DESTINATION_UNKNOWN, CLASS_NOT_SUPPORTED, 0x0211, 0x0124})
_LASTING = _OF_SERVICE | frozenset(range(0xA900, 0xAA00))
_UID = re.compile(r"[0-9.]{1,64}")


class RetrieveRefusedError(NetworkError):
    """An archive ended a retrieve with a failure.

    Attributes:
        status: Of its last response.
        is_lasting: Whether asking the same again is of no use.
        is_of_service: Whether asking for anything else in the same way is of no use either.
        failed: SOP Instance UIDs that it named.
    """

    def __init__(self, status: int, subject: str, failed: tuple[str, ...] = ()) -> None:
        found = ((words, advice) for first, last, words, advice in _FAILURES if first <= status <= last)
        words, advice = next(found, (N_("It ended the request with a failure"), N_("Try again later")))
        super().__init__(f"{_(words)} ({status:04X}H)", subject=subject, advice=_(advice))
        self.status = status
        self.is_lasting = status in _LASTING
        self.is_of_service = status in _OF_SERVICE
        self.failed = failed


@dataclass(frozen=True, slots=True)
class RetrieveEnd:
    """How a retrieve ended that did not fail as a whole.

    Attributes:
        failed: SOP Instance UIDs that could not be sent, as far as they were named.
    """

    status: int
    counts: Counts
    failed: tuple[str, ...] = ()

    @property
    def is_cancelled(self) -> bool:
        """Whether it was ended before all was sent."""
        return self.status == CANCELLED


def proposed(service: str, quirks: Quirks) -> list[ProposedContext]:
    """Return the contexts of a retrieve service in both models, the one that the peer likes better first."""
    roots = (PATIENT_ROOT, STUDY_ROOT) if quirks.patient_root else (STUDY_ROOT, PATIENT_ROOT)
    syntaxes = (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN)
    return [ProposedContext(2 * number + 1, root + service, syntaxes) for number, root in enumerate(roots)]


class RetrieveOperation:
    """One request and what is answered to it.

    Args:
        association: Open, with the contexts of `proposed` in it.
        quirks: Of the peer.
        request: What is wanted.
        service: MOVE or GET.

    Raises:
        RetrieveRefusedError: If the peer does not offer it.
    """

    def __init__(
        self, association: RequestedAssociation, quirks: Quirks, request: RetrieveRequest, service: str
    ) -> None:
        self._association, self._quirks, self._request = association, quirks, request
        self._field = C_MOVE_RQ if service == MOVE else C_GET_RQ
        self._context_id, self._context = self._chosen(service)
        self._cancelled_at: float | None = None
        self._counts = Counts()

    @property
    def context_id(self) -> int:
        """The presentation context on which it is asked."""
        return self._context_id

    def ask(self, destination: str = "") -> None:
        """Send the request.

        Raises:
            NetworkError: If the peer is gone.
        """
        command = command_set(
            self._field, has_data=True, affected_class=self._context.abstract_syntax, message_id=MESSAGE_NUMBER,
            priority=_MEDIUM, move_destination=destination,
        )  # fmt: skip
        is_implicit = self._context.transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
        identifier = write_identifier(self._keys(), is_implicit=is_implicit)
        self._association.send(self._context_id, command, (identifier,))

    def cancel(self) -> None:
        """Ask the peer to end it; where it does not bear that, break the association off."""
        if self._cancelled_at is not None or not self._association.is_open:
            return
        self._cancelled_at = time.monotonic()
        if self._quirks.cancels:
            command = command_set(C_CANCEL_RQ, has_data=False, responded_to=MESSAGE_NUMBER)
            self._association.send(self._context_id, command)
        else:
            self._association.abort()

    def wait(self, cancelled: Callable[[], bool], is_alive: Callable[[], float], patience_s: float) -> bool:
        """Return whether something has come; False when the operation was cancelled and ended without a last word.

        Args:
            cancelled: Asked often; when it says so the peer is asked to end.
            is_alive: When the last sign of life came in another way, in seconds of time.monotonic().
            patience_s: How long the peer may give none.

        Raises:
            NetworkError: If it gives none.
        """
        began = time.monotonic()
        while True:
            if self._cancelled_at is None and cancelled():
                self.cancel()
            elif self._cancelled_at is not None and time.monotonic() - self._cancelled_at > _LAST_WORDS_S:
                self._association.abort()
            if not self._association.is_open:
                return False
            if self._association.has_more(_LOOK_EVERY_S):
                return True
            if time.monotonic() - max(began, is_alive()) > patience_s:
                self._association.abort()
                raise NetworkError(
                    _("It does not answer any more"),
                    subject=str(self._association.station),
                    advice=_("Try again later"),
                )

    def answered(self, message: Message) -> Counts | RetrieveEnd:
        """Return what a response says.

        Raises:
            NetworkError: If it is none, or says that the retrieve failed.
        """
        is_answer = message.number(FIELD) == self._field | RESPONSE and message.number(RESPONDED_TO) == MESSAGE_NUMBER
        if not is_answer:
            self._association.abort()
            raise NetworkError(_("The station does not keep to the protocol"), subject=str(self._association.station))
        self._counts = _counts(message, self._counts)
        status = message.number(STATUS, 0xC000)
        if status in _PENDING:
            return self._counts
        failed = self._failed(message)
        if status in {_SUCCESS, SOME_FAILED, CANCELLED}:
            return RetrieveEnd(status, self._counts, failed)
        raise RetrieveRefusedError(status, str(self._association.station), failed)

    def _chosen(self, service: str) -> tuple[int, AcceptedContext]:
        of_root = {context.abstract_syntax: (number, context) for number, context in self._association.contexts.items()}
        roots = [STUDY_ROOT, PATIENT_ROOT]
        if self._quirks.patient_root and self._request.patient_id:
            roots.reverse()
        for root in roots:
            if (found := of_root.get(root + service)) is not None:
                return found
        raise RetrieveRefusedError(CLASS_NOT_SUPPORTED, str(self._association.station))

    def _keys(self) -> Mapping[str, str]:
        request = self._request
        level = QueryLevel.STUDY
        keys = {"StudyInstanceUID": request.study_instance_uid}
        if self._context.abstract_syntax.startswith(PATIENT_ROOT):
            keys["PatientID"] = request.patient_id
        if request.series_instance_uid:
            level, keys["SeriesInstanceUID"] = QueryLevel.SERIES, request.series_instance_uid
        if request.sop_instance_uids:
            level, keys["SOPInstanceUID"] = QueryLevel.IMAGE, "\\".join(request.sop_instance_uids)
        return {"QueryRetrieveLevel": level.value, **keys}

    def _failed(self, message: Message) -> tuple[str, ...]:
        """Return what it names as failed; what cannot be read names nothing."""
        try:
            is_implicit = self._context.transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
            elements = read_data_set(message.data, is_implicit=is_implicit)
        except MalformedDataSetError:
            return ()
        listed = text_of(elements, _FAILED_UIDS).split("\\")
        return tuple(uid for each in listed if _UID.fullmatch(uid := each.strip(" \0")))


def _counts(message: Message, before: Counts) -> Counts:
    def count(element: int, known: int | None) -> int | None:
        return message.number(element) if element in message.command else known

    return Counts(
        # The last response leaves it out, for nothing remains (PS3.7 9.1.3.1.6).
        message.number(REMAINING) if REMAINING in message.command else None,
        count(COMPLETED, before.completed),
        count(FAILED, before.failed),
        count(WARNED, before.warned),
    )
