"""What is kept aside, as a screen shows it: by sender and study, what is held beside what arrived."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from viewer.base.byte_source import ByteSource
from viewer.base.errors import LibraryError, ViewerError
from viewer.base.translation import _
from viewer.dicom.header_scan import scan_header
from viewer.library.instance_record import AsideReason, Source
from viewer.library.kept_values import clean
from viewer.library.library import Library
from viewer.library.query_keys import SERIES_KEYS, STUDY_KEYS, attributes_of
from viewer.library.study_row import Conflict, InstanceRow, StudyRow
from viewer.library.study_upkeep import STUDY_COLUMNS


@dataclass(frozen=True, slots=True)
class Difference:
    """An attribute that differs.

    Attributes:
        keyword: Of the data dictionary; the tag as "(gggg,eeee)" for what has none.
        held: Text of what is held; empty when it is absent.
        arrived: Text of what came; empty when it is absent.
    """

    keyword: str
    held: str
    arrived: str


@dataclass(frozen=True, slots=True)
class AsideGroup:
    """What of one study came from one sender and is aside for the same reason.

    Attributes:
        attributes: Query keys of the first of them, as it arrived, by keyword (PatientName, PatientID, StudyDate …).
        arrived: The instances, in the order of arrival.
        held: What the library holds in force under the same Study Instance UID: none, one, or one for each patient.
        held_instances: How many of arrived have other bytes in force under their UID.
        differences: Study, series and patient attributes of the first that differ from what is held: from the instance
            in force of the same UID, else from the study.
    """

    reason: AsideReason
    source: Source
    study_instance_uid: str
    attributes: dict[str, str]
    arrived: tuple[Conflict, ...]
    held: tuple[StudyRow, ...]
    held_instances: int
    differences: tuple[Difference, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """What accept and discard take for the whole group."""
        return tuple(conflict.kept.sha256 for conflict in self.arrived)

    @property
    def size(self) -> int:
        """Of all of it, in bytes."""
        return sum(conflict.kept.size for conflict in self.arrived)

    @property
    def first_at(self) -> datetime:
        """When the first of it arrived."""
        return min(conflict.received_at for conflict in self.arrived)

    @property
    def last_at(self) -> datetime:
        """When the last of it arrived."""
        return max(conflict.received_at for conflict in self.arrived)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One instance that is aside beside the one in force of its UID, read from their files.

    Attributes:
        arrived: What came; its key is arrived.kept.sha256.
        held: What is in force; None when nothing is.
        differences: Every attribute outside the pixels that differs, in the order of tags; of sequences only that they
            differ.
        do_pixels_differ: Whether the encoded pixels differ; None when there is nothing to compare, or a file cannot be
            read.
        held_source: The held file, for a picture of it; None when there is none that can be read.
        arrived_source: The arrived file; None when it cannot be read.
        problem: Why a file cannot be read; empty when both can.
    """

    arrived: Conflict
    held: InstanceRow | None
    differences: tuple[Difference, ...] = ()
    do_pixels_differ: bool | None = None
    held_source: ByteSource | None = None
    arrived_source: ByteSource | None = None
    problem: str = ""


def pending(library: Library, *, with_superseded: bool = False) -> tuple[AsideGroup, ...]:
    """Return what a reader has to decide about, the latest arrival first.

    Args:
        library: Whose.
        with_superseded: Also what was in force once: nothing is to be decided about it, but it can be put back.

    Raises:
        LibraryError: If the index cannot be read.
    """
    groups: dict[tuple[AsideReason, Source, str], list[Conflict]] = {}
    for conflict in library.catalogue.conflicts():
        if with_superseded or conflict.reason is not AsideReason.SUPERSEDED:
            groups.setdefault((conflict.reason, conflict.source, conflict.study_instance_uid), []).append(conflict)
    return tuple(_group(library, conflicts[::-1]) for conflicts in groups.values())


def keys_of(
    library: Library, *, sender: str | None = None, study_instance_uid: str | None = None,
    reason: AsideReason | None = None,
) -> tuple[str, ...]:  # fmt: skip
    """Return the keys of all that is aside from a sender (AE title or disc), of a study, or for a reason.

    What was superseded is left out unless it is asked for.
    """
    return tuple(
        conflict.kept.sha256
        for conflict in library.catalogue.conflicts(study_instance_uid)
        if (conflict.reason is reason if reason is not None else conflict.reason is not AsideReason.SUPERSEDED)
        and (sender is None or conflict.source.name == sender)
    )


def taken(library: Library, keys: Iterable[str]) -> list[Conflict]:
    """Return what is aside under keys, each once.

    Raises:
        LibraryError: If nothing is aside under one of them.
    """
    found = []
    for key in dict.fromkeys(keys):
        try:
            conflicts = [row for row in library.catalogue.of_hash(key) if isinstance(row, Conflict)]
        except ValueError:  # no hash at all
            conflicts = []
        if not conflicts:
            raise LibraryError(_("Nothing of this key is kept aside"), subject=key)
        found += conflicts
    return found


def header_differences(library: Library, conflict: Conflict) -> tuple[Difference, ...]:
    """Return which query keys of the patient, study and series differ from the instance in force of the same UID."""
    held = library.catalogue.instance(conflict.sop_instance_uid)
    return () if held is None else _beside(library, held, dict(conflict.attributes))


def comparison(library: Library, key: str) -> Comparison:
    """Read what arrived and what is held and tell how they differ; takes as long as reading both files.

    Raises:
        LibraryError: If the key is not aside.
    """
    from viewer.library.file_comparison import compare_files

    arrived = taken(library, (key,))[0]
    held = library.catalogue.instance(arrived.sop_instance_uid)
    sources: list[ByteSource | None] = []
    problem = ""
    for kept in (arrived.kept, *((held.kept,) if held is not None else ())):
        try:
            sources.append(library.store.open(kept))
        except LibraryError as error:
            sources.append(None)
            problem = error.one_line()
    arrived_source, held_source = (*sources, None)[:2]
    differences: tuple[Difference, ...] = ()
    do_pixels_differ = None
    if arrived_source is not None and held_source is not None:
        try:
            differing, do_pixels_differ = compare_files(held_source, arrived_source)
            differences = tuple(Difference(*each) for each in differing)
        except ViewerError as error:
            problem = error.one_line()
    return Comparison(arrived, held, differences, do_pixels_differ, held_source, arrived_source, problem)


def _group(library: Library, arrived: list[Conflict]) -> AsideGroup:
    first = arrived[0]
    held = library.catalogue.studies_of_uid(first.study_instance_uid)
    in_force = [row for each in arrived if (row := library.catalogue.instance(each.sop_instance_uid)) is not None]
    beside = next((row for row in in_force if row.sop_instance_uid == first.sop_instance_uid), None)
    attributes = dict(first.attributes)
    differences: tuple[Difference, ...] = ()
    if beside is not None:
        differences = _beside(library, beside, attributes)
    elif len(held) == 1:  # of several patients there is no one to compare with
        differences = _differences(study_attributes(held[0]), attributes, STUDY_KEYS)
    return AsideGroup(
        first.reason, first.source, first.study_instance_uid, attributes, tuple(arrived), tuple(held), len(in_force),
        differences,
    )  # fmt: skip


def _beside(library: Library, held: InstanceRow, arrived: dict[str, str]) -> tuple[Difference, ...]:
    """Return what differs from an instance in force, as its file has it."""
    try:
        attributes = attributes_of(scan_header(library.store.open(held.kept)))
    except ViewerError:
        return ()  # comparison tells why it cannot be read
    return _differences(attributes, arrived, (*STUDY_KEYS, *SERIES_KEYS))


def study_attributes(study: StudyRow) -> dict[str, str]:
    """Return the query keys of a study, by keyword."""
    values = {keyword: str(getattr(study, column)) for keyword, column in STUDY_COLUMNS.items()}
    values.update(study.attributes, PatientID=study.patient_id, IssuerOfPatientID=study.issuer)
    values["StudyInstanceUID"] = study.study_instance_uid
    return values


def _differences(held: dict[str, str], arrived: dict[str, str], keywords: Iterable[str]) -> tuple[Difference, ...]:
    return tuple(
        Difference(keyword, held.get(keyword, ""), arrived.get(keyword, ""))
        for keyword in keywords
        if clean(held.get(keyword, "")) != arrived.get(keyword, "")
    )
