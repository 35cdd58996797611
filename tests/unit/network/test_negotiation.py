"""Requests and answers, checked with another implementation of the same protocol (pynetdicom)."""

import random
import struct

import pytest

from tests.builders.association_requests import (
    BIG_ENDIAN,
    COMMITMENT,
    CT,
    EXPLICIT,
    FIND,
    GET,
    IMPLICIT,
    JPEG_LOSSLESS,
    MOVE,
    VERIFICATION,
    Proposed,
    accepted,
    accepted_roles,
    association_request,
)
from viewer.dicom.transfer_syntaxes import TRANSFER_SYNTAXES
from viewer.network.allow_list import AllowList, AllowRule
from viewer.network.negotiation import (
    CALLED_NOT_RECOGNISED,
    CALLING_NOT_RECOGNISED,
    INVALID_PARAMETER,
    AcceptedContext,
    Negotiated,
    Policy,
    Refusal,
    is_storage_class,
    negotiate,
)

OTHERS = frozenset({FIND, MOVE, GET, COMMITMENT})
POLICY = Policy("NEGATOSCOPE", AllowList(), other_services=OTHERS)
HERE = "127.0.0.1"
ACCEPTED, USER_REJECTION, NO_SUCH_CLASS, NO_SUCH_SYNTAX = 0, 1, 3, 4


def negotiated(pdu: bytes, policy: Policy = POLICY, address: str = HERE) -> Negotiated:
    answer = negotiate(pdu, address, policy)
    assert isinstance(answer, Negotiated), answer
    return answer


def results(answer: Negotiated) -> list[tuple[int | None, int | None, str]]:
    return [
        (item.context_id, item.result_reason, str(item.transfer_syntax) if item.result_reason == 0 else "")
        for item in accepted(answer.accept_pdu).presentation_context
    ]


def test_an_answer_says_what_another_implementation_reads() -> None:
    answer = negotiated(association_request(calling="CT SCANNER", maximum_length=32768, has_needless_items=True))
    read = accepted(answer.accept_pdu)
    assert (read.calling_ae_title, read.called_ae_title) == ("CT SCANNER", "NEGATOSCOPE")
    assert read.application_context_name == "1.2.840.10008.3.1.1.1"
    assert read.user_information is not None
    assert read.user_information.maximum_length == POLICY.pdu_bytes
    assert str(read.user_information.implementation_class_uid).startswith("2.25.")
    assert len(read.user_information.implementation_version_name or "") <= 16
    assert (read.user_information.async_ops_window, read.user_information.user_identity) == (None, None)
    assert (answer.peer_max_pdu, answer.our_max_pdu) == (32768, POLICY.pdu_bytes)
    assert (answer.caller.ae_title, answer.caller.address, answer.caller.is_known) == ("CT SCANNER", HERE, True)
    assert not answer.has_other_services


@pytest.mark.parametrize(
    ("proposed", "result", "syntax"),
    [
        ((VERIFICATION, [IMPLICIT]), ACCEPTED, IMPLICIT),
        ((VERIFICATION, [BIG_ENDIAN, EXPLICIT, IMPLICIT]), ACCEPTED, EXPLICIT),
        ((CT, [JPEG_LOSSLESS, IMPLICIT]), ACCEPTED, JPEG_LOSSLESS),
        ((CT, [IMPLICIT, JPEG_LOSSLESS]), ACCEPTED, IMPLICIT),
        ((CT, [BIG_ENDIAN]), ACCEPTED, BIG_ENDIAN),
        ((CT, ["1.2.3.4.5", EXPLICIT]), ACCEPTED, EXPLICIT),  # what we know before what we do not
        ((CT, ["1.2.3.4.5"]), ACCEPTED, "1.2.3.4.5"),
        ((CT, ["1.2.840.10008.1.2.4.94"]), NO_SUCH_SYNTAX, ""),  # JPIP: the pixels would stay behind
        ((CT, ["1.2.840.10008.1.2.6.2"]), NO_SUCH_SYNTAX, ""),  # XML
        (("1.2.3.4.5.6", [EXPLICIT]), ACCEPTED, EXPLICIT),  # private classes by policy
        (("1.2.840.10008.5.1.4.1.1.999", [EXPLICIT]), ACCEPTED, EXPLICIT),  # newer than the dictionary
        (("1.2.840.10008.1.3.10", [EXPLICIT]), NO_SUCH_CLASS, ""),  # a DICOMDIR is not sent
        (("1.2.840.10008.5.1.4.31", [EXPLICIT]), NO_SUCH_CLASS, ""),  # modality worklist
        ((FIND, [JPEG_LOSSLESS, IMPLICIT]), ACCEPTED, IMPLICIT),
        ((FIND, [BIG_ENDIAN]), NO_SUCH_SYNTAX, ""),
    ],
)
def test_each_context_is_judged_by_itself(proposed: tuple[str, list[str]], result: int, syntax: str) -> None:
    answer = negotiated(association_request([(VERIFICATION, [IMPLICIT]), proposed]))
    assert results(answer) == [(1, ACCEPTED, IMPLICIT), (3, result, syntax)]
    expected = AcceptedContext(proposed[0], syntax) if result == ACCEPTED else None
    assert answer.contexts.get(3) == expected
    assert answer.has_other_services is (proposed[0] == FIND and result == ACCEPTED)


def test_unknown_classes_and_syntaxes_can_be_left_out() -> None:
    policy = Policy("NEGATOSCOPE", AllowList(), takes_unknown_classes=False)
    contexts: Proposed = [("1.2.3.4.5.6", [EXPLICIT]), (CT, ["1.2.3.4.5"]), (CT, [EXPLICIT])]
    answer = negotiated(association_request(contexts), policy)
    assert [result for _number, result, _syntax in results(answer)] == [NO_SUCH_CLASS, NO_SUCH_SYNTAX, ACCEPTED]


def test_every_storage_class_of_the_dictionary_is_taken() -> None:
    from pynetdicom.sop_class import _STORAGE_CLASSES

    missing = [name for name, uid in _STORAGE_CLASSES.items() if not is_storage_class(uid, takes_unknown=False)]
    assert missing == []
    assert not is_storage_class("1.2.840.10008.1.3.10", takes_unknown=True)


def test_every_syntax_that_holds_a_data_set_is_taken() -> None:
    taken = {
        uid for uid in TRANSFER_SYNTAXES if results(negotiated(association_request([(CT, [uid])])))[0][1] == ACCEPTED
    }
    left_out = set(TRANSFER_SYNTAXES) - taken
    assert {uid.removeprefix("1.2.840.10008.1.2.") for uid in left_out} == {
        "4.94", "4.95", "4.204", "4.205", "6.1", "6.2", "7.1", "7.2", "7.3",
    }  # fmt: skip


def test_who_fetches_may_be_sent_instances() -> None:
    contexts: Proposed = [(GET, [IMPLICIT]), (CT, [EXPLICIT])]
    answer = negotiated(association_request(contexts, roles={CT: (False, True)}))
    assert [result for _number, result, _syntax in results(answer)] == [ACCEPTED, ACCEPTED]
    assert answer.fetching == {3: AcceptedContext(CT, EXPLICIT)}
    assert list(answer.contexts) == [1]
    assert accepted_roles(answer.accept_pdu, CT) == (False, True)


def test_who_does_not_fetch_is_sent_nothing() -> None:
    answer = negotiated(association_request([(VERIFICATION, [IMPLICIT]), (CT, [EXPLICIT])], roles={CT: (False, True)}))
    assert [result for _number, result, _syntax in results(answer)] == [ACCEPTED, USER_REJECTION]
    both = negotiated(association_request([(CT, [EXPLICIT])], roles={CT: (True, True)}))
    assert accepted_roles(both.accept_pdu, CT) == (True, False)
    assert both.fetching == {}


def test_who_reports_on_commitments_is_scp_where_results_are_taken() -> None:
    asked = association_request([(COMMITMENT, [EXPLICIT])], roles={COMMITMENT: (False, True)})
    assert [result for _number, result, _syntax in results(negotiated(asked))] == [USER_REJECTION]
    takes = Policy("NEGATOSCOPE", AllowList(), other_services=OTHERS, takes_results=True)
    answer = negotiated(asked, takes)
    assert answer.fetching == {1: AcceptedContext(COMMITMENT, EXPLICIT)}
    assert answer.has_other_services
    assert accepted_roles(answer.accept_pdu, COMMITMENT) == (False, True)
    both = negotiated(association_request([(COMMITMENT, [EXPLICIT])], roles={COMMITMENT: (True, True)}), takes)
    assert accepted_roles(both.accept_pdu, COMMITMENT) == (True, True)


def test_storage_is_answered_as_level_2_that_keeps_signatures() -> None:
    answer = negotiated(association_request([(CT, [EXPLICIT])], extended={CT: bytes(6), "1.2.3": b"\1"}))
    (item,) = accepted(answer.accept_pdu).user_information.ext_neg  # type: ignore[union-attr] # it is there
    assert item.uid == CT
    assert item.service_class_application_information == bytes((2, 0, 3, 0, 0, 0))


@pytest.mark.parametrize(("stated", "used"), [(0, POLICY.pdu_bytes), (16384, 16384), (2**32 - 1, POLICY.pdu_bytes)])
def test_what_is_sent_is_never_longer_than_either_side_takes(stated: int, used: int) -> None:
    assert negotiated(association_request(maximum_length=stated)).peer_max_pdu == used


def refused(pdu: bytes, policy: Policy = POLICY, address: str = HERE) -> Refusal:
    answer = negotiate(pdu, address, policy)
    assert isinstance(answer, Refusal), answer
    return answer


def test_callers_are_refused_by_title_and_by_address() -> None:
    named = Policy("NEGATOSCOPE", AllowList((AllowRule.parse("CT1@10.0.0.0/8"),), takes_unknown=False))
    assert refused(association_request(called="OTHER")) is CALLED_NOT_RECOGNISED
    assert refused(association_request(called="negatoscope")) is CALLED_NOT_RECOGNISED
    assert refused(association_request(), named, "10.1.1.1") is CALLING_NOT_RECOGNISED
    assert refused(association_request(calling="CT1"), named, "192.168.1.1") is CALLING_NOT_RECOGNISED
    assert CALLING_NOT_RECOGNISED.pdu == bytes((3, 0, 0, 0, 0, 4, 0, 1, 1, 3))
    assert CALLED_NOT_RECOGNISED.pdu == bytes((3, 0, 0, 0, 0, 4, 0, 1, 1, 7))


def test_unknown_callers_may_store_and_ask_nothing() -> None:
    inbox = Policy("NEGATOSCOPE", AllowList((AllowRule.parse("CT1@10.0.0.0/8"),)), other_services=OTHERS)
    contexts: Proposed = [(VERIFICATION, [IMPLICIT]), (CT, [EXPLICIT]), (FIND, [IMPLICIT]), (COMMITMENT, [IMPLICIT])]
    answer = negotiated(association_request(contexts), inbox, "10.1.1.1")
    assert [result for _number, result, _syntax in results(answer)] == [
        ACCEPTED,
        ACCEPTED,
        NO_SUCH_CLASS,
        NO_SUCH_CLASS,
    ]
    assert not answer.caller.is_known
    assert not answer.has_other_services
    assert negotiated(association_request(contexts, calling="CT1"), inbox, "10.1.1.1").has_other_services


def test_another_application_context_or_version_is_refused() -> None:
    pdu = association_request()
    assert refused(pdu.replace(b"1.2.840.10008.3.1.1.1", b"1.2.840.10008.3.1.1.2")).pdu[7:] == bytes((1, 1, 2))
    assert refused(pdu[:6] + b"\0\2" + pdu[8:]).pdu[7:] == bytes((1, 2, 2))
    assert isinstance(negotiate(pdu[:6] + b"\0\3" + pdu[8:], HERE, POLICY), Negotiated)  # version 1 among others


def _with_length(pdu: bytes) -> bytes:
    return pdu[:2] + struct.pack(">I", len(pdu) - 6) + pdu[6:]


def _item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(body)) + body


def _context(number: int) -> bytes:
    body = _item(0x30, VERIFICATION.encode()) + _item(0x40, IMPLICIT.encode())
    return _item(0x20, bytes((number, 0, 0, 0)) + body)


HEAD = association_request()[:74]
NAME = _item(0x10, b"1.2.840.10008.3.1.1.1")


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("no context", NAME),
        ("an even context", NAME + _context(2)),
        ("the same context twice", NAME + _context(1) + _context(1)),
        ("a context cut short", NAME + _item(0x20, b"\1\0")),
        ("a context without a class", NAME + _item(0x20, b"\1\0\0\0" + _item(0x40, IMPLICIT.encode()))),
        ("two classes in one context", NAME + _item(0x20, b"\1\0\0\0" + 2 * _item(0x30, VERIFICATION.encode()))),
        ("an item longer than the rest", NAME + _context(1) + b"\x50\0\xff\xff"),
        ("an item header cut short", NAME + _context(1) + b"\x50\0"),
        ("a UID of letters", NAME + _item(0x20, b"\1\0\0\0" + _item(0x30, b"../../etc/passwd"))),
        ("a UID of 65 digits", NAME + _item(0x20, b"\1\0\0\0" + _item(0x30, b"1" * 65))),
        ("a maximum length of 3 bytes", NAME + _context(1) + _item(0x50, _item(0x51, b"\0\1\0"))),
        ("a maximum length of 6", NAME + _context(1) + _item(0x50, _item(0x51, b"\0\0\0\6"))),
        ("a role that is cut short", NAME + _context(1) + _item(0x50, _item(0x54, b"\0\x11" + VERIFICATION.encode()))),
        ("a role with a longer UID", NAME + _context(1) + _item(0x50, _item(0x54, b"\xff\xff1.2"))),
        ("items without end", NAME + _context(1) + _item(0, b"") * 20000),
    ],
)
def test_what_is_no_request_is_aborted(name: str, items: bytes) -> None:
    assert name
    assert refused(_with_length(HEAD + items)) is INVALID_PARAMETER


def test_items_that_nobody_knows_are_passed_over() -> None:
    items = NAME + _item(0x99, b"new") + _context(1) + _item(0x50, _item(0x77, b"\xff") + _item(0x51, b"\0\0\x40\0"))
    assert negotiated(_with_length(HEAD + items)).peer_max_pdu == 16384


def test_128_contexts_with_every_syntax_fit() -> None:
    contexts = [(CT, list(TRANSFER_SYNTAXES))] * 128
    assert len(negotiated(association_request(contexts)).contexts) == 128


def test_mutants_of_a_request_are_answered_or_refused_and_nothing_else() -> None:
    dice = random.Random(20)
    whole = association_request(
        [(VERIFICATION, [IMPLICIT]), (CT, [JPEG_LOSSLESS, EXPLICIT]), (GET, [IMPLICIT])],
        roles={CT: (False, True)}, extended={CT: bytes(6)}, has_needless_items=True,
    )  # fmt: skip
    kinds = set()
    for _mutant in range(3000):
        pdu = bytearray(whole)
        for _change in range(dice.randint(1, 6)):
            pdu[dice.randrange(len(pdu))] = dice.randrange(256)
        if dice.random() < 0.2:
            del pdu[dice.randrange(len(pdu)) :]
        kinds.add(type(negotiate(bytes(pdu), HERE, POLICY)))
    assert kinds == {Negotiated, Refusal}
