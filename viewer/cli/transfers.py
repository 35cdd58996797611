"""`negatoscope transfers`: what is to be fetched and sent, and what became of it; `work` is what the window runs."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import LibraryError, UsageError
from viewer.base.paths import library_folder
from viewer.base.translation import _
from viewer.cli.output import padded, write_json, write_lines

if TYPE_CHECKING:
    from types import FrameType

    from viewer.archives.transfer_book import TransferBook
    from viewer.archives.transfer_values import TransferStatus

_PATIENCE_S = 7 * 24 * 3600.0
_WISHES = ("pause", "resume", "cancel", "retry", "forget")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    text = _("list what is being fetched from archives and sent to them; pause it, or go on with it")
    parser = subparsers.add_parser("transfers", prog="negatoscope transfers", help=text, description=text)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help=_("list the transfers"))
    listing.add_argument("--json", action="store_true", help=_("print JSON"))
    helps = {
        "pause": _("stop transfers until they are resumed"),
        "resume": _("go on with transfers; here, when no window does"),
        "cancel": _("stop transfers for good; what came stays"),
        "retry": _("the same as resume, for those that failed or are not complete"),
        "forget": _("take transfers that have ended from the list"),
    }
    for name in _WISHES:
        action = actions.add_parser(name, help=helps[name])
        action.add_argument("keys", nargs="+", type=int, metavar="KEY", help=_("number of a transfer"))
    actions.add_parser("work")


def run(arguments: argparse.Namespace) -> int:
    """Do it; return the exit code.

    Raises:
        UsageError: If there is no such transfer.
        LibraryError: If the library cannot be opened.
    """
    folder = library_folder(arguments.library)
    if arguments.action == "work":
        return _work(folder, arguments.folder)
    if arguments.library is not None and not folder.is_dir():
        raise LibraryError(_("There is no library here"), subject=str(folder))
    from viewer.archives.transfer_book import TransferBook
    from viewer.archives.transfer_worker import is_working
    from viewer.library.library import Library

    with Library(folder) as library:
        book = TransferBook(library.database)
        if arguments.action == "list":
            return _list(book.all_of(), is_json=arguments.json)
        missing = set(arguments.keys) - {status.key for status in book.all_of(arguments.keys)}
        if missing:
            raise UsageError(_("There is no transfer {0}").format(", ".join(map(str, sorted(missing)))))
        if arguments.action not in {"resume", "retry"} or is_working(folder):
            _ACTS[arguments.action](book, arguments.keys)
            return 0
    return _work_on(folder, arguments.folder, arguments.keys)


def _list(statuses: "Sequence[TransferStatus]", *, is_json: bool) -> int:
    if is_json:
        write_json([status.as_json() for status in statuses])
    else:
        write_lines(_lines(statuses))
    return 0


def _lines(statuses: "Sequence[TransferStatus]") -> Iterator[str]:
    from viewer.media.safety import printable

    for status in statuses:
        request = status.request
        counted = f"{status.done}/{status.expected}" if status.expected else str(status.done)
        what = request.series_instance_uid or request.study_instance_uid or "\N{HORIZONTAL ELLIPSIS}"
        cells = (f"{status.key:6}", padded(_(status.state.words), 14), f"{request.kind.value:8}", f"{counted:>12}")
        yield printable(
            f"{' '.join(cells)}  {request.archive}  {what}  {_(status.reason) if status.reason else ''}"
        ).rstrip()


def _pause(book: "TransferBook", keys: Sequence[int]) -> None:
    from viewer.archives.transfer_values import TransferState

    book.wish([status.key for status in book.all_of(keys) if not status.state.has_ended], TransferState.PAUSED)


def _cancel(book: "TransferBook", keys: Sequence[int]) -> None:
    from viewer.archives.transfer_values import TransferState

    book.wish([status.key for status in book.all_of(keys) if not status.state.has_ended], TransferState.CANCELLED)


def _resume(book: "TransferBook", keys: Sequence[int]) -> None:
    from viewer.archives.transfer_values import TransferState

    resting = {TransferState.PAUSED, TransferState.RETRYING}
    statuses = book.all_of(keys)
    book.wish([each.key for each in statuses if each.state in resting or each.state.has_ended], TransferState.QUEUED)


def _forget(book: "TransferBook", keys: Sequence[int]) -> None:
    from viewer.archives.transfer_values import TransferState

    resting = [each.key for each in book.all_of(keys) if each.state.has_ended or each.state is TransferState.PAUSED]
    book.forget(resting)
    if left := sorted(set(keys) - set(resting)):
        raise UsageError(_("Cancel or pause {0} first").format(", ".join(map(str, left))))


_ACTS: "Mapping[str, Callable[[TransferBook, Sequence[int]], None]]" = {
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
    "retry": _resume,
    "forget": _forget,
}


def _work(library: Path, config: Path) -> int:
    from viewer.archives.transfer_worker import Lines, TransferWorker

    _end_on_term()
    with Lines(sys.stdout.buffer) as lines:
        TransferWorker(library, config, lines.tell).work(iter(sys.stdin.buffer.readline, b""))
    return 0


def _work_on(library: Path, config: Path, keys: Sequence[int]) -> int:
    """Do it here: nobody else does."""
    from viewer.archives.access import ask_on_terminal
    from viewer.archives.secrets import Secrets
    from viewer.archives.transfer_values import TransferState
    from viewer.archives.transfer_worker import TransferWorker

    def tell(message: Mapping[str, object]) -> None:
        if message.get("event") == "log":
            print(message["text"], file=sys.stderr)

    _end_on_term()
    is_done = True
    for key in keys:
        worker = TransferWorker(library, config, tell)
        worker.secrets = Secrets(ask_on_terminal)
        status = worker.work_on(key, _PATIENCE_S)
        is_done = is_done and status is not None and status.state is TransferState.DONE
        if status is not None:
            write_lines(_lines([status]))
    return 0 if is_done else 1


def _end_on_term() -> None:
    """Asked to end, it ends as at Ctrl+C: behind the instances that are on their way."""

    def end(_number: int, _frame: "FrameType | None") -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
