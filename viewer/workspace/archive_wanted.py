"""From what is chosen in the list of archives to what is fetched, and from which of them."""

from collections.abc import Sequence

from viewer.workspace.archive_rows import ArchiveRow
from viewer.workspace.library_rows import row_line, shown_name
from viewer.workspace.transfers import WantedStudy


def wanted_of(rows: Sequence[ArchiveRow], known: Sequence[str]) -> dict[str, list[WantedStudy]]:
    """Return what is to be fetched by the archive it is fetched from: the one that answered first.

    Args:
        rows: Studies, series and instances.
        known: The names of the archives there are; others are not asked where one of these has it.
    """
    by_archive: dict[str, list[WantedStudy]] = {}
    instances: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        study = row.study
        if study is None or not row.sources:
            continue
        archive = next((each for each in row.sources if each in known), row.sources[0])
        if row.instance is not None and row.one_series is not None:
            key = (archive, row.one_series.series_instance_uid)
            instances.setdefault(key, []).append(row.instance.sop_instance_uid)
            if len(instances[key]) > 1:
                continue
        series = row.one_series
        counted = series.instance_count if series is not None else study.instance_count
        by_archive.setdefault(archive, []).append(
            WantedStudy(
                study.study_instance_uid,
                row_line(shown_name(study.patient_name), study.study_description),
                series.series_instance_uid if series is not None else "",
                instances=0 if row.instance is not None else counted or 0,
                patient_id=study.patient_id,
            )
        )
    return {
        archive: [_with_instances(each, instances.get((archive, each.series_instance_uid), ())) for each in studies]
        for archive, studies in by_archive.items()
    }


def _with_instances(study: WantedStudy, uids: Sequence[str]) -> WantedStudy:
    if not uids or study.instances:
        return study
    return WantedStudy(
        study.study_instance_uid,
        study.title,
        study.series_instance_uid,
        tuple(uids),
        len(uids),
        study.patient_id,
    )
