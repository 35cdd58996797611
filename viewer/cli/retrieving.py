"""What `get` and `move` have in common: what is wanted, how far it is, and what came of it."""

import argparse
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from viewer.base.errors import NetworkError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.cli.echo import add_name
from viewer.cli.output import write_json, write_lines
from viewer.cli.own_receiver import add_own_receiver
from viewer.media.safety import printable
from viewer.reception.receiver_settings import ReceiverSettings

if TYPE_CHECKING:
    from viewer.archives.access import Access
    from viewer.archives.retrieval_place import RetrievalPlace
    from viewer.archives.retrieval_report import RetrievalReport
    from viewer.network.peers import RetrieveMethod
    from viewer.network.retrieving import RetrieveRequest


def add_wanted(parser: argparse.ArgumentParser) -> None:
    """Declare which archive, what is wanted of it, and how our receiver is reached where it has to send here."""
    add_name(parser)
    parser.add_argument("--study", required=True, type=_uid, metavar="UID", help=_("Study Instance UID"))
    parser.add_argument("--series", default=None, type=_uid, metavar="UID", help=_("Series Instance UID"))
    parser.add_argument(
        "--instance", action="append", default=[], type=_uid, metavar="UID", help=_("SOP Instance UID; repeatable")
    )
    add_own_receiver(parser)
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def request_of(arguments: argparse.Namespace) -> "RetrieveRequest":
    """Return what is wanted."""
    from viewer.network.retrieving import RetrieveRequest

    return RetrieveRequest(arguments.study, arguments.series or "", tuple(dict.fromkeys(arguments.instance)))


def access_of(arguments: argparse.Namespace) -> "Access":
    """Return how the archive is called.

    Raises:
        NetworkError: If there is none of that name.
    """
    from viewer.archives.access import access_for

    return access_for(arguments.name, arguments.folder, calling_title=arguments.calling)


def retrieved(
    access: "Access",
    request: "RetrieveRequest",
    place: "RetrievalPlace",
    settings: ReceiverSettings,
    method: "RetrieveMethod",
) -> "RetrievalReport":
    """Fetch, and show on a terminal how far it is.

    Raises:
        NetworkError: If there is no way to do it.
    """
    from viewer.archives.retrieval import Retrieval

    line = ProgressLine()
    retrieval = Retrieval(access, request, place, settings=settings, method=method, tell=line.tell)
    try:
        return retrieval.run(Progress())
    finally:
        line.end()


def say(report: "RetrievalReport", access: "Access", study: str, *, is_json: bool) -> int:
    """Print what came of it; return the exit code.

    Raises:
        NetworkError: If not everything is here.
    """
    if is_json:
        write_json({"source": access.peer.name, "study_instance_uid": study, **report.as_json()})
    if not report.is_whole:
        reason = report.reason or next(iter(report.failed.values()), "")
        raise NetworkError(report.text(), subject=access.peer.name, advice=reason)
    if not is_json:
        write_lines(_lines(report))
    return 0


def _lines(report: "RetrievalReport") -> list[str]:
    lines = [report.text()]
    if report.already:
        lines.append(_("{0} of them were here before").format(len(report.already)))
    if report.quarantined:
        lines.append(_("{0} of them are kept aside: other contents are here under their UIDs").format(
            len(report.quarantined)
        ))  # fmt: skip
    return lines


class ProgressLine:
    """How far it is, on standard error, and only where that is a terminal."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr is not None and sys.stderr.isatty()
        self._shown = ""

    def tell(self, event: Mapping[str, Any]) -> None:
        """Take an event of the retrieve."""
        if not self._is_shown:
            return
        if event["event"] == "counts":
            here, expected = event["here"], event["expected"]
            text = _("{0} of {1} images").format(here, expected) if expected else _("{0} images").format(here)
            self._show(text)
        elif event["event"] == "noted":
            self.end()
            print(printable(str(event["text"])), file=sys.stderr)

    def end(self) -> None:
        """Leave the line."""
        if self._shown:
            print(file=sys.stderr)
            self._shown = ""

    def _show(self, text: str) -> None:
        if text != self._shown:
            print("\r" + text.ljust(len(self._shown)), end="", file=sys.stderr, flush=True)
            self._shown = text


def _uid(text: str) -> str:
    from viewer.network.dimse_commands import is_uid

    if not is_uid(text.strip()):
        raise argparse.ArgumentTypeError(_("'{0}' is no UID").format(printable(text)))
    return text.strip()
