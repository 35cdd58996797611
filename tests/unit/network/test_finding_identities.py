"""Whose studies queries of ours find: nobody gets the name of another, and nobody is hidden behind another."""

import threading

import pytest
from pydicom.dataset import Dataset

from tests.builders.finding import answering, found_by, study
from tests.builders.scripted_dimse import C_FIND, FIELD, Request, ScriptedDimse, Talk
from viewer.base.errors import NetworkError
from viewer.network.peers import Quirks
from viewer.network.ports import QueryLevel


def _patient(name: str, issuer: str, patient_id: str = "7") -> Dataset:
    data_set = Dataset()
    data_set.QueryRetrieveLevel, data_set.PatientID = "PATIENT", patient_id
    data_set.PatientName, data_set.IssuerOfPatientID, data_set.PatientSex = name, issuer, "F"
    return data_set


def test_of_two_patients_with_one_id_neither_gives_the_studies_of_both_a_name() -> None:
    def script(talk: Talk, request: Request) -> None:
        if request.identifier.QueryRetrieveLevel == "PATIENT":
            talk.respond(request, 0xFF00, _patient("Kim^A", "ONE"))
            talk.respond(request, 0xFF00, _patient("Lee^B", "TWO"))
        else:
            talk.respond(request, 0xFF00, study(1, PatientID="7"))
            talk.respond(request, 0xFF00, study(2, PatientID="7", PatientName="Lee^B"))
        talk.respond(request, 0)

    with ScriptedDimse(script) as peer:
        found = found_by(peer, {"PatientSex": "F"}, quirks=Quirks(patient_root=True))
    assert [(each["StudyInstanceUID"], each.get("PatientName", "")) for each in found] == [
        ("1.2.1", ""),
        ("1.2.2", "Lee^B"),
    ]
    assert {each["PatientSex"] for each in found} == {"F"}


def test_what_is_of_another_study_than_was_asked_for_gets_no_name_of_that() -> None:
    def script(talk: Talk, request: Request) -> None:
        if request.identifier.QueryRetrieveLevel == "STUDY":
            talk.respond(request, 0xFF00, study(1, PatientName="Kim^A"))
        else:
            for number in (1, 2):
                series = study(number, QueryRetrieveLevel="SERIES", SeriesInstanceUID=f"1.2.{number}.1")
                talk.respond(request, 0xFF00, series)
        talk.respond(request, 0)

    with ScriptedDimse(script) as peer:
        found = found_by(peer, {"PatientName": "K*"}, QueryLevel.SERIES)
    assert [each["SeriesInstanceUID"] for each in found] == ["1.2.1.1"]


def test_a_study_of_two_patients_is_answered_for_both() -> None:
    answers = (study(1, PatientID="7"), study(1, PatientID="8"), study(1, PatientID="7"))
    with ScriptedDimse(answering(*answers)) as peer:
        found = found_by(peer)
    assert [each["PatientID"] for each in found] == ["7", "8"]


def test_what_was_not_found_in_another_character_set_is_told() -> None:
    def script(talk: Talk, request: Request) -> None:
        is_other = b"ISO 2022 IR 149" in request.data
        talk.respond(request, 0xFF00, study(2 if is_other else 1))
        talk.respond(request, 0xA700 if is_other else 0)

    with ScriptedDimse(script) as peer, pytest.raises(NetworkError, match="A700H"):
        found_by(peer, {"PatientName": "홍*"})


@pytest.mark.parametrize("quirks", [Quirks(), Quirks(cancels=False)])
@pytest.mark.parametrize("level", [QueryLevel.STUDY, QueryLevel.SERIES])
def test_nothing_more_is_asked_when_nobody_waits_any_more(level: QueryLevel, quirks: Quirks) -> None:
    cancelled = threading.Event()

    def script(talk: Talk, request: Request) -> None:
        talk.respond(request, 0xFF00, study(1))
        cancelled.set()
        talk.is_cancelled(10)
        talk.respond(request, 0xFE00)

    with ScriptedDimse(script) as peer:
        found_by(peer, {"PatientName": "홍*"}, level, quirks=quirks, cancelled=cancelled.is_set)
    assert [request.number(FIELD) for request in peer.requests].count(C_FIND) == 1
