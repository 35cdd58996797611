"""What is answered to a request for an association: the contexts that are taken, or why not (PS3.8 9.3.3, 9.3.4).

Everything that is accepted is decided here, also for associations whose services others serve.
"""

import enum
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from viewer.dicom.implementation import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from viewer.dicom.sop_classes import SopKind, is_known, sop_kind
from viewer.dicom.transfer_syntaxes import (
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    TRANSFER_SYNTAXES,
    Codec,
)
from viewer.network.allow_list import Admission, AllowList
from viewer.network.association_request import (
    APPLICATION_CONTEXT,
    EXTENDED,
    IMPLEMENTATION_CLASS,
    IMPLEMENTATION_VERSION,
    MAXIMUM_LENGTH,
    ROLE_SELECTION,
    TRANSFER_SYNTAX,
    USER_INFORMATION,
    AssociationRequest,
    MalformedRequestError,
    ProposedContext,
    ProposedRoles,
    RequestHead,
    read_request,
)
from viewer.network.dimse_commands import VERIFICATION
from viewer.network.ports import Caller

STORAGE_COMMITMENT_PUSH = "1.2.840.10008.1.20.1"
FIND_CLASSES = frozenset({"1.2.840.10008.5.1.4.1.2.1.1", "1.2.840.10008.5.1.4.1.2.2.1"})
MOVE_CLASSES = frozenset({"1.2.840.10008.5.1.4.1.2.1.2", "1.2.840.10008.5.1.4.1.2.2.2"})
GET_CLASSES = frozenset({"1.2.840.10008.5.1.4.1.2.1.3", "1.2.840.10008.5.1.4.1.2.2.3"})
"""Query/Retrieve, patient root and study root (PS3.4 C.6)."""

_DICOM_CONTEXT = "1.2.840.10008.3.1.1.1"
_STANDARD_ROOT, _STORAGE_ROOT = "1.2.840.10008.", "1.2.840.10008.5.1.4.1.1."
_ASSOCIATE_AC, _PRESENTATION_ANSWER = 0x02, 0x21
_SMALLEST_MAXIMUM = 128
"""A peer that takes less could not be answered in whole commands."""
_NO_DATA_SETS = frozenset({"1.2.840.10008.1.2.6.1", "1.2.840.10008.1.2.6.2"}) | {
    uid
    for uid in TRANSFER_SYNTAXES
    if uid.startswith("1.2.840.10008.1.2.7.") or TRANSFER_SYNTAXES[uid].codec is Codec.JPIP
}
"""MIME, XML and real-time video carry no data set; JPIP's pixels stay behind at the sender, so nothing is kept."""
_FOR_OTHER_SERVICES = frozenset({IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN})
_KEPT_AS_IT_COMES = bytes((2, 0, 3, 0, 0, 0))
"""Storage extended negotiation (PS3.4 B.3.1): keeps all attributes (level 2) and signatures (level 3), coerces none."""


class ContextResult(enum.IntEnum):
    """What becomes of a presentation context (PS3.8 Table 9-18)."""

    ACCEPTANCE = 0
    USER_REJECTION = 1
    ABSTRACT_SYNTAX_NOT_SUPPORTED = 3
    TRANSFER_SYNTAXES_NOT_SUPPORTED = 4


@dataclass(frozen=True, slots=True)
class AcceptedContext:
    """A presentation context that both sides agreed on."""

    abstract_syntax: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class Negotiated:
    """An association that is about to be accepted.

    Attributes:
        contexts: What the caller may use as SCU towards us, by presentation context ID.
        peer_max_pdu: The largest P-DATA-TF to send; a caller without a limit gets ours.
        accept_pdu: What is sent to begin; empty where it was sent already.
        has_other_services: Whether more than verification and storage was accepted.
        fetching: Contexts on which the caller is SCP: it accepts instances that it fetched with C-GET, or reports.
    """

    caller: Caller
    contexts: Mapping[int, AcceptedContext]
    peer_max_pdu: int
    our_max_pdu: int
    accept_pdu: bytes
    has_other_services: bool = False
    fetching: Mapping[int, AcceptedContext] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is sent instead, and why, in a word for the log."""

    pdu: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What this station takes, and of whom.

    Attributes:
        takes_unknown_classes: Whether SOP classes and transfer syntaxes are kept that the dictionary does not know.
        other_services: Abstract syntaxes beside verification and storage that are served to known callers.
        takes_results: Whether results of storage commitments of ours are: their callers are SCP.
    """

    ae_title: str
    allowed: AllowList
    takes_unknown_classes: bool = True
    other_services: frozenset[str] = frozenset()
    takes_results: bool = False
    pdu_bytes: int = 131072


def rejection(result: int, source: int, reason: int) -> bytes:
    """Return an A-ASSOCIATE-RJ (PS3.8 Table 9-21)."""
    return struct.pack(">BxIxBBB", 0x03, 4, result, source, reason)


def provider_abort(reason: int) -> bytes:
    """Return an A-ABORT of the service provider (PS3.8 Table 9-26)."""
    return struct.pack(">BxIxxBB", 0x07, 4, 2, reason)


LOCAL_LIMIT_EXCEEDED = Refusal(rejection(2, 3, 2), "too many associations")
CALLING_NOT_RECOGNISED = Refusal(rejection(1, 1, 3), "calling AE title not recognised")
CALLED_NOT_RECOGNISED = Refusal(rejection(1, 1, 7), "called AE title not recognised")
_CONTEXT_NAME_NOT_SUPPORTED = Refusal(rejection(1, 1, 2), "application context not supported")
_VERSION_NOT_SUPPORTED = Refusal(rejection(1, 2, 2), "protocol version not supported")
UNRECOGNISED_PDU = Refusal(provider_abort(1), "not a DICOM request")
INVALID_PARAMETER = Refusal(provider_abort(6), "malformed request")


def judge_head(head: RequestHead, address: str, policy: Policy) -> Refusal | None:
    """Return why a caller is not let in at all, as far as its titles and address say; None if it is."""
    if not head.protocol_version & 1:
        return _VERSION_NOT_SUPPORTED
    if not head.calling or policy.allowed.judge(head.calling, address) is Admission.REFUSED:
        return CALLING_NOT_RECOGNISED
    return CALLED_NOT_RECOGNISED if head.called != policy.ae_title else None


def negotiate(pdu: bytes, address: str, policy: Policy, certificate: str = "") -> Negotiated | Refusal:
    """Return the answer to a request.

    Args:
        pdu: The whole A-ASSOCIATE-RQ, header included.
        address: Where it came from.
        policy: What this station takes.
        certificate: SHA-256 of the caller's certificate; empty without one.
    """
    try:
        request = read_request(pdu)
    except MalformedRequestError:
        return INVALID_PARAMETER
    head = RequestHead(request.protocol_version, request.called, request.calling)
    if refused := judge_head(head, address, policy):
        return refused
    if request.application_context != _DICOM_CONTEXT:
        return _CONTEXT_NAME_NOT_SUPPORTED
    if 0 < request.maximum_length < _SMALLEST_MAXIMUM:
        return INVALID_PARAMETER
    is_known_caller = policy.allowed.judge(request.calling, address) is Admission.KNOWN
    caller = Caller(request.calling, address, request.called, is_known=is_known_caller, certificate=certificate)
    return _Answer(request, policy, is_known_caller=is_known_caller).negotiated(caller)


def is_storage_class(abstract_syntax: str, *, takes_unknown: bool) -> bool:
    """Return whether instances of a class are taken: those of the dictionary, by policy also what may be one."""
    if is_known(abstract_syntax):
        return sop_kind(abstract_syntax) is not SopKind.DIRECTORY
    may_be_one = abstract_syntax.startswith(_STORAGE_ROOT) or not abstract_syntax.startswith(_STANDARD_ROOT)
    return takes_unknown and may_be_one


class _Answer:
    """Decides the contexts of one request, once, for the answer and for who serves."""

    def __init__(self, request: AssociationRequest, policy: Policy, *, is_known_caller: bool) -> None:
        self._request = request
        self._policy = policy
        self._other_services = policy.other_services if is_known_caller else frozenset[str]()
        self._has_get = any(
            context.abstract_syntax in GET_CLASSES & self._other_services for context in request.contexts
        )
        self._results = {context.context_id: self._result(context) for context in request.contexts}

    def negotiated(self, caller: Caller) -> Negotiated:
        accepted = {
            context.context_id: AcceptedContext(context.abstract_syntax, syntax)
            for context in self._request.contexts
            if (syntax := self._results[context.context_id][1])
        }
        has_others = any(context.abstract_syntax in self._other_services for context in accepted.values())
        ours = self._policy.pdu_bytes
        return Negotiated(
            caller,
            {number: context for number, context in accepted.items() if self._roles(context.abstract_syntax).is_scu},
            min(self._request.maximum_length or ours, ours),
            ours,
            self._accept_pdu(accepted),
            has_others,
            {number: context for number, context in accepted.items() if self._roles(context.abstract_syntax).is_scp},
        )

    def _result(self, context: ProposedContext) -> tuple[ContextResult, str]:
        """Return what becomes of a context, and the transfer syntax that is chosen if it is accepted."""
        abstract = context.abstract_syntax
        is_other = abstract in self._other_services
        if not (is_other or abstract == VERIFICATION or self._is_storage(abstract)):
            return ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED, ""
        if is_other or abstract == VERIFICATION:
            chosen = next((uid for uid in context.transfer_syntaxes if uid in _FOR_OTHER_SERVICES), "")
        else:
            chosen = self._kept_syntax(context.transfer_syntaxes)
        if not chosen:
            return ContextResult.TRANSFER_SYNTAXES_NOT_SUPPORTED, ""
        roles = self._roles(abstract)
        if not (roles.is_scu or roles.is_scp):
            return ContextResult.USER_REJECTION, ""
        return ContextResult.ACCEPTANCE, chosen

    def _is_storage(self, abstract_syntax: str) -> bool:
        return is_storage_class(abstract_syntax, takes_unknown=self._policy.takes_unknown_classes)

    def _kept_syntax(self, proposed: Iterable[str]) -> str:
        """Return the caller's first choice that we know: what it has is kept bit for bit, so that any is as good."""
        usable = [uid for uid in proposed if uid not in _NO_DATA_SETS]
        known = next((uid for uid in usable if uid in TRANSFER_SYNTAXES), "")
        return known or (usable[0] if usable and self._policy.takes_unknown_classes else "")

    def _roles(self, abstract_syntax: str) -> ProposedRoles:
        """Return the caller's roles as accepted.

        SCP only to be sent what it fetches by C-GET (PS3.4 C.4.3), and to report on commitments (PS3.4 J.3.3).
        """
        proposed = self._request.roles.get(abstract_syntax, ProposedRoles())
        is_fetching = self._has_get and self._is_storage(abstract_syntax)
        is_reporting = self._policy.takes_results and abstract_syntax == STORAGE_COMMITMENT_PUSH
        return ProposedRoles(proposed.is_scu, proposed.is_scp and (is_fetching or is_reporting))

    def _accept_pdu(self, accepted: Mapping[int, AcceptedContext]) -> bytes:
        contexts = b"".join(
            _item(
                _PRESENTATION_ANSWER,
                # A context that is refused still carries one syntax, which says nothing (PS3.8 9.3.3.2).
                bytes((number, 0, result, 0)) + _item(TRANSFER_SYNTAX, (syntax or IMPLICIT_VR_LITTLE_ENDIAN).encode()),
            )
            for number, (result, syntax) in self._results.items()
        )
        classes = {context.abstract_syntax for context in accepted.values()}
        user = _own_items(self._policy.pdu_bytes) + b"".join(self._role_items(classes))
        user += b"".join(
            _item(EXTENDED, _length_and(uid) + _KEPT_AS_IT_COMES)
            for uid in self._request.extended
            if uid in classes and uid not in self._other_services and uid != VERIFICATION
        )
        return _pdu(_ASSOCIATE_AC, self._request.fixed, contexts, user)

    def _role_items(self, classes: set[str]) -> Iterator[bytes]:
        for uid in self._request.roles:
            if uid in classes:
                roles = self._roles(uid)
                yield _item(ROLE_SELECTION, _length_and(uid) + bytes((roles.is_scu, roles.is_scp)))


def _item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(body)) + body


def _length_and(uid: str) -> bytes:
    return struct.pack(">H", len(uid)) + uid.encode()


def _own_items(largest_pdu: int) -> bytes:
    return (
        _item(MAXIMUM_LENGTH, struct.pack(">I", largest_pdu))
        + _item(IMPLEMENTATION_CLASS, IMPLEMENTATION_CLASS_UID.encode())
        + _item(IMPLEMENTATION_VERSION, IMPLEMENTATION_VERSION_NAME.encode())
    )


def _pdu(kind: int, fixed: bytes, contexts: bytes, user: bytes) -> bytes:
    version = struct.pack(">Hxx", 1)
    items = _item(APPLICATION_CONTEXT, _DICOM_CONTEXT.encode()) + contexts + _item(USER_INFORMATION, user)
    return struct.pack(">BxI", kind, len(version) + len(fixed) + len(items)) + version + fixed + items
