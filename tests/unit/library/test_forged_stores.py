"""Forged instances at the index: the same UID with other pixels or another patient, and slices that come late."""

import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders.library_records import MODALITY_STATION, record
from viewer.library.catalogue import Catalogue
from viewer.library.database import Database
from viewer.library.instance_record import AsideReason, Door, Filed, InstanceRecord, Source
from viewer.library.search import Search
from viewer.library.study_row import WarningKind

IN_CI, OF_A_CAMPAIGN = 300, 10_000
STUDIES, IMAGES = 20, 10
_OTHERS = {
    WarningKind.OTHER_PATIENT: {"PatientID": "FORGED"},
    WarningKind.OTHER_NAME: {"PatientName": "Forged^Name"},
    WarningKind.OTHER_BIRTH_DATE: {"PatientBirthDate": "19111111"},
    WarningKind.LATE: {},
}


def held(number: int) -> InstanceRecord:
    study = number // IMAGES
    return record(number, study=f"1.2.3.{study}", source=MODALITY_STATION, PatientID=f"P{study}")


def forged(chance: random.Random, number: int) -> tuple[InstanceRecord, WarningKind | None]:
    """Return a forged instance, and how it has to be flagged; None where it has to be kept aside."""
    target = chance.randrange(STUDIES * IMAGES)
    study = target // IMAGES
    source = chance.choice((MODALITY_STATION, Source(Door.RECEIVER, f"EVIL{number % 7}", "203.0.113.6")))
    kind = chance.choice((None, *_OTHERS))
    patient = {"PatientID": f"P{study}"}
    if kind is None:
        patient |= chance.choice(tuple(_OTHERS.values()))
        made = record(target, study=f"1.2.3.{study}", content=f"forged {number}", source=source, attributes=patient)
        return made, None
    after = timedelta(days=chance.randint(2, 900)) if kind is WarningKind.LATE else timedelta(0)
    patient |= _OTHERS[kind]
    made = record(10_000 + number, study=f"1.2.3.{study}", source=source, after=after, attributes=patient)
    return made, kind


def attack(folder: Path, count: int) -> Counter[str]:
    """Forge so many; return how many were flagged how."""
    chance = random.Random(count)
    flagged: Counter[str] = Counter()
    with Database(folder) as database:
        catalogue = Catalogue(database)
        originals = [held(number) for number in range(STUDIES * IMAGES)]
        assert catalogue.file(originals) == [Filed.NEW] * len(originals)
        before = {each.sop_instance_uid: catalogue.instance(each.sop_instance_uid) for each in originals}
        for number in range(count):
            made, kind = forged(chance, number)
            ((filed, warned),) = catalogue.file_and_tell([made])
            if kind is None:
                assert filed is Filed.CONFLICT
                flagged["altered"] += 1
            else:
                assert filed is Filed.NEW
                assert kind in warned
                flagged[kind.value] += 1
        for uid, row in before.items():
            assert catalogue.instance(uid) == row
        conflicts = catalogue.conflicts()
        assert len(conflicts) == flagged["altered"]
        assert {each.reason for each in conflicts} == {AsideReason.ALTERED}
        flags = {(each.study_instance_uid, each.kind) for each in catalogue.warnings()}
        assert {kind for _uid, kind in flags} >= set(_OTHERS)
        for study in catalogue.studies(Search(limit=1000)):
            assert study.warning_count > 0
    return flagged


def test_forged_instances_replace_nothing_and_all_are_flagged(tmp_path: Path) -> None:
    flagged = attack(tmp_path, IN_CI)
    assert sum(flagged.values()) == IN_CI


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_ten_thousand_forged_instances_replace_nothing_and_all_are_flagged(tmp_path: Path) -> None:
    flagged = attack(tmp_path, OF_A_CAMPAIGN)
    assert sum(flagged.values()) == OF_A_CAMPAIGN
    print(f"{OF_A_CAMPAIGN} forged, 0 replaced, flagged: {dict(flagged)}")
