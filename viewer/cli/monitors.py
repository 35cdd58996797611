"""`negatoscope monitors`: the monitors that something is kept of, their state, and their quality report."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.base.errors import DisplayError, UsageError
from viewer.base.translation import _
from viewer.cli.given_paths import check_file
from viewer.cli.output import write_lines
from viewer.media.safety import printable

if TYPE_CHECKING:
    from viewer.cli.main import ReportRequest
    from viewer.display.monitor_record import MonitorRecord
    from viewer.display.monitor_store import MonitorStore


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments."""
    parser = subparsers.add_parser("monitors", help=_("list the monitors that something is kept of, and their tests"))
    parser.add_argument("key", nargs="?", default="", metavar="KEY", help=_("one of them, by the start of its key"))
    parser.add_argument("--json", action="store_true", help=_("print JSON"))
    parser.add_argument("--use", type=Path, default=None, metavar="FILE.json", help=_("put a calibration into force"))
    parser.add_argument("--export", type=Path, default=None, metavar="OUT.json", help=_("write its calibration"))
    parser.add_argument("--dicom", type=Path, default=None, metavar="OUT.dcm", help=_("write its Display System"))
    parser.add_argument("--report", type=Path, default=None, metavar="OUT.pdf", help=_("write its quality report"))


def run(arguments: argparse.Namespace) -> "int | ReportRequest":
    """List, keep and write; return the exit code, or the report that is still to be written.

    Raises:
        UsageError: If the arguments do not fit each other.
        ViewerError: If there is no such monitor, or a file cannot be read or written.
    """
    from viewer.display.monitor_store import MonitorStore

    store = MonitorStore(arguments.folder)
    records = _chosen(store, arguments.key)
    places = (arguments.use, arguments.export, arguments.dicom, arguments.report)
    writes = any(path is not None for path in places)
    today = datetime.now(UTC).astimezone().date()
    request = None
    if writes:
        request = _write(store, _only(records, arguments.key), arguments, today)
        records = _chosen(store, arguments.key)
    if arguments.json:
        write_lines([json.dumps([_as_json(each, today) for each in records], ensure_ascii=False, indent=1)])
    elif not writes:
        lines = [line for each in records for line in _as_lines(each, today)]
        write_lines(lines or [_("Nothing is kept of any monitor")])
    for problem in store.problems:  # after what could be read
        print(f"negatoscope: {printable(problem.one_line())}", file=sys.stderr)
    if request is not None:
        return request
    return 1 if store.problems and not writes else 0


def _chosen(store: "MonitorStore", key: str) -> "list[MonitorRecord]":
    records = [each for each in store.all() if each.identity.key.startswith(key)]
    if key and not records:
        raise DisplayError(_("Nothing is kept of such a monitor"), subject=key)
    return records


def _only(records: "list[MonitorRecord]", key: str) -> "MonitorRecord":
    if len(records) == 1:
        return records[0]
    if not records:
        raise DisplayError(_("Nothing is kept of any monitor"), advice=_("Open the window on it once and calibrate it"))
    raise UsageError(_("Name one monitor: there are {count}").format(count=len(records)), subject=key)


def _write(
    store: "MonitorStore", record: "MonitorRecord", arguments: argparse.Namespace, today: date
) -> "ReportRequest | None":
    from viewer.cli.main import ReportRequest
    from viewer.display.calibration_draft import applied
    from viewer.display.calibration_file import read_calibration, write_calibration
    from viewer.display.display_system import write_display_system

    if arguments.use is not None:
        check_file(arguments.use)
        record = applied(record, read_calibration(arguments.use))
        store.keep(record)
    if arguments.export is not None:
        write_calibration(record.calibrated, arguments.export)
    if arguments.dicom is not None:
        write_display_system(record, arguments.dicom, today)
    return ReportRequest(record, arguments.report, today) if arguments.report is not None else None


def _as_json(record: "MonitorRecord", today: date) -> dict[str, Any]:
    from viewer.display.monitor_today import state_today

    identity, state = record.identity, state_today(record, today)
    return {
        "key": identity.key,
        "title": identity.title,
        "is_certain": identity.is_certain,
        "name": identity.name,
        "size_px": list(identity.size_px),
        "state": state.kind.value,
        "since": state.since.isoformat() if state.since is not None else None,
        "kappa": state.kappa,
        "due_on": state.due_on.isoformat() if state.due_on is not None else None,
        "pixel_pitch_mm": list(record.pixel_pitch_mm) if record.pixel_pitch_mm is not None else None,
        "tests": [
            {"test": each.test, "done_on": each.done_on.isoformat(), "passes": each.passes} for each in record.tests
        ],
    }


def _as_lines(record: "MonitorRecord", today: date) -> Iterator[str]:
    from viewer.display.monitor_today import state_today
    from viewer.display.state_texts import sentence

    yield f"{record.identity.key}  {printable(record.identity.title)}"
    yield f"    {sentence(state_today(record, today))}"
