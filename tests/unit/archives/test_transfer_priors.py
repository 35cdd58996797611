"""Which earlier studies are fetched, and which are not: by rules, and never another person's."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from viewer.application.transfer_priors import _Find
from viewer.archives.access import Access
from viewer.archives.found import FoundSeries, FoundStudy
from viewer.archives.priors import CurrentStudy, Priors, PriorSettings, choose_priors
from viewer.base.errors import NetworkError
from viewer.base.jobs import Progress
from viewer.network.peers import Peer
from viewer.network.stations import Station

NOW = CurrentStudy(
    "1.1", "P-1", "HOSPITAL", "KIM^GILDONG", "19700101", "20260601", modalities=("CT",), body_parts=("CHEST",)
)
RULES = PriorSettings(most=2, years=5, same_body_part=True, same_modality=False)
OLD = FoundStudy(
    "1.2", "KIM^GILDONG", "P-1", "HOSPITAL", "19700101", study_date="20250101", modalities=("CT",), sources=("A",)
)
PARTS = {"1.2": "CHEST", "1.3": "CHEST ", "1.4": "chest", "1.5": "HEAD", "1.6": ""}


def series_of(study: FoundStudy) -> Sequence[FoundSeries]:
    if study.study_instance_uid == "1.9":
        raise NetworkError("Nobody answers there")
    return [FoundSeries("9", body_part_examined=PARTS.get(study.study_instance_uid, ""))]


def chosen(*found: FoundStudy, settings: PriorSettings = RULES, current: CurrentStudy = NOW) -> Priors:
    return choose_priors(current, found, settings, series_of)


def uids(studies: Sequence[FoundStudy]) -> list[str]:
    return [study.study_instance_uid for study in studies]


def test_the_newest_of_the_same_body_part_are_wanted() -> None:
    studies = [replace(OLD, study_instance_uid=f"1.{n}", study_date=f"202{n - 1}0101") for n in (2, 3, 4, 5)]
    assert uids(chosen(*studies).wanted) == ["1.4", "1.3"]  # 1.5 is the newest, but of the head


@pytest.mark.parametrize(
    "other",
    [
        replace(OLD, study_instance_uid="1.1"),  # it is the open one
        replace(OLD, study_date="20260701"),  # later
        replace(OLD, study_date="20200101"),  # too old
        replace(OLD, study_date=""),
        replace(OLD, patient_id="P-10"),  # what an archive answers that matches wildly
    ],
)
def test_what_is_no_earlier_study_of_the_patient_is_left_out(other: FoundStudy) -> None:
    assert chosen(other) == Priors()


@pytest.mark.parametrize(
    "other",
    [
        replace(OLD, patient_name="LEE^YOUNGHEE"),
        replace(OLD, patient_birth_date="19800101"),
        replace(OLD, issuer_of_patient_id="CLINIC"),
        replace(OLD, contradictions=("A and B do not agree",)),
    ],
)
def test_somebody_else_under_the_same_id_is_told_and_not_wanted(other: FoundStudy) -> None:
    priors = chosen(other)
    assert priors.wanted == ()
    assert priors.doubtful == (other,)


def test_a_name_in_other_letters_only_and_absent_values_contradict_nothing() -> None:
    bare = replace(OLD, patient_birth_date="", issuer_of_patient_id="", patient_name="")
    assert chosen(bare).wanted == (bare,)


def test_where_no_body_part_is_said_the_modality_decides() -> None:
    same = replace(OLD, study_instance_uid="1.6")
    other = replace(same, modalities=("MR",))
    assert chosen(same).wanted == (same,)
    assert chosen(other).wanted == ()
    unanswered = replace(OLD, study_instance_uid="1.9")
    assert chosen(unanswered).wanted == (unanswered,)
    assert chosen(other, current=replace(NOW, body_parts=())).wanted == ()


def test_the_same_modality_can_be_asked_for_and_the_body_part_left_open() -> None:
    other = replace(OLD, study_instance_uid="1.5", modalities=("MR",))
    open_rules = replace(RULES, same_body_part=False)
    assert chosen(other, settings=open_rules).wanted == (other,)
    assert chosen(other, settings=replace(open_rules, same_modality=True)).wanted == ()


def test_any_age_can_be_wanted() -> None:
    ancient = replace(OLD, study_date="19990101")
    assert chosen(ancient, settings=replace(RULES, years=0)).wanted == (ancient,)


def test_an_archive_that_cannot_be_called_is_told_though_others_are_asked() -> None:
    class Calls:
        def peers(self) -> tuple[Peer, ...]:
            return tuple(Peer(name, Station(name, "127.0.0.1", 104)) for name in ("PACS", "OTHER"))

        def access(self, peer: Peer) -> Access:
            if peer.name == "OTHER":
                raise NetworkError("Its certificate is gone", subject=peer.name)
            return Access(peer, None, None)

    programme: Any = SimpleNamespace(archives=SimpleNamespace(calls=Calls()))
    nobody = replace(NOW, patient_id="")  # nobody is asked about
    priors = _Find(programme, nobody, RULES, "").run(Progress())
    assert any("Its certificate is gone" in problem for problem in priors.problems)
