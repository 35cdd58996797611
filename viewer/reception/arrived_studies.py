"""What of a study came over the network: the instances that rules are about, and what rules look at."""

from collections.abc import Iterable

from viewer.library.instance_record import Door
from viewer.library.library import Library
from viewer.library.study_row import InstanceRow, StudyRow
from viewer.reception.routing_rules import StudyFacts


def study_facts(library: Library, study_uid: str) -> StudyFacts | None:
    """Return what rules look at of a study; None when it is not there, or nothing of it came over the network."""
    studies = _studies(library, study_uid)
    series = [each for study in studies for each in library.catalogue.series_of(study)]
    came = arrived_instances(library, study_uid)
    if not came:
        return None
    there = {each.series_instance_uid for each in came}
    series = [each for each in series if each.series_instance_uid in there]
    return StudyFacts(
        study_instance_uid=study_uid,
        modality=_set(each.modality for each in series),
        calling=_set(each.source.name for each in came),
        description=_set(
            [*(each.study_description for each in studies), *(each.series_description for each in series)]
        ),
        patient_id=_set(each.patient_id for each in studies),
        issuer=_set(each.issuer for each in studies),
        station=_set(each.attributes.get("StationName", "") for each in series),
        sop_class=_set(each.sop_class_uid for each in came),
    )


def arrived_instances(library: Library, study_uid: str) -> list[InstanceRow]:
    """Return the instances of a study that came over the network, by series and number."""
    rows = [each for study in _studies(library, study_uid) for each in library.catalogue.instances_of_study(study)]
    return [each for each in rows if each.source.door is Door.RECEIVER]


def _studies(library: Library, study_uid: str) -> list[StudyRow]:
    return library.catalogue.listed_of_uid(study_uid)


def _set(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
