"""`negatoscope library …`: what the library holds, whether it is whole, and taking studies out of it."""

import argparse
import math
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import LibraryError, UsageError
from viewer.base.jobs import Progress
from viewer.base.paths import library_folder
from viewer.base.translation import _, ngettext
from viewer.cli import library_aside, library_texts
from viewer.cli.output import write_json, write_lines

if TYPE_CHECKING:
    from viewer.library.keeping import Touched
    from viewer.library.library import Library
    from viewer.library.study_row import StudyRow

_GIGABYTE = 10**9


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command and its own."""
    parser = subparsers.add_parser(
        "library", prog="negatoscope library", help=_("list, check, export and clear what the library holds")
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    studies = _action(actions, "studies", _("list the studies"))
    studies.add_argument("--search", default="", metavar="TEXT", help=_("words of names, IDs, dates, descriptions"))
    _action(actions, "verify", _("read every file again and compare it with what was kept"))
    _action(actions, "rebuild", _("make the index again from the kept files"))
    export = _action(actions, "export", _("write a study as a folder of files"))
    export.add_argument("study", metavar="STUDY_UID")
    export.add_argument("target", type=Path, metavar="DIR", help=_("a new or an empty folder"))
    for name, text in (
        ("delete", _("put a study into the trash")),
        ("restore", _("take a study out of the trash")),
    ):
        _action(actions, name, text).add_argument("study", metavar="STUDY_UID")
    trash = _action(actions, "trash", _("list what is in the trash"))
    trash.add_argument("--empty", dest="is_emptied", action="store_true", help=_("remove it for good"))
    trash.add_argument("--days", type=int, default=0, help=_("with --empty: only what was put there longer ago"))
    erase = _action(actions, "erase", _("remove everything of a patient for good"))
    erase.add_argument("patient_id", metavar="PATIENT_ID")
    _action(actions, "stats", _("tell how much the library holds"))
    library_aside.add_actions(lambda name, text: _action(actions, name, text))
    retention = _action(actions, "retention", _("tell which studies rules would put into the trash"))
    retention.add_argument("--days", type=int, default=None, help=_("studies that rested longer"))
    retention.add_argument("--gigabytes", type=_number, default=None, help=_("what the library may hold"))
    retention.add_argument("--also-unseen", action="store_true", help=_("also studies nobody has looked at"))
    retention.add_argument("--apply", dest="is_applied", action="store_true", help=_("do it"))


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; return the exit code.

    Raises:
        UsageError: If the arguments cannot be right.
        ViewerError: If it could not be done.
    """
    folder = library_folder(arguments.library)
    if arguments.library is not None and not folder.is_dir():  # a slip of the pen makes no new library
        raise LibraryError(_("There is no library here"), subject=str(folder))
    if arguments.action == "rebuild":
        return _rebuild(folder, arguments)
    from viewer.library.library import Library

    with closing(Library(folder)) as library:
        return _ACTIONS[arguments.action](library, arguments)


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text, description=text)
    parser.add_argument("--json", action="store_true", help=_("print JSON"))
    return parser


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(_("'{0}' is not a number").format(text))
    return value


def _studies(library: "Library", arguments: argparse.Namespace) -> int:
    from viewer.library.keeping import NO_LIMIT
    from viewer.library.search import Search

    rows = library.catalogue.studies(Search(arguments.search, limit=NO_LIMIT))
    return _list_studies(rows, arguments)


def _trash(library: "Library", arguments: argparse.Namespace) -> int:
    from viewer.library.keeping import empty_trash, every_study
    from viewer.library.retention import LONGEST_DAYS

    if arguments.days < 0:
        raise UsageError(_("A limit of what the library keeps is below zero"))
    if arguments.is_emptied:
        before = datetime.now(UTC) - timedelta(days=min(arguments.days, LONGEST_DAYS))
        return _tell_touched(empty_trash(library, before), arguments)
    return _list_studies(every_study(library, in_trash=True), arguments)


def _verify(library: "Library", arguments: argparse.Namespace) -> int:
    from viewer.library.integrity import verify

    library.database.check()
    report = verify(library.store, library.catalogue, Progress())
    if arguments.json:
        write_json(library_texts.report_as_json(library, report))
    else:
        write_lines(library_texts.report_as_lines(library, report))
    bad = len(report.missing) + len(report.altered)
    if bad:
        raise LibraryError(
            ngettext("{count} file is missing or altered", "{count} files are missing or altered", bad).format(
                count=bad
            ),
            subject=str(library.folder),
            advice=_("Import these files again from where they came"),
        )
    return 0


def _rebuild(folder: Path, arguments: argparse.Namespace) -> int:
    from viewer.library.integrity import rebuild
    from viewer.library.library import held_alone

    if not folder.is_dir():
        raise LibraryError(_("There is no library here"), subject=str(folder))
    with held_alone(folder):
        report = rebuild(folder, Progress())
    if arguments.json:
        write_json(asdict(report))
    else:
        write_lines(library_texts.rebuilt_as_lines(report))
    return 0


def _export(library: "Library", arguments: argparse.Namespace) -> int:
    from viewer.library.keeping import export_study

    paths = export_study(library, arguments.study, arguments.target, Progress())
    if arguments.json:
        write_json({"files": len(paths), "folder": str(arguments.target)})
    else:
        write_lines([ngettext("{count} file written", "{count} files written", len(paths)).format(count=len(paths))])
    return 0


def _delete(library: "Library", arguments: argparse.Namespace) -> int:
    from viewer.library.keeping import delete_study

    return _tell_touched(delete_study(library, arguments.study), arguments)


def _restore(library: "Library", arguments: argparse.Namespace) -> int:
    from viewer.library.keeping import restore_study

    return _tell_touched(restore_study(library, arguments.study), arguments)


def _erase(library: "Library", arguments: argparse.Namespace) -> int:
    from viewer.library.keeping import erase_patient

    return _tell_touched(erase_patient(library, arguments.patient_id), arguments)


def _stats(library: "Library", arguments: argparse.Namespace) -> int:
    from viewer.library.sweep import read_sweep_state, sweep_as_json

    stats = asdict(library.catalogue.stats())
    state = read_sweep_state(library.folder)
    if arguments.json:
        write_json({**stats, "integrity": sweep_as_json(state)})
    else:
        write_lines(f"{name.replace('_', ' ')}: {value}" for name, value in stats.items())
        write_lines(library_texts.sweep_as_lines(state))
    return 0


def _retention(library: "Library", arguments: argparse.Namespace) -> int:
    from viewer.library.keeping import carry_out, retention_plan
    from viewer.library.retention import RetentionRules

    days, gigabytes = arguments.days, arguments.gigabytes
    if days is None and gigabytes is None:
        raise UsageError(_("Give --days, --gigabytes or both"))
    if min(days or 0, gigabytes or 0) < 0:
        raise UsageError(_("A limit of what the library keeps is below zero"))
    most_bytes = None if gigabytes is None else round(gigabytes * _GIGABYTE)
    plan = retention_plan(library, RetentionRules(days, most_bytes, spares_undisplayed=not arguments.also_unseen))
    if arguments.is_applied:
        carry_out(library, plan)
    if arguments.json:
        write_json(library_texts.plan_as_json(plan, is_applied=arguments.is_applied))
    else:
        write_lines(library_texts.plan_as_lines(plan))
    return 0


_ACTIONS = {
    "studies": _studies,
    "verify": _verify,
    "export": _export,
    "delete": _delete,
    "restore": _restore,
    "trash": _trash,
    "erase": _erase,
    "stats": _stats,
    "retention": _retention,
    **library_aside.ACTIONS,
}


def _list_studies(rows: "list[StudyRow]", arguments: argparse.Namespace) -> int:
    if arguments.json:
        write_json({"studies": [library_texts.study_as_json(row) for row in rows]})
    else:
        write_lines(library_texts.study_as_line(row) for row in rows)
    return 0


def _tell_touched(touched: "Touched", arguments: argparse.Namespace) -> int:
    if arguments.json:
        write_json({"studies": list(touched.study_instance_uids), "instances": touched.instances})
        return 0
    studies = len(touched.study_instance_uids)
    write_lines([_("{studies} studies, {instances} instances").format(studies=studies, instances=touched.instances)])
    return 0
