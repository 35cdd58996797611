"""`negatoscope scan PATH… [--json]`: what the places hold, as the window would list it."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from viewer.base.jobs import Progress
from viewer.base.translation import _, ngettext
from viewer.cli.output import write_lines
from viewer.media.disc_contents import open_places
from viewer.media.safety import printable
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.display_set_catalogue import BuildDisplaySets
from viewer.workspace.study_nodes import Patient, Series, Study
from viewer.workspace.study_tree import StudyTree


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    parser = subparsers.add_parser(
        "scan", help=_("list the patients, studies and series of files, folders and archives")
    )
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help=_("file, folder, DICOMDIR, ZIP or disc image")
    )
    parser.add_argument("--json", action="store_true", help=_("print JSON instead of a tree"))


def run(arguments: argparse.Namespace) -> int:
    """Print what the places hold.

    Raises:
        ViewerError: If a path does not exist.
    """
    tree = StudyTree()
    files = 0
    with closing(open_places(arguments.paths, Progress(), ask=ask_password)) as batches:
        for batch in batches:
            tree.add(batch.headers, batch.problems, batch.promises, batch.broken)
            files += batch.files
    if arguments.json:
        write_lines([json.dumps(tree_as_json(tree, files), ensure_ascii=False, indent=1)])
    else:
        write_lines(tree_as_lines(tree, files))
    return 0


def tree_as_json(tree: StudyTree, files: int) -> dict[str, Any]:
    """Return the tree in the form programs read: every file is in a series or in problems.

    The DICOMDIR that was used and files that are not DICOM are in problems too; a ZIP or disc image stands for its
    members and is not counted itself.
    """
    return {
        "files": files,
        "patients": [_patient_as_json(patient) for patient in tree.patients()],
        "problems": [{"path": problem.path, "error": problem.error} for problem in tree.problems],
    }


def tree_as_lines(tree: StudyTree, files: int) -> Iterator[str]:
    """Yield the tree as lines for a person."""
    for patient in tree.patients():
        facts = (patient.display_name, patient.patient_id, patient.birth_date, patient.sex)
        yield _line(0, facts)
        for warning in patient.warnings:
            yield _line(1, ("!", str(warning)))
        for study in patient.sorted_studies:
            yield _line(1, (study.date, study.description, study.accession_number, "/".join(study.modalities)))
            for series in study.sorted_series:
                yield from _series_lines(series)
    damage = [problem for problem in tree.problems if problem.is_damage]
    if damage:
        yield ""
        yield _("Problems:")
        for problem in damage:
            yield _line(1, (f"{problem.path}: {problem.error}",))
    others = len(tree.problems) - len(damage)
    yield ""
    counts = tree.counts
    yield _(
        "{files} files: {instances} DICOM objects in {series} series, {others} other files, {problems} problems"
    ).format(files=files, instances=counts.files, series=counts.series, others=others, problems=len(damage))


def ask_password(archive_name: str, was_wrong: bool) -> str | None:
    """Ask on the terminal for an archive's password; None where nobody sits at one."""
    if not (sys.stdin and sys.stdin.isatty()):
        return None
    import getpass

    question = _("Wrong password. Password of {archive}: ") if was_wrong else _("Password of {archive}: ")
    return getpass.getpass(question.format(archive=printable(archive_name))) or None


def _patient_as_json(patient: Patient) -> dict[str, Any]:
    return {
        "patient_id": patient.patient_id,
        "patient_name": patient.name,
        "birth_date": patient.birth_date,
        "sex": patient.sex,
        "studies": [_study_as_json(study) for study in patient.sorted_studies],
    }


def _study_as_json(study: Study) -> dict[str, Any]:
    return {
        "study_instance_uid": study.study_instance_uid,
        "study_date": study.date,
        "study_description": study.description,
        "accession_number": study.accession_number,
        "modalities": list(study.modalities),
        "series": [_series_as_json(series) for series in study.sorted_series],
    }


def _series_as_json(series: Series) -> dict[str, Any]:
    return {
        "series_instance_uid": series.series_instance_uid,
        "series_number": series.number,
        "modality": series.modality,
        "series_description": series.description,
        "sop_class_uids": sorted({header.sop_class_uid for header in series.headers}),
        "transfer_syntax_uids": sorted({header.transfer_syntax_uid for header in series.headers}),
        "instances": len(series.headers),
        "frames": series.frames,
        "display_sets": [
            {
                "kind": str(each.kind),
                "images": len(each.images),
                "complete": each.is_complete,
                "warnings": [str(warning) for warning in each.warnings],
            }
            for each in _display_sets(series)
        ],
    }


def _display_sets(series: Series) -> tuple[DisplaySet, ...]:
    sets, _facts = BuildDisplaySets(series.key, tuple(series.headers), {}, series.expected).run(Progress())
    return sets


def _series_lines(series: Series) -> Iterator[str]:
    number = "" if series.number is None else f"{series.number}"
    count = ngettext("{count} object", "{count} objects", len(series.headers)).format(count=len(series.headers))
    yield _line(2, (number, series.modality, series.description, count))
    for each in _display_sets(series):
        size = ngettext("{count} image", "{count} images", len(each.images)).format(count=len(each.images))
        yield _line(3, (str(each.kind), each.label, size))
        for warning in each.warnings:
            yield _line(4, ("!", str(warning)))


def _line(depth: int, facts: tuple[str, ...]) -> str:
    return "  " * depth + "  ".join(printable(fact) for fact in facts if fact)
