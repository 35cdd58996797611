"""Whose the studies are that a link names: of one patient, and of the one that is asked for."""

from dataclasses import replace

import pytest

from viewer.archives.asked_studies import Named
from viewer.archives.deep_links import ShowRequest
from viewer.archives.search import FoundStudy

ANY = ShowRequest(patient_id="P-1", latest=1)
OF_ACME = ShowRequest(patient_id="P-1", latest=1, issuer="ACME&1.2.3&ISO")


def found(uid: str, **more: str) -> FoundStudy:
    study = FoundStudy(uid, patient_id="P-1", patient_name="Kim^Gildong")
    for name, value in more.items():
        study = replace(study, **{name: value})  # type: ignore[arg-type] # all of them are texts
    return study


@pytest.mark.parametrize(
    ("request_", "studies", "is_one"),
    [
        (ANY, [found("1.1"), found("1.2")], True),
        (ANY, [found("1.1"), found("1.2", patient_id="P-2")], False),
        (ANY, [found("1.1"), found("1.2", patient_name="Lee^Mina")], False),
        (ANY, [found("1.1", patient_birth_date="19610203"), found("1.2", patient_birth_date="19800101")], False),
        (ANY, [found("1.1", patient_birth_date="19610203"), found("1.2")], True),
        (ANY, [found("1.1", issuer_of_patient_id="ACME"), found("1.2", issuer_of_patient_id="OTHER")], False),
        (OF_ACME, [found("1.1", issuer_of_patient_id="OTHER")], False),
        (OF_ACME, [found("1.1", issuer_of_patient_id="ACME")], True),
        (OF_ACME, [found("1.1", issuer_of_patient_id="1.2.3")], True),
        (OF_ACME, [found("1.1")], True),
    ],
)
def test_studies_are_of_one_patient_where_nothing_says_otherwise(
    request_: ShowRequest, studies: list[FoundStudy], *, is_one: bool
) -> None:
    assert Named(tuple(studies)).are_of_one_patient(request_) is is_one
