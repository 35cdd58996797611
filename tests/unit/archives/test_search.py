"""Several archives in one list: what they answer differently, and what becomes of those that fail."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from pydicom.dataset import Dataset

from tests.builders.scripted_dimse import C_CANCEL, FIELD, Drop, Hang, Request, ScriptedDimse, Talk
from viewer.archives.access import Access
from viewer.archives.found import found_item, merged
from viewer.archives.search import (
    ArchiveSearch,
    FoundBatch,
    FoundInstance,
    FoundPatient,
    FoundSeries,
    FoundStudy,
    SearchPhase,
    SourceState,
    instances_of,
    series_of,
)
from viewer.archives.search_filter import fits
from viewer.base.errors import Cancelled, NetworkError
from viewer.network.access import DimseAccess
from viewer.network.peers import Peer, Quirks
from viewer.network.ports import QueryLevel
from viewer.network.requesting import Patience
from viewer.network.stations import Station

STUDY = QueryLevel.STUDY


def _access(name: str, port: int, quirks: Quirks | None = None) -> Access:
    station = Station("SCRIPTED", "127.0.0.1", port)
    peer = Peer(name, station, quirks=quirks or Quirks())
    return Access(peer, DimseAccess(station, "FINDER", quirks=peer.quirks, patience=Patience(5, 5, 5, 5)))


def _study(number: int | str, **more: Any) -> Dataset:
    data_set = Dataset()
    values = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": f"1.2.{number}", "PatientID": "7", **more}
    for keyword, value in values.items():
        setattr(data_set, keyword, value)
    return data_set


def _answering(*answers: Dataset, status: int = 0) -> Callable[[Talk, Request], None]:
    def script(talk: Talk, request: Request) -> None:
        for answer in answers:
            talk.respond(request, 0xFF00, answer)
        talk.respond(request, status)

    return script


class _Heard:
    """What a search tells."""

    def __init__(self) -> None:
        self.news: list[FoundBatch | SourceState] = []

    def __call__(self, news: FoundBatch | SourceState) -> None:
        self.news.append(news)

    @property
    def batches(self) -> Sequence[FoundBatch]:
        return [each for each in self.news if isinstance(each, FoundBatch)]

    def last(self, name: str) -> SourceState:
        return [each for each in self.news if isinstance(each, SourceState) and each.name == name][-1]


def test_the_same_study_of_two_archives_is_one_with_both_as_its_sources() -> None:
    first = _study(1, PatientName="A^B", ModalitiesInStudy="CT", NumberOfStudyRelatedInstances=10, StudyID="9")
    second = _study(1, PatientName="A^B", ModalitiesInStudy=["CT", "SR"], NumberOfStudyRelatedInstances=12)
    heard = _Heard()
    with ScriptedDimse(_answering(first, _study(2))) as one, ScriptedDimse(_answering(second, _study(3))) as two:
        search = ArchiveSearch([_access("One", one.port), _access("Two", two.port)], STUDY, {"PatientID": "7"})
        found = {each.key: each for each in search.run(heard)}
    assert found.keys() == {"1.2.1", "1.2.2", "1.2.3"}
    both = found["1.2.1"]
    assert isinstance(both, FoundStudy)
    assert set(both.sources) == {"One", "Two"}
    assert set(both.modalities) == {"CT", "SR"}
    assert (both.instance_count, both.study_id, both.series_count) == (12, "9", None)
    assert both.contradictions == ()
    assert found["1.2.2"].sources == ("One",)
    assert [heard.last(name).phase for name in ("One", "Two")] == [SearchPhase.DONE] * 2
    assert [heard.last(name).count for name in ("One", "Two")] == [2, 2]
    told = {item.key: item for batch in heard.batches for item in batch.items}
    assert told == found


def test_archives_that_disagree_on_whose_study_it_is_are_named() -> None:
    with (
        ScriptedDimse(_answering(_study(1, PatientName="Kim^A"))) as one,
        ScriptedDimse(_answering(_study(1, PatientName="Lee^B"))) as two,
    ):
        accesses = [_access("One", one.port), _access("Two", two.port)]
        (found,) = ArchiveSearch(accesses, STUDY, {}).run(lambda _news: None)
    assert isinstance(found, FoundStudy)
    (words,) = found.contradictions
    assert all(each in words for each in ("One", "Two", "Kim^A", "Lee^B"))


def test_a_study_that_one_archive_has_of_two_patients_is_told() -> None:
    answers = [_study(1, PatientID="7", PatientName="Kim^A"), _study(1, PatientID="8", PatientName="Lee^B")]
    with ScriptedDimse(_answering(*answers)) as one:
        (found,) = ArchiveSearch([_access("One", one.port)], STUDY, {}).run(lambda _news: None)
    assert isinstance(found, FoundStudy)
    assert (found.patient_id, found.sources) == ("7", ("One",))
    assert any("Kim^A" in words and "Lee^B" in words for words in found.contradictions)
    assert any(words.endswith("7, 8") for words in found.contradictions)


def _patient(name: str, born: str = "19700101") -> Dataset:
    data_set = Dataset()
    data_set.QueryRetrieveLevel, data_set.PatientID = "PATIENT", "7"
    data_set.PatientName, data_set.PatientBirthDate = name, born
    return data_set


def test_patients_who_share_an_id_are_not_one_by_that() -> None:
    with (
        ScriptedDimse(_answering(_patient("Kim^A"))) as one,
        ScriptedDimse(_answering(_patient("Lee^B"), _patient("KIM^A^^"))) as two,
        ScriptedDimse(_answering(_patient("Kim^A", "19800101"))) as three,
    ):
        accesses = [_access(name, peer.port) for name, peer in (("One", one), ("Two", two), ("Three", three))]
        found = ArchiveSearch(accesses, QueryLevel.PATIENT, {"PatientID": "7"}).run(lambda _news: None)
    patients = {(each.patient_name.upper().rstrip("^"), each.patient_birth_date): set(each.sources)
                for each in found if isinstance(each, FoundPatient)}  # fmt: skip
    assert patients == {
        ("KIM^A", "19700101"): {"One", "Two"},
        ("LEE^B", "19700101"): {"Two"},
        ("KIM^A", "19800101"): {"Three"},
    }


def test_one_that_fails_takes_nothing_from_the_others() -> None:
    def dropping(talk: Talk, request: Request) -> None:
        talk.respond(request, 0xFF00, _study(5))
        raise Drop

    heard = _Heard()
    with (
        ScriptedDimse(_answering(_study(1))) as good,
        ScriptedDimse(dropping) as lost,
        ScriptedDimse(_answering(_study(6), status=0xA700)) as full,
    ):
        accesses = [_access("Good", good.port), _access("Lost", lost.port), _access("Full", full.port)]
        accesses += [_access("Gone", 9), Access(Peer("Nowhere"))]
        found = ArchiveSearch(accesses, STUDY, {}).run(heard)
    assert {each.key for each in found} == {"1.2.1", "1.2.5", "1.2.6"}
    assert heard.last("Good").phase is SearchPhase.DONE
    for name, count in (("Lost", 1), ("Full", 1), ("Gone", 0), ("Nowhere", 0)):
        state = heard.last(name)
        assert (state.phase, state.count) == (SearchPhase.FAILED, count)
        assert state.error is not None
        assert str(state.error)


def test_many_answers_come_in_batches_and_no_further_than_wanted() -> None:
    def endless(talk: Talk, request: Request) -> None:
        number = 0
        while not talk.is_cancelled():
            number += 1
            talk.respond(request, 0xFF00, _study(number))
        talk.respond(request, 0xFE00)

    heard = _Heard()
    with ScriptedDimse(endless) as peer:
        found = ArchiveSearch([_access("Big", peer.port)], STUDY, {}, most=2500).run(heard)
    assert len(found) == 2500
    assert max(len(batch.items) for batch in heard.batches) <= 200
    assert (heard.last("Big").phase, heard.last("Big").count) == (SearchPhase.CUT_OFF, 2500)
    assert peer.requests[-1].number(FIELD) == C_CANCEL


def test_exactly_as_many_as_wanted_are_not_cut_off() -> None:
    heard = _Heard()
    with ScriptedDimse(_answering(_study(1), _study(2))) as peer:
        ArchiveSearch([_access("Two", peer.port)], STUDY, {}, most=2).run(heard)
    assert heard.last("Two").phase is SearchPhase.DONE


def test_a_search_is_cancelled_in_all_archives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.archives.search._LAST_WORDS_S", 0.3)
    cancelled = threading.Event()

    def endless(talk: Talk, request: Request) -> None:
        for number in range(1, 1_000_000):
            talk.respond(request, 0xFF00, _study(number))
            if talk.is_cancelled():
                cancelled.set()
                break
        talk.respond(request, 0xFE00)

    def silent(_talk: Talk, _request: Request) -> None:
        raise Hang

    heard = _Heard()
    with ScriptedDimse(endless) as one, ScriptedDimse(silent) as two:
        search = ArchiveSearch([_access("One", one.port), _access("Two", two.port)], STUDY, {}, most=0)

        def tell(news: FoundBatch | SourceState) -> None:
            heard(news)
            if isinstance(news, FoundBatch):
                search.cancel()

        found = search.run(tell)
        assert found
        assert cancelled.wait(20)
    assert [heard.last(name).phase for name in ("One", "Two")] == [SearchPhase.CANCELLED] * 2


def test_an_archive_that_is_named_twice_is_asked_once() -> None:
    with ScriptedDimse(_answering(_study(1))) as peer:
        access = _access("One", peer.port)
        (found,) = ArchiveSearch([access, access], STUDY, {}).run(lambda _news: None)
    assert found.sources == ("One",)
    assert len(peer.requests) == 1


def test_several_queries_belong_to_one_question() -> None:
    def script(talk: Talk, request: Request) -> None:
        talk.respond(request, 0xFF00, _study(request.identifier.PatientID, PatientID=request.identifier.PatientID))
        talk.respond(request, 0xFF00, _study(9, PatientID=request.identifier.PatientID))
        talk.respond(request, 0)

    with ScriptedDimse(script) as peer:
        queries = [{"PatientID": "1"}, {"PatientID": "2"}]
        found = ArchiveSearch([_access("One", peer.port)], STUDY, queries).run(lambda _news: None)
    assert sorted(each.key for each in found) == ["1.2.1", "1.2.2", "1.2.9"]


def test_what_an_archive_did_not_match_is_left_out() -> None:
    answers = [
        _study(1, PatientName="Hong^Gildong=洪^吉洞=홍^길동", SpecificCharacterSet="ISO_IR 192", StudyDate="20240105"),
        _study(2, PatientName="Kim^Chulsoo", StudyDate="20240105"),
        _study(3, PatientName="Hong^A", StudyDate="20230105"),
        _study(4, StudyDate="20240105"),
    ]
    with ScriptedDimse(_answering(*answers)) as peer:
        keys = {"PatientName": "hong*", "StudyDate": "20240101-20240131"}
        found = ArchiveSearch([_access("One", peer.port)], STUDY, keys).run(lambda _news: None)
    assert [each.key for each in found] == ["1.2.1", "1.2.4"]


def test_modalities_that_an_archive_does_not_tell_are_looked_up_in_the_series() -> None:
    def script(talk: Talk, request: Request) -> None:
        asked = request.identifier
        if asked.QueryRetrieveLevel == "STUDY":
            uids = asked.StudyInstanceUID or ["1.2.1", "1.2.2", "1.2.3"]
            for uid in [uids] if isinstance(uids, str) else uids:
                talk.respond(request, 0xFF00, _study(uid[4:]))
        else:
            for modality in {"1.2.1": ("CT", "SR"), "1.2.2": ("MR",), "1.2.3": ("SR",)}[asked.StudyInstanceUID]:
                series = Dataset()
                series.QueryRetrieveLevel, series.StudyInstanceUID = "SERIES", asked.StudyInstanceUID
                series.SeriesInstanceUID, series.Modality = (
                    f"{asked.StudyInstanceUID}.{len(modality)}{ord(modality[0])}",
                    modality,
                )
                talk.respond(request, 0xFF00, series)
        talk.respond(request, 0)

    with ScriptedDimse(script) as peer:
        found = ArchiveSearch([_access("One", peer.port)], STUDY, {"ModalitiesInStudy": "SR"}).run(lambda _news: None)
    assert [(each.key, each.modalities) for each in found if isinstance(each, FoundStudy)] == [
        ("1.2.1", ("CT", "SR")),
        ("1.2.3", ("SR",)),
    ]


def test_series_and_instances_and_what_a_study_must_have() -> None:
    def script(talk: Talk, request: Request) -> None:
        level = request.identifier.QueryRetrieveLevel
        for number in "12":
            answer = Dataset()
            answer.QueryRetrieveLevel, answer.StudyInstanceUID = level, "1.2"
            if level == "SERIES":
                answer.SeriesInstanceUID, answer.Modality, answer.SeriesNumber = f"1.2.{number}", "MR", number
                answer.NumberOfSeriesRelatedInstances = 2
            else:
                answer.SeriesInstanceUID = request.identifier.SeriesInstanceUID
                answer.SOPInstanceUID = f"{answer.SeriesInstanceUID}.{number}"
                answer.SOPClassUID, answer.InstanceNumber = "1.2.840.10008.5.1.4.1.1.4", number
            talk.respond(request, 0xFF00, answer)
        talk.respond(request, 0)

    with ScriptedDimse(script) as peer:
        access = _access("One", peer.port)
        series = ArchiveSearch([access], QueryLevel.SERIES, {"StudyInstanceUID": "1.2"}).run(lambda _news: None)
        assert [each for each in series if isinstance(each, FoundSeries)] == [
            FoundSeries("1.2.1", "1.2", "MR", "1", instance_count=2, sources=("One",)),
            FoundSeries("1.2.2", "1.2", "MR", "2", instance_count=2, sources=("One",)),
        ]
        instances = instances_of(access, "1.2")
        # One archive that is gone hides nothing of the other; where all are gone, why is told.
        assert series_of([_access("Gone", 9), access], FoundStudy("1.2")) == list(series)
        with pytest.raises(NetworkError):
            series_of([_access("Gone", 9)], FoundStudy("1.2"))
    assert [each.sop_instance_uid for each in instances] == ["1.2.1.1", "1.2.1.2", "1.2.2.1", "1.2.2.2"]
    assert instances[3] == FoundInstance("1.2.2.2", "1.2.840.10008.5.1.4.1.1.4", "2", "1.2", "1.2.2", sources=("One",))


@pytest.mark.parametrize(
    ("key", "wanted", "said", "expected"),
    [
        ("PatientName", "홍*", "Hong^Gildong=洪^吉洞=홍^길동", True),
        ("PatientName", "*홍*길동*", "Hong^Gildong=洪^吉洞=홍^길동", True),
        ("PatientName", "müller*", "MÜLLER^J", True),
        ("PatientName", "hong gildong", "Hong^Gildong", True),
        ("PatientName", "Kim*", "Hong^Gildong", False),
        ("PatientID", "12?", "123", True),
        ("PatientID", "12", "123", False),
        ("PatientID", "A1", "a1", True),
        ("StudyDate", "20240101-20240131", "20240131", True),
        ("StudyDate", "20240101-20240131", "20240201", False),
        ("StudyDate", "-20240131", "20231231", True),
        ("StudyDate", "20240101-", "20231231", False),
        ("StudyDate", "20240101", "2024.01.01", True),
        ("StudyDate", "20240101", "", True),
        ("StudyTime", "1000-1100", "101530.5", True),
        ("StudyTime", "1000-1015", "101530.5", True),
        ("StudyTime", "1000-1014", "101530.5", False),
        ("StudyTime", "10", "1059", True),
        ("StudyTime", "11-", "1059", False),
        ("StudyInstanceUID", "1.2\\1.3", "1.3", True),
        ("StudyInstanceUID", "1.2\\1.3", "1.30", False),
        ("SOPClassesInStudy", "1.3", "1.2\\1.3", True),
        ("SOPClassesInStudy", "1.3", "1.2\\1.30", False),
        ("ModalitiesInStudy", "CT\\MR", "SR\\MR", True),
        ("ModalitiesInStudy", "C*", "SR\\MR", False),
        ("SeriesNumber", "7", "007", True),
        ("SeriesNumber", "7", "70", False),
        ("StudyDescription", "*knee*", "Left Knee", True),
        ("RequestAttributesSequence.ScheduledProcedureStepID", "7", "8", True),
        ("00091001", "7", "8", False),
    ],
)
def test_whether_an_answer_is_what_was_asked_for(key: str, wanted: str, said: str, expected: bool) -> None:
    assert fits({key: said}, {key: wanted}) is expected


def test_what_sounds_like_a_name_is_left_to_archives_that_can_tell() -> None:
    assert fits({"PatientName": "Meier"}, {"PatientName": "Mayer"}, is_fuzzy=True)


def test_half_a_list_of_instances_is_none() -> None:
    def script(talk: Talk, request: Request) -> None:
        if request.number(FIELD) == C_CANCEL:
            return
        level = request.identifier.QueryRetrieveLevel
        answer = Dataset()
        answer.QueryRetrieveLevel, answer.StudyInstanceUID = level, "1.2"
        answer.SeriesInstanceUID, answer.SOPInstanceUID = "1.2.1", "1.2.1.1"
        talk.respond(request, 0xFF00, answer)
        if level == "IMAGE":
            talk.respond(request, 0xFF00, b"\xff" * 20)
        talk.respond(request, 0)

    with ScriptedDimse(script) as peer:
        with pytest.raises(NetworkError, match="could not be read"):
            instances_of(_access("One", peer.port), "1.2")
        with pytest.raises(Cancelled):
            instances_of(_access("One", peer.port), "1.2", cancelled=lambda: True)


@pytest.mark.parametrize("garbled", ["ﾔﾏﾀﾞ^ﾀﾛｳ=;3ED^B@O:=$d$^$@", "ﾔﾏﾀﾞ^ﾀﾛｳ=\ufffd\ufffd^太郎", "ﾔﾏﾀﾞ^ﾀﾛｳ=????"])
@pytest.mark.parametrize("is_garbled_first", [True, False])
def test_a_name_that_cannot_be_right_gives_way_to_one_that_can(garbled: str, is_garbled_first: bool) -> None:
    right = "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ"
    names = {"One": garbled, "Two": right} if is_garbled_first else {"One": right, "Two": garbled}
    known, other = (
        found_item(STUDY, {"StudyInstanceUID": "1.2", "PatientName": name, "PatientID": "P"}, archive)
        for archive, name in names.items()
    )
    found = merged(known, other)
    assert isinstance(found, FoundStudy)
    assert (found.patient_name, found.attributes["PatientName"]) == (right, right)
    assert found.differing == {"PatientName": names}
    (words,) = found.contradictions
    assert garbled in words
    assert right in words
    third = merged(found, found_item(STUDY, {"StudyInstanceUID": "1.2", "PatientName": right}, "Three"))
    assert isinstance(third, FoundStudy)
    assert third.differing == {"PatientName": {**names, "Three": right}}


def test_what_the_first_leaves_open_is_in_the_attributes_too() -> None:
    known = found_item(STUDY, {"StudyInstanceUID": "1.2", "StudyID": "", "PatientID": "P"}, "One")
    other = found_item(STUDY, {"StudyInstanceUID": "1.2", "StudyID": "7", "PatientID": "P"}, "Two")
    found = merged(known, other)
    assert found.attributes["StudyID"] == "7"
    assert isinstance(found, FoundStudy)
    assert (found.differing, found.contradictions) == ({}, ())
