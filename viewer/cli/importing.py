"""`negatoscope import PATH… [--in-place] [--json]`: take files, folders, discs and archives into the library."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.base.jobs import Progress
from viewer.base.paths import library_folder
from viewer.base.translation import _
from viewer.cli.given_paths import check_places
from viewer.cli.output import write_lines
from viewer.cli.scan import ask_password
from viewer.media.safety import printable

if TYPE_CHECKING:
    from viewer.workspace.importing import ImportSummary


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    parser = subparsers.add_parser(
        "import", prog="negatoscope import", help=_("take files, folders, discs and archives into the library")
    )
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help=_("file, folder, DICOMDIR, ZIP or disc image")
    )
    parser.add_argument(
        "--in-place", dest="is_in_place", action="store_true", help=_("index the files where they lie: copy nothing")
    )
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def run(arguments: argparse.Namespace) -> int:
    """Import and print what became of the files.

    Raises:
        ViewerError: If a path does not exist, or the library cannot take more.
    """
    check_places(arguments.paths)
    from viewer.library.library import Library
    from viewer.workspace.importing import ImportPlaces

    with Library(library_folder(arguments.library)) as library:
        job = ImportPlaces(tuple(arguments.paths), library, is_in_place=arguments.is_in_place, ask=ask_password)
        summary = job.run(Progress())
    if arguments.json:
        write_lines([json.dumps(_as_json(summary), ensure_ascii=False, indent=1)])
    else:
        write_lines(_as_lines(summary))
    return 0


def _as_json(summary: "ImportSummary") -> dict[str, Any]:
    return {
        "imported": summary.imported,
        "already": summary.already,
        "conflicts": summary.conflicts,
        "refused": [{"path": each.path, "error": each.error} for each in summary.refused],
    }


def _as_lines(summary: "ImportSummary") -> Iterator[str]:
    for each in summary.refused:
        if each.is_damage:
            yield printable(f"{each.path}: {each.error}")
    others = sum(not each.is_damage for each in summary.refused)
    yield _("{imported} imported, {already} already there, {conflicts} kept aside, {refused} refused").format(
        imported=summary.imported,
        already=summary.already,
        conflicts=summary.conflicts,
        refused=len(summary.refused) - others,
    )
    if others:
        yield _("{count} other files were left out").format(count=others)
    if summary.conflicts:
        yield _("Kept aside: the same UID was there with other contents (negatoscope library quarantine)")
