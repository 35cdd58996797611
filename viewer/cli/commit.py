"""`negatoscope commit NAME STUDY_UID`: an archive is asked to promise that it keeps a study (storage commitment)."""

import argparse
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from viewer.base.jobs import Progress
from viewer.base.paths import library_folder
from viewer.base.translation import _
from viewer.cli.echo import add_name
from viewer.cli.output import write_json, write_lines
from viewer.cli.own_receiver import add_own_receiver, receiver_of

if TYPE_CHECKING:
    from viewer.archives.commitment import CommitmentState

_WAIT_S = 30.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    text = _("ask an archive to promise that it keeps a study of the library")
    parser = subparsers.add_parser("commit", prog="negatoscope commit", help=text, description=text)
    add_name(parser)
    parser.add_argument("study", metavar="STUDY_UID")
    parser.add_argument(
        "--wait", type=_seconds, default=_WAIT_S, metavar="SECONDS", help=_("for its answer (default: 30)")
    )
    add_own_receiver(parser)
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def run(arguments: argparse.Namespace) -> int:
    """Ask, wait, and print what was promised; 1 unless all was.

    Raises:
        ViewerError: If there is no such study, or the archive does not take the request.
    """
    from viewer.archives.access import access_for
    from viewer.archives.commitment import COMMITTED, commit_study
    from viewer.library.library import Library

    calling = arguments.calling or arguments.aet or ""  # who asks is whom it answers
    access = access_for(arguments.name, arguments.folder, calling_title=calling)
    settings = receiver_of(arguments)
    with Library(library_folder(arguments.library)) as library:
        state = commit_study(library, access, arguments.study, settings, Progress(), wait_s=arguments.wait)
    if arguments.json:
        write_json(_as_json(state))
    else:
        write_lines(_lines(state))
    return 0 if state.state == COMMITTED else 1


def _as_json(state: "CommitmentState") -> dict[str, Any]:
    return {
        "study_instance_uid": state.study_instance_uid,
        "transaction_uid": state.transaction_uids[0],
        "transaction_uids": state.transaction_uids,
        "state": state.state,
        "committed": state.committed,
        "failed": [{"sop_instance_uid": uid, "reason": reason} for uid, reason in state.failed],
        "doubts": [{"sop_instance_uid": uid, "reason": reason} for uid, reason in state.doubts],
        "safe_to_delete": state.is_safe_to_delete,
    }


def _lines(state: "CommitmentState") -> Iterator[str]:
    for uid, reason in (*state.failed, *state.doubts):
        yield f"{uid}: {reason}"
    if state.state == "waiting":
        yield _("The archive has taken the request and has not answered yet: a receiver that runs takes its answer")
        if state.problem:
            yield _("No answer could be taken here: {0}").format(state.problem)
    else:
        yield _("{committed} promised, {failed} not").format(committed=len(state.committed), failed=len(state.failed))
    yield _("Safe to delete here: yes") if state.is_safe_to_delete else _("Safe to delete here: no")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not (math.isfinite(seconds) and seconds >= 0):
        raise argparse.ArgumentTypeError(_("'{0}' is no number of seconds").format(text))
    return seconds
