"""Instances made to get into, or in the place of, somebody's study: what each tries, and what has to be said of it."""

import enum
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.builders.sent_instances import SentInstance, made_instance

MODALITY, INTRUDER, STRANGER = "MODALITY", "INTRUDER", "STRANGER"
"""Titles: of whom the genuine study comes, of another one who may send, and of one whom nobody has allowed."""
GENUINE, SLICES = "genuine", 12
PATIENT: dict[str, str] = {"PatientName": "Genuine^Patient", "PatientID": "GENUINE-1", "PatientBirthDate": "19610203"}


class Forgery(enum.Enum):
    """What is tried; the value is how the library tells of it."""

    OTHER_PIXELS = "altered duplicate"
    OTHER_PATIENT_IN_PLACE = "altered duplicate "
    OTHER_STUDY_IN_PLACE = "altered duplicate  "
    OTHER_PATIENT = "other patient"
    OTHER_STUDY = "other study"
    OTHER_NAME = "other name"
    OTHER_BIRTH_DATE = "other birth date"
    LATE = "late"
    STRANGE = "unknown sender"

    @property
    def calling(self) -> str:
        """The title it comes under."""
        return {Forgery.LATE: INTRUDER, Forgery.STRANGE: STRANGER}.get(self, MODALITY)

    @property
    def told_as(self) -> str:
        """What has to be said."""
        return self.value.strip()

    @property
    def is_kept_aside(self) -> bool:
        """Whether it must not be in force."""
        return self.told_as in {Forgery.OTHER_PIXELS.value, Forgery.STRANGE.value}


@dataclass(frozen=True)
class Forged:
    """One of them."""

    forgery: Forgery
    instance: SentInstance


def genuine_study() -> list[SentInstance]:
    """Return what is there before."""
    chance = random.Random(7)
    return [
        made_instance(f"{GENUINE}/1/{number}", chance.randbytes(2000), elements={"InstanceNumber": number, **PATIENT})
        for number in range(SLICES)
    ]


def forgeries(count: int, genuine: Sequence[SentInstance], *, seed: int = 1) -> Iterator[Forged]:
    """Yield so many, of all sorts in turn, each with other pixels."""
    chance = random.Random(seed)
    sorts = list(Forgery)
    for number in range(count):
        forgery = sorts[number % len(sorts)]
        target = chance.choice(genuine)
        elements = {
            **PATIENT,
            "StudyInstanceUID": target.study_instance_uid,
            "SeriesInstanceUID": target.series_instance_uid,
            "InstanceNumber": 100 + number,
            **_changes(forgery, number, target),
        }
        yield Forged(forgery, made_instance(f"forged/{seed}/{number}", chance.randbytes(400), elements=elements))


def _changes(forgery: Forgery, number: int, target: SentInstance) -> dict[str, object]:
    other_patient: dict[str, object] = {"PatientName": f"Other^Patient{number}", "PatientID": f"OTHER-{number}"}
    elsewhere: dict[str, object] = {"StudyInstanceUID": f"2.25.{number}.1", "SeriesInstanceUID": f"2.25.{number}.2"}
    in_place: dict[str, object] = {"SOPInstanceUID": target.sop_instance_uid}
    changes: dict[Forgery, dict[str, object]] = {
        Forgery.OTHER_PIXELS: in_place,
        Forgery.OTHER_PATIENT_IN_PLACE: {**in_place, **other_patient},
        Forgery.OTHER_STUDY_IN_PLACE: {**in_place, **elsewhere},
        Forgery.OTHER_PATIENT: other_patient,
        Forgery.OTHER_STUDY: {"StudyInstanceUID": f"2.25.{number}.1"},
        Forgery.OTHER_NAME: {**elsewhere, "PatientName": f"Impostor^{number}"},
        Forgery.OTHER_BIRTH_DATE: {**elsewhere, "PatientBirthDate": f"19{number % 60 + 10}1231"},
    }
    return changes.get(forgery, {})
