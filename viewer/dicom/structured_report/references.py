"""Instances and documents that are named by others: light, for whoever needs no more of reports."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InstanceReference:
    """A SOP Instance that is named."""

    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class DocumentReference:
    """A document that this one takes the place of, repeats, or whose images it is about."""

    instance: InstanceReference
    study_instance_uid: str = ""
    series_instance_uid: str = ""
