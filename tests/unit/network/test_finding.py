"""Queries of ours against stations that say what a test tells them to."""

from collections.abc import Mapping
from typing import Any

import pytest
from pydicom.dataset import Dataset

from tests.builders.finding import PATIENT_FIND, STUDY, STUDY_FIND, access_to, answering, found_by, study
from tests.builders.scripted_dimse import (
    Acceptance,
    Request,
    ScriptedDimse,
    Talk,
)
from viewer.base.errors import NetworkError
from viewer.network.asked_identifiers import UnknownKeyError
from viewer.network.finding import find
from viewer.network.peers import Quirks
from viewer.network.ports import QueryLevel


def test_what_is_asked_and_how_it_is_called() -> None:
    with ScriptedDimse(answering(study(PatientName="A^B"))) as peer:
        (found,) = found_by(peer, {"PatientName": "A*", "StudyDate": "20240101-"})
    assert (found["StudyInstanceUID"], found["PatientName"]) == ("1.2.1", "A^B")
    (proposal,) = peer.proposals
    assert (proposal.called, proposal.calling, proposal.extended) == ("SCRIPTED", "FINDER", {})
    assert [uid for uid, _syntaxes in proposal.contexts.values()] == [STUDY_FIND, PATIENT_FIND]
    (request,) = peer.requests
    asked = request.identifier
    assert (asked.QueryRetrieveLevel, asked.PatientName, asked.StudyDate) == ("STUDY", "A*", "20240101-")
    assert asked.SpecificCharacterSet == "ISO_IR 192"
    assert {"StudyInstanceUID", "ModalitiesInStudy", "NumberOfStudyRelatedInstances", "PatientID"} <= set(asked.dir())


def test_keys_that_an_archive_must_not_be_asked_are_left_out() -> None:
    with ScriptedDimse() as peer:
        found_by(
            peer, {"InstitutionName": "X"}, quirks=Quirks(unsupported_keys=("InstitutionName", "SOPClassesInStudy"))
        )
    assert "InstitutionName" not in peer.requests[0].identifier
    assert "SOPClassesInStudy" not in peer.requests[0].identifier


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_private_keys_numbers_and_sequences_go_both_ways(syntax: str) -> None:
    item = Dataset()
    item.ScheduledProcedureStepID = "S1"
    answer = study(RequestAttributesSequence=[item, Dataset()], Rows=512, RecommendedDisplayFrameRateInFloat=2.5)
    answer.add_new(0x00091001, "LO", "private")
    with ScriptedDimse(answering(answer), Acceptance(syntax=syntax)) as peer:
        keys = {
            "00091001": "p*", "Rows": "512", "RequestAttributesSequence.ScheduledProcedureStepID": "S*",
            "ReferencedStudySequence": "",
        }  # fmt: skip
        (found,) = found_by(peer, keys)
    asked = peer.requests[0].identifier
    assert asked[0x0009, 0x1001].value in {"p*", b"p*"}
    assert asked.Rows == 512
    assert asked.RequestAttributesSequence[0].ScheduledProcedureStepID == "S*"
    assert len(asked.ReferencedStudySequence) == 1
    assert found["00091001"] == "private"
    assert (found["Rows"], found["RecommendedDisplayFrameRateInFloat"]) == ("512", "2.5")
    assert found["RequestAttributesSequence.ScheduledProcedureStepID"] == "S1"


def test_a_key_that_is_none_is_refused_before_anybody_is_called() -> None:
    with pytest.raises(UnknownKeyError, match="PatientNam"):
        list(find(access_to(1), STUDY, {"PatientNam": "A"}))


@pytest.mark.parametrize(
    ("quirk", "name", "expected"),
    [
        ("", "홍*", "홍*".encode()),
        ("\\ISO 2022 IR 149", "홍*", b"\x1b$)C" + "홍*".encode("euc_kr")),
        ("\\ISO 2022 IR 87", "山*", b"\x1b$B;3\x1b(B*"),
        ("ISO_IR 100", "Mül*", "Mül*".encode("latin-1")),
        ("ISO_IR 100", "홍*", "홍*".encode()),
    ],
)
def test_names_are_asked_for_in_the_character_set_of_the_archive(quirk: str, name: str, expected: bytes) -> None:
    with ScriptedDimse() as peer:
        found_by(peer, {"PatientName": name}, quirks=Quirks(character_set=quirk))
    raw = peer.requests[0].data
    assert expected in raw
    named = quirk if expected != name.encode() else "ISO_IR 192"
    assert b"CS" + (len(named) + len(named) % 2).to_bytes(2, "little") + named.encode() in raw


def test_names_beyond_ascii_are_also_asked_for_as_they_may_have_been_written_there() -> None:
    def script(talk: Talk, request: Request) -> None:
        if b"ISO 2022 IR 149" in request.data:
            talk.respond(request, 0xFF00, study(2))
        talk.respond(request, 0xFF00, study(1))
        talk.respond(request, 0)

    with ScriptedDimse(script) as peer:
        found = found_by(peer, {"PatientName": "*홍*"})
    assert [each["StudyInstanceUID"] for each in found] == ["1.2.1", "1.2.2"]
    assert len(peer.requests) == 2


@pytest.mark.parametrize(
    ("stated", "quirk", "name"),
    [
        (["", "ISO 2022 IR 149"], "", "Hong^Gildong=洪^吉洞=홍^길동"),
        ("ISO_IR 192", "ISO_IR 100", "홍^길동"),
        ("ISO_IR 100", "", "Müller"),
        (["ISO 2022 IR 13", "ISO 2022 IR 87"], "", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎"),
    ],
)
def test_answers_are_read_in_the_character_set_that_they_name(stated: Any, quirk: str, name: str) -> None:
    answer = study(SpecificCharacterSet=stated, PatientName=name)
    with ScriptedDimse(answering(answer)) as peer:
        (found,) = found_by(peer, quirks=Quirks(character_set=quirk))
    assert found["PatientName"] == name


def test_answers_that_name_no_character_set_are_read_in_the_one_of_the_archive() -> None:
    raw = b"\x10\x00\x10\x00PN\x06\x00" + "Müller".encode("latin-1")
    with ScriptedDimse(answering(raw)) as peer:
        (found,) = found_by(peer, quirks=Quirks(character_set="ISO_IR 100"))
    assert found["PatientName"] == "Müller"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"Yamada^A=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "Yamada^A=山田^太郎"),
        (b"\x1b(J\x1b)I\xd4\xcf^\x1b)I\xc0=\x1b$B;3ED\x1b(J ", "ﾔﾏ^ﾀ=山田"),
        (b"Hong^A=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce ", "Hong^A=洪^吉"),
        ("김^철수".encode(), "김^철수"),
    ],
)
def test_answers_that_name_no_character_set_are_read_by_their_escapes(raw: bytes, name: str) -> None:
    raw += b" " * (len(raw) % 2)
    answer = b"\x10\x00\x10\x00PN" + len(raw).to_bytes(2, "little") + raw
    with ScriptedDimse(answering(answer)) as peer:
        (found,) = found_by(peer)  # asked in UTF-8, which answers without one are taken for else
    assert found["PatientName"] == name


def test_japanese_names_are_asked_for_with_both_ways_back_from_the_characters() -> None:
    with ScriptedDimse(answering()) as peer:
        found_by(peer, {"PatientName": "*山田*"})
    asked = b"".join(request.data for request in peer.requests)
    assert b"*\x1b$B;3ED\x1b(B*" in asked
    assert b"*\x1b$B;3ED\x1b(J*" in asked


def test_each_entity_is_yielded_once() -> None:
    with ScriptedDimse(answering(study(1), study(2), study(1))) as peer:
        assert len(found_by(peer)) == 2


def test_keys_that_are_not_matched_are_told() -> None:
    said: list[str] = []
    with ScriptedDimse(answering(study(1), study(2), pending=0xFF01)) as peer:
        assert len(found_by(peer, said=said.append)) == 2
    assert said == ["It does not match every field that was asked for"]


@pytest.mark.parametrize("status", [0xA900, 0xC000, 0xC001, 0x0106])
def test_a_refused_query_is_asked_again_for_less(status: int) -> None:
    def script(talk: Talk, request: Request) -> None:
        if "ModalitiesInStudy" in request.identifier:
            talk.respond(request, status)
        else:
            talk.respond(request, 0xFF00, study())
            talk.respond(request, 0)

    said: list[str] = []
    with ScriptedDimse(script) as peer:
        assert len(found_by(peer, {"PatientID": "7"}, said=said.append)) == 1
    asked = peer.requests[1].identifier
    assert asked.PatientID == "7"
    assert "SpecificCharacterSet" not in asked
    assert said == ["It refused the query and was asked again for less: some columns stay empty"]


def test_a_model_that_is_refused_gives_way_to_the_other() -> None:
    def script(talk: Talk, request: Request) -> None:
        if request.text(0x0002) == STUDY_FIND:
            talk.respond(request, 0xA900)
        else:
            level = request.identifier.QueryRetrieveLevel
            answer = study() if level == "STUDY" else Dataset()
            answer.QueryRetrieveLevel, answer.PatientID = level, "7"
            talk.respond(request, 0xFF00, answer)
            talk.respond(request, 0)

    with ScriptedDimse(script) as peer:
        (found,) = found_by(peer)
    assert (found["StudyInstanceUID"], found["PatientID"]) == ("1.2.1", "7")
    assert peer.requests[-1].identifier.PatientID == "7"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0xA700, "finds too much, or has no resources left (A700H)"),
        (0xA900, "does not understand the query (A900H)"),
        (0xC000, "could not answer the query (C000H)"),
        (0xFE00, "ended the search before it was complete (FE00H)"),
        (0x0122, "does not offer this search (0122H)"),
        (0x0124, "may not search there (0124H)"),
        (0x0999, "ended the search with a failure (0999H)"),
    ],
)
def test_failures_are_told_in_words_and_what_came_before_stays(status: int, words: str) -> None:
    found: list[Mapping[str, str]] = []
    with ScriptedDimse(answering(study(1), study(2), status=status)) as peer:
        with pytest.raises(NetworkError) as refused:
            found.extend(find(access_to(peer.port), STUDY, {}))
        assert words in str(refused.value)
        assert refused.value.advice
        assert refused.value.subject.startswith("SCRIPTED@127.0.0.1")
        iterator = find(access_to(peer.port), STUDY, {})
        assert [next(iterator)["StudyInstanceUID"], next(iterator)["StudyInstanceUID"]] == ["1.2.1", "1.2.2"]
        iterator.close()


def test_searches_that_are_not_offered() -> None:
    with (
        ScriptedDimse(acceptance=Acceptance(refuses_all=True)) as peer,
        pytest.raises(NetworkError, match="does not offer searches"),
    ):
        found_by(peer)
    with (
        ScriptedDimse(acceptance=Acceptance(refused={PATIENT_FIND: 3})) as peer,
        pytest.raises(NetworkError, match="searches"),
    ):
        found_by(peer, level=QueryLevel.PATIENT)
    with ScriptedDimse(answering(study(PatientID="7")), Acceptance(refused={STUDY_FIND: 3})) as peer:
        assert len(found_by(peer, {"PatientID": "7"})) == 1
    assert peer.requests[0].text(0x0002) == PATIENT_FIND


def _holding(talk: Talk, request: Request) -> None:
    """Two studies of two series of two instances, asked strictly by levels."""
    asked = request.identifier
    level = asked.QueryRetrieveLevel
    above = {"STUDY": (), "SERIES": ("StudyInstanceUID",), "IMAGE": ("StudyInstanceUID", "SeriesInstanceUID")}[level]
    if not all(asked.get(keyword) for keyword in above) and not talk.proposal.extended:
        talk.respond(request, 0xA900)
        return
    for number in "12":
        answer = Dataset()
        answer.QueryRetrieveLevel = level
        for keyword in above:
            setattr(answer, keyword, asked.get(keyword, "1.2.1"))
        if level == "STUDY":
            answer.StudyInstanceUID, answer.PatientName = f"1.2.{number}", f"Name {number}"
        elif level == "SERIES":
            answer.SeriesInstanceUID = f"{asked.get('StudyInstanceUID') or '1.9'}.{number}"
        else:
            answer.SOPInstanceUID = f"{asked.get('SeriesInstanceUID') or '1.9'}.{number}"
        talk.respond(request, 0xFF00, answer)
    talk.respond(request, 0)


def test_without_relational_queries_the_levels_above_are_asked_first() -> None:
    said: list[str] = []
    with ScriptedDimse(_holding, Acceptance(extended={})) as peer:
        quirks = Quirks(relational=True)
        found = found_by(peer, {"PatientName": "Name*"}, QueryLevel.IMAGE, quirks=quirks, said=said.append)
    assert [each["SOPInstanceUID"] for each in found] == [f"1.2.{a}.{b}.{c}" for a in "12" for b in "12" for c in "12"]
    assert {each["PatientName"] for each in found} == {"Name 1", "Name 2"}
    assert peer.proposals[0].extended == {STUDY_FIND: b"\1", PATIENT_FIND: b"\1"}
    assert "PatientName" not in peer.requests[-1].identifier
    assert len(said) == 1


def test_relational_and_fuzzy_queries_are_asked_for_and_used_where_they_are_agreed_to() -> None:
    with ScriptedDimse(_holding) as peer:
        found = found_by(peer, {"PatientName": "Name*"}, QueryLevel.IMAGE, quirks=Quirks(relational=True, fuzzy=True))
    assert peer.proposals[0].extended == {STUDY_FIND: b"\1\0\1", PATIENT_FIND: b"\1\0\1"}
    (request,) = peer.requests
    assert request.identifier.PatientName == "Name*"
    assert len(found) == 2
