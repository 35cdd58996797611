"""What `negatoscope library` says: as JSON for programs, and as lines for a person."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from viewer.base.translation import _, ngettext
from viewer.media.safety import printable

if TYPE_CHECKING:
    from viewer.library.instance_record import KeptFile
    from viewer.library.integrity import IntegrityReport, RebuildReport
    from viewer.library.library import Library
    from viewer.library.retention import RetentionPlan
    from viewer.library.study_row import Conflict, StudyRow
    from viewer.library.sweep import SweepState


def study_as_json(row: "StudyRow") -> dict[str, Any]:
    """Return a study as programs read it."""
    return {
        "patient_id": row.patient_id,
        "patient_name": row.patient_name,
        "birth_date": row.birth_date,
        "sex": row.sex,
        "study_instance_uid": row.study_instance_uid,
        "study_date": row.study_date,
        "study_description": row.study_description,
        "accession_number": row.accession_number,
        "modalities": list(row.modalities),
        "series": row.series_count,
        "instances": row.instance_count,
        "bytes": row.total_size,
        "never_displayed": row.instance_count - row.displayed_count,
        "received_at": row.last_received_at.isoformat(),
        "rating": row.rating,
        "flags": sorted(row.flags),
        "warnings": row.warning_count,
    }


def study_as_line(row: "StudyRow") -> str:
    """Return a study as a person reads it."""
    from viewer.dicom.person_name import PersonName

    facts = (
        row.study_instance_uid,
        PersonName.parse(row.patient_name).formatted(),
        row.patient_id,
        row.study_date,
        "/".join(row.modalities),
        row.study_description,
        f"{row.series_count}/{row.instance_count}",
    )
    return printable("  ".join(fact for fact in facts if fact))


def report_as_json(library: "Library", report: "IntegrityReport") -> dict[str, Any]:
    """Return what a look through the library found, as programs read it."""
    return {
        "checked": report.checked,
        "missing": [kept_as_json(library, kept) for kept in report.missing],
        "altered": [kept_as_json(library, kept) for kept in report.altered],
        "orphans": [kept_as_json(library, kept) for kept in report.orphans],
        "strangers": [str(path) for path in report.strangers],
        "audit": list(library.audit.broken()),
    }


def rebuilt_as_lines(report: "RebuildReport") -> Iterator[str]:
    """Yield what making the index again came to."""
    for text, files in (
        (_("missing"), report.missing),
        (_("altered"), report.altered),
        (_("no DICOM instance"), report.unreadable),
    ):
        for kept in files:
            yield printable(f"{text}: {kept.path or kept.sha256}")
    yield _("The index was made again: {instances} instances, {conflicts} kept aside").format(
        instances=report.instances, conflicts=report.conflicts
    )
    if report.unknown:
        yield ngettext(
            "{count} instance may be an unknown sender's and is kept aside",
            "{count} instances may be unknown senders' and are kept aside",
            report.unknown,
        ).format(count=report.unknown)
    if not report.is_carried_over:
        yield _("Not all of the old index could be read: who was an unknown sender is known by the audit trail alone")
    if report.old_index is not None:
        yield _("The old index is kept as {path}").format(path=report.old_index)


def kept_as_json(library: "Library", kept: "KeptFile") -> dict[str, Any]:
    """Return a file of the library with the instance it holds."""
    rows = library.catalogue.of_hash(kept.sha256)
    return {
        "path": str(library.store.path_of(kept)),
        "sha256": kept.sha256,
        "in_place": kept.is_in_place,
        "sop_instance_uid": rows[0].sop_instance_uid if rows else None,
    }


def report_as_lines(library: "Library", report: "IntegrityReport") -> Iterator[str]:
    """Yield what a look through the library found."""
    for text, files in (
        (_("missing"), report.missing),
        (_("altered"), report.altered),
        (_("in no index"), report.orphans),
    ):
        for kept in files:
            yield printable(f"{text}: {library.store.path_of(kept)}")
    for path in report.strangers:
        yield printable(f"{_('no file of the library')}: {path}")
    for number in library.audit.broken():
        yield _("audit.log: line {number} is not as it was written").format(number=number)
    yield ngettext("{count} file read", "{count} files read", report.checked).format(count=report.checked)


def sweep_as_lines(state: "SweepState") -> Iterator[str]:
    """Yield what the integrity sweep knows."""
    if state.last_finished_at is None:
        yield _("integrity: not all has been read again yet ({checked} of {total} files)").format(
            checked=state.checked, total=state.total
        )
    else:
        yield _("integrity: all read again on {day:%Y-%m-%d}").format(day=state.last_finished_at)
    for text, hashes in (
        (_("missing"), state.missing),
        (_("altered"), state.altered),
        (_("in no index"), state.orphans),
    ):
        if hashes:
            yield f"{text}: {len(hashes)}"
    if state.is_index_sound is False:
        yield _("the library's index is damaged")


def conflict_as_json(library: "Library", conflict: "Conflict", *, is_compared: bool = False) -> dict[str, Any]:
    """Return an instance kept aside beside the one in force.

    Args:
        library: Whose.
        conflict: What is aside.
        is_compared: Whether both files are read to tell all that differs; else only their headers.
    """
    from viewer.library.aside import comparison, header_differences

    held = library.catalogue.instance(conflict.sop_instance_uid)
    values: dict[str, Any] = {
        "sop_instance_uid": conflict.sop_instance_uid,
        "study_instance_uid": conflict.study_instance_uid,
        "series_instance_uid": conflict.series_instance_uid,
        "patient_id": conflict.patient_id,
        "patient_name": conflict.attributes.get("PatientName", ""),
        "sha256": conflict.kept.sha256,
        "held_sha256": held.kept.sha256 if held is not None else None,
        "path": str(library.store.path_of(conflict.kept)),
        "door": conflict.source.door.value,
        "source": conflict.source.name,
        "address": conflict.source.address,
        "received_at": conflict.received_at.isoformat(),
        "key": conflict.kept.sha256,
        "reason": conflict.reason.value,
        "held_path": str(library.store.path_of(held.kept)) if held is not None else None,
    }
    if is_compared:
        compared = comparison(library, conflict.kept.sha256)
        values |= {"pixels_differ": compared.do_pixels_differ, "problem": compared.problem}
        found = compared.differences
    else:
        found = header_differences(library, conflict)
    differences = [{"keyword": each.keyword, "held": each.held, "arrived": each.arrived} for each in found]
    return {**values, "differences": differences}


def conflict_as_line(conflict: "Conflict") -> str:
    """Return an instance kept aside as a person reads it."""
    facts = (
        conflict.kept.sha256[:12],
        conflict.reason.value,
        f"{conflict.received_at:%Y-%m-%d %H:%M}",
        conflict.source.name,
        conflict.patient_id,
        conflict.sop_instance_uid,
    )
    return printable("  ".join(fact for fact in facts if fact))


def patient_as_json(study: "StudyRow", likenesses: list[str]) -> dict[str, Any]:
    """Return a patient who may be another as well, as programs read it."""
    return {
        "patient_id": study.patient_id,
        "issuer": study.issuer,
        "patient_name": study.patient_name,
        "birth_date": study.birth_date,
        "sex": study.sex,
        "study_instance_uid": study.study_instance_uid,
        "likenesses": likenesses,
    }


def patient_as_line(study: "StudyRow", likenesses: list[str]) -> str:
    """Return a patient who may be another as well, as a person reads it."""
    from viewer.dicom.person_name import PersonName

    name = PersonName.parse(study.patient_name).formatted()
    facts = (study.patient_id, study.issuer, name, study.birth_date, study.sex, f"({', '.join(likenesses)})")
    return printable("  ".join(fact for fact in facts if fact))


def plan_as_json(plan: "RetentionPlan", *, is_applied: bool) -> dict[str, Any]:
    """Return what rules would do, as programs read it."""
    return {
        "studies": [
            {"study_instance_uid": study.study_instance_uid, "reason": reason.name.lower(), "bytes": study.total_size}
            for study, reason in plan.studies
        ],
        "freed_bytes": plan.freed_bytes,
        "over_bytes": plan.over_bytes,
        "applied": is_applied,
    }


def plan_as_lines(plan: "RetentionPlan") -> Iterator[str]:
    """Yield what rules would do."""
    for study, reason in plan.studies:
        yield f"{study_as_line(study)}  ({_(reason.value)})"
    yield _("{count} studies, {megabytes} MB").format(count=len(plan.studies), megabytes=plan.freed_bytes // 10**6)
