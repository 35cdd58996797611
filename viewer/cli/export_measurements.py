"""`negatoscope export-measurements STUDY|DIR`: what was measured on a study, as a report, states, a table."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import LibraryError, MediaError, UsageError, ViewerError, system_reason
from viewer.base.jobs import Progress
from viewer.base.paths import library_folder
from viewer.base.translation import _, ngettext
from viewer.media.safety import printable

if TYPE_CHECKING:
    from viewer.dicom.instance_header import InstanceHeader
    from viewer.measurement.annotation import Annotation

_LONGEST_UID = 64


@dataclass(frozen=True, slots=True)
class _Marked:
    """What was measured on a study.

    Attributes:
        headers: Its objects; none where only its journal is there.
    """

    study: str
    annotations: "tuple[Annotation, ...]"
    headers: "tuple[InstanceHeader, ...]" = ()


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    text = _("write what was measured on a study: as a DICOM report, presentation states, a table")
    parser = subparsers.add_parser(
        "export-measurements",
        prog="negatoscope export-measurements",
        usage="negatoscope export-measurements STUDY|DIR [--tid1500 OUT.dcm] [--gsps DIR] [--csv OUT.csv] [--aim XML]",
        help=text,
        description=text,
    )
    parser.add_argument(
        "study", metavar="STUDY|DIR", help=_("Study Instance UID in the library, or a folder of its files")
    )
    parser.add_argument("--tid1500", type=Path, metavar="OUT.dcm", help=_("a structured report (TID 1500)"))
    parser.add_argument("--gsps", type=Path, metavar="DIR", help=_("presentation states: one for each series or more"))
    parser.add_argument("--csv", type=Path, metavar="OUT.csv", help=_("a table with a row for each number"))
    parser.add_argument("--aim", type=Path, metavar="XML", help=_("an AIM 4 document"))
    parser.add_argument("--reader", default="", metavar="NAME", help=_("who reports, as Family^Given"))


def run(arguments: argparse.Namespace) -> int:
    """Write what was asked for.

    Raises:
        UsageError: If nothing is asked for.
        ViewerError: If nothing was measured, or it cannot be written.
    """
    wanted = (arguments.tid1500, arguments.gsps, arguments.csv, arguments.aim)
    if all(each is None for each in wanted):
        raise UsageError(_("Say what is to be written: --tid1500, --gsps, --csv or --aim"))
    marked = _marked(arguments)
    if not marked:
        raise MediaError(_("Nothing was measured there"), subject=str(arguments.study))
    if arguments.csv is not None:
        from viewer.measurement.report_groups_table import csv_text

        annotations = [annotation for each in marked for annotation in each.annotations]
        _write(arguments.csv, csv_text(annotations).encode())
    if arguments.tid1500 is not None or arguments.aim is not None:
        _write_documents(_only(marked, arguments), arguments)
    if arguments.gsps is not None:
        _write_states(marked, arguments)
    return 0


def _marked(arguments: argparse.Namespace) -> list[_Marked]:
    """Return the studies of a place, or the one of a UID, with what was measured on them."""
    from viewer.workspace.reporting.kept_measurements import journal_folders, kept_marks

    library = library_folder(arguments.library)
    folders = journal_folders(library, arguments.folder)
    place = Path(arguments.study)
    if place.exists():
        headers = _headers_in(place)
        by_study: dict[str, list[InstanceHeader]] = {}
        for header in headers:
            by_study.setdefault(header.study_instance_uid or header.series_instance_uid, []).append(header)
        found = [_Marked(uid, kept_marks(uid, folders), tuple(held)) for uid, held in by_study.items()]
    elif _is_uid(arguments.study):
        annotations = kept_marks(arguments.study, folders)
        found = [_Marked(arguments.study, annotations, _headers_of(arguments.study, library) if annotations else ())]
    else:
        raise MediaError(_("There is no such folder, and it is no Study Instance UID"), subject=str(arguments.study))
    return [each for each in found if each.annotations]


def _headers_in(place: Path) -> "list[InstanceHeader]":
    from viewer.cli.scan import ask_password
    from viewer.media.disc_contents import open_places

    # Without helpers: each is started in a quarter of a second.
    with closing(open_places((place,), Progress(), ask=ask_password, processes=0)) as batches:
        return [header for batch in batches for header in batch.headers]


def _headers_of(study: str, folder: Path) -> "tuple[InstanceHeader, ...]":
    """Return the objects that the library has of a study; none where there is no library."""
    from viewer.base.byte_source import FileBytes
    from viewer.dicom.header_scan import scan_header
    from viewer.library.database import DATABASE_NAME
    from viewer.library.library import Library

    if not (folder / DATABASE_NAME).is_file():
        return ()
    with Library(folder) as library:
        paths = [library.store.path_of(row.kept) for row in library.catalogue.instances_of_study(study)]
    found = []
    for path in paths:
        try:
            found.append(scan_header(FileBytes(path)))
        except ViewerError as error:
            _warn(error.one_line())
    return tuple(found)


def _only(marked: Sequence[_Marked], arguments: argparse.Namespace) -> _Marked:
    if len(marked) > 1:
        uids = ", ".join(each.study for each in marked)
        raise UsageError(_("A report holds one study; name one: {0}").format(uids))
    if not marked[0].headers:
        raise _no_images(arguments)
    return marked[0]


def _no_images(arguments: argparse.Namespace) -> LibraryError:
    return LibraryError(
        _("The images of the study are not there"), subject=arguments.study, advice=_("Name the folder of its files")
    )


def _write_documents(marked: _Marked, arguments: argparse.Namespace) -> None:
    import io

    from viewer.dicom.derived_instance import write_object
    from viewer.workspace.reporting.measurement_saving import MakeMeasurementReport, ReportWording

    make = MakeMeasurementReport(marked.annotations, marked.headers, ReportWording(_reader(marked, arguments.reader)))
    if arguments.tid1500 is not None:
        stream = io.BytesIO()
        write_object(make.data_set(Progress()), stream)
        _write(arguments.tid1500, stream.getvalue())
    if arguments.aim is not None:
        _write(arguments.aim, make.aim(Progress()))
    _tell_left_out(len(make.left_out))


def _write_states(marked: Sequence[_Marked], arguments: argparse.Namespace) -> None:
    from viewer.workspace.presenting.state_writing import StateWording
    from viewer.workspace.presenting.state_writing_job import write_states_of_annotations

    folder: Path = arguments.gsps
    annotations = [annotation for each in marked for annotation in each.annotations]
    headers = [header for each in marked for header in each.headers]
    if not headers:
        raise _no_images(arguments)
    makers = {_reader(each, arguments.reader) for each in marked}
    wording = StateWording("MEASUREMENTS", "Measurements", makers.pop() if len(makers) == 1 else "")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = write_states_of_annotations(annotations, headers, folder, wording)
    except OSError as error:
        raise MediaError(_("It could not be saved: {0}").format(system_reason(error)), subject=str(folder)) from error
    if not written.paths:
        raise MediaError(
            _("None of the marks lies on an image that a presentation state can show"), subject=str(folder)
        )
    if written.left_out:
        count = len(written.left_out)
        _warn(
            ngettext(
                "{0} mark was left out: no presentation state can show it",
                "{0} marks were left out: no presentation state can show them",
                count,
            ).format(count)
        )
    for note in written.notes:
        _warn(note)


def _reader(marked: _Marked, given: str) -> str:
    """Return who reports: who was named, else the one who made all marks."""
    makers = {each.provenance.created_by for each in marked.annotations}
    return given or (makers.pop() if len(makers) == 1 else "")


def _tell_left_out(count: int) -> None:
    if count:
        _warn(
            ngettext(
                "{0} mark was left out: its image is not there",
                "{0} marks were left out: their images are not there",
                count,
            ).format(count)
        )


def _warn(text: str) -> None:
    print(f"negatoscope: {printable(text)}", file=sys.stderr)


def _write(path: Path, data: bytes) -> None:
    from viewer.base.whole_output import whole_file

    try:
        with whole_file(path, is_replacing=True) as stream:
            stream.write(data)
    except OSError as error:
        raise MediaError(_("It could not be saved: {0}").format(system_reason(error)), subject=str(path)) from error


def _is_uid(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_UID and all(part.isdecimal() for part in text.split("."))
