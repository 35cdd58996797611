"""`negatoscope send NAME PATH…`: files, or studies of the library, to an archive; what became of each instance."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.base.errors import LibraryError, MediaError, UsageError
from viewer.base.jobs import Progress
from viewer.base.paths import library_folder
from viewer.base.translation import _
from viewer.cli.echo import add_name
from viewer.cli.given_paths import check_places
from viewer.cli.output import write_json, write_lines
from viewer.media.safety import printable

if TYPE_CHECKING:
    from viewer.archives.dispatch import DispatchReport, InstanceResult
    from viewer.base.byte_source import ByteSource
    from viewer.dicom.instance_header import InstanceHeader
    from viewer.library.library import Library
    from viewer.network.ports import HeldInstance


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    text = _("send files, or studies of the library, to an archive")
    parser = subparsers.add_parser("send", prog="negatoscope send", help=text, description=text)
    add_name(parser)
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help=_("file, folder, DICOMDIR, ZIP or disc image")
    )
    parser.add_argument(
        "--study", action="append", default=[], metavar="UID", help=_("a study of the library; may be given again")
    )
    parser.add_argument("--again", action="store_true", help=_("also what the archive has taken before"))
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def run(arguments: argparse.Namespace) -> int:
    """Send, and print what became of each instance; 1 when one was not taken.

    Raises:
        ViewerError: If a path or study does not exist, nothing can be sent, or the archive cannot be called.
    """
    if not arguments.paths and not arguments.study:
        raise UsageError(_("Say what to send: a path, or a study of the library with --study"))
    check_places(arguments.paths)
    from viewer.archives.access import access_for
    from viewer.archives.dispatch import Dispatch, held_of_study
    from viewer.library.sent_instances import SentInstances

    access = access_for(arguments.name, arguments.folder, calling_title=arguments.calling)
    with ExitStack() as held:
        library = _library(arguments, held)
        found = _Found([], [])
        for uid in dict.fromkeys(arguments.study):
            found.sendable += [(str(one.path), one) for one in held_of_study(_needed(library), uid)]
        if arguments.paths:
            found.look_through(arguments.paths, held)
        if not found.sendable and not found.refused:
            raise MediaError(_("There are no DICOM objects there"), subject=str(arguments.paths[0]))
        memory = SentInstances(library.database) if library is not None else None
        job = Dispatch(access, [one for _path, one in found.sendable], memory=memory, is_again=arguments.again)
        report = job.run(Progress())
    rows = [_row(path, result) for (path, _one), result in zip(found.sendable, report.results, strict=True)]
    rows += [_refused(path, reason) for path, reason in found.refused]
    if arguments.json:
        write_json(rows)
    else:
        write_lines(_lines(rows, report))
    return 0 if all(row["sent"] for row in rows) else 1


def _library(arguments: argparse.Namespace, held: ExitStack) -> "Library | None":
    """Return the library, where there is one: it is what remembers what was sent."""
    from viewer.library.database import DATABASE_NAME

    folder = library_folder(arguments.library)
    if not (folder / DATABASE_NAME).is_file():
        return None
    from viewer.library.library import Library

    try:
        return held.enter_context(Library(folder))
    except LibraryError as error:
        if arguments.study:
            raise
        note = _("What is sent will not be remembered: {0}").format(error.one_line())
        print(f"negatoscope: {printable(note)}", file=sys.stderr)
        return None


def _needed(library: "Library | None") -> "Library":
    if library is None:
        raise LibraryError(_("There is no library yet"), advice=_("Give the paths of files, or --library"))
    return library


@dataclass(slots=True)
class _Found:
    """What places hold.

    Attributes:
        sendable: With the path as a person would name it.
        refused: What is DICOM and cannot be sent, and why.
    """

    sendable: "list[tuple[str, HeldInstance]]"
    refused: list[tuple[str, str]]

    def look_through(self, paths: Sequence[Path], held: ExitStack) -> None:
        from viewer.cli.scan import ask_password
        from viewer.media.disc_contents import open_places

        copies = _Copies(held)
        # Without helpers: each is started in a quarter of a second, and headers are read faster than they are sent.
        with closing(open_places(paths, Progress(), ask=ask_password, processes=0)) as batches:
            for batch in batches:
                for header in batch.headers:
                    self._take(header, copies)
                self.refused += [(each.path, each.error) for each in batch.problems if each.is_damage]

    def _take(self, header: "InstanceHeader", copies: "_Copies") -> None:
        from viewer.network.dimse_commands import is_uid
        from viewer.network.ports import HeldInstance

        name = header.source.name
        if not (is_uid(header.sop_class_uid) and is_uid(header.sop_instance_uid)):
            self.refused.append((name, _("It has no SOP Class UID or no SOP Instance UID")))
            return
        path = copies.path_of(header.source)
        one = HeldInstance(header.sop_class_uid, header.sop_instance_uid, header.transfer_syntax_uid, path)
        self.sendable.append((name, one))


class _Copies:
    """Copies of what lies inside archives and disc images, in a folder of our own that goes with the command."""

    def __init__(self, held: ExitStack) -> None:
        self._held = held
        self._folder: Path | None = None
        self._count = 0

    def path_of(self, source: "ByteSource") -> Path:
        from viewer.base.byte_source import FileBytes

        if isinstance(source, FileBytes):
            return source.path
        if self._folder is None:
            self._folder = Path(self._held.enter_context(tempfile.TemporaryDirectory(prefix="negatoscope-send-")))
        self._count += 1
        path = self._folder / f"{self._count}.dcm"
        with source.open() as stream, path.open("wb") as copy:
            while piece := stream.read(1 << 20):
                copy.write(piece)
        return path


def _row(path: str, result: "InstanceResult") -> dict[str, Any]:
    outcome = result.outcome
    row: dict[str, Any] = {
        "path": path,
        "sop_instance_uid": result.instance.sop_instance_uid,
        "sent": outcome.is_sent,
        "status": None if outcome.status is None else f"{outcome.status:04X}",
        "reason": outcome.reason,
    }
    if result.is_already:
        row["already"] = True
    if outcome.sent_as:
        row["transcoded_from"] = result.instance.transfer_syntax_uid
        row["transcoded_to"] = outcome.sent_as
    return row


def _refused(path: str, reason: str) -> dict[str, Any]:
    return {"path": path, "sop_instance_uid": "", "sent": False, "status": None, "reason": reason}


def _lines(rows: Sequence[dict[str, Any]], report: "DispatchReport") -> Iterator[str]:
    for row in rows:
        if not row["sent"]:
            yield printable(f"{row['path']}: {row['reason']}")
    failed = sum(not row["sent"] for row in rows)
    changed = sum("transcoded_from" in row for row in rows)
    warned = sum(row["sent"] and row["status"] not in {None, "0000"} for row in rows)
    yield _("{sent} sent, {already} were there, {failed} not sent").format(
        sent=report.sent, already=report.already, failed=failed
    )
    if changed:
        yield _("{count} in another transfer syntax, for it takes no other; no pixel was changed").format(count=changed)
    if warned:
        yield _("{count} were taken otherwise than they are: the archive changed something").format(count=warned)
