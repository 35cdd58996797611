"""`negatoscope move NAME --study UID [--to AET]`: have an archive send to our receiver, or to another station."""

import argparse
from typing import TYPE_CHECKING

from viewer.base.errors import NetworkError
from viewer.base.paths import library_folder
from viewer.base.translation import _
from viewer.cli.output import write_json, write_lines
from viewer.cli.own_receiver import receiver_of
from viewer.cli.retrieving import access_of, add_wanted, request_of, retrieved, say

if TYPE_CHECKING:
    from viewer.archives.access import Access
    from viewer.network.retrieve_operation import RetrieveEnd


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    text = _("have an archive send a study, a series or images here (C-MOVE), or to another station that it knows")
    parser = subparsers.add_parser("move", prog="negatoscope move", help=text, description=text)
    add_wanted(parser)
    parser.add_argument("--to", default=None, type=_title, metavar="AET", help=_("AE title of the other station"))


def run(arguments: argparse.Namespace) -> int:
    """Move, and print what came of it.

    Raises:
        ViewerError: If not everything was sent, or is here.
    """
    access, settings = access_of(arguments), receiver_of(arguments)
    if arguments.to and arguments.to != settings.ae_title:
        return _move_on(access, arguments)
    from viewer.archives.archive_key import archive_key
    from viewer.archives.retrieval_place import OpenedPlace
    from viewer.network.peers import RetrieveMethod

    folder, archive = library_folder(arguments.library), archive_key(access.peer)
    with OpenedPlace.in_library(folder, settings, archive=archive) as opened:
        report = retrieved(access, request_of(arguments), opened.place, settings, RetrieveMethod.MOVE)
    return say(report, access, arguments.study, is_json=arguments.json)


def _move_on(access: "Access", arguments: argparse.Namespace) -> int:
    from viewer.network.moving import move
    from viewer.network.retrieve_operation import DESTINATION_UNKNOWN, RetrieveRefusedError

    if access.dimse is None:
        raise NetworkError(_("It is called over DICOMweb alone, which sends nothing on"), subject=access.peer.name)
    moving = move(access.dimse, request_of(arguments), arguments.to)
    try:
        while True:
            next(moving)
    except StopIteration as stopped:
        end: RetrieveEnd | None = stopped.value
    except RetrieveRefusedError as error:
        if error.status == DESTINATION_UNKNOWN:
            error.advice = _("Have {0} entered there as a station").format(arguments.to)
        raise
    if end is None:
        raise NetworkError(_("It was ended"), subject=access.peer.name)
    return _say_sent(end, access, arguments)


def _say_sent(end: "RetrieveEnd", access: "Access", arguments: argparse.Namespace) -> int:
    counts = end.counts
    sent, failed = (counts.completed or 0) + (counts.warned or 0), counts.failed or 0
    total = sent + failed + (counts.remaining or 0)
    if arguments.json:
        write_json(
            {
                "source": access.peer.name,
                "destination": arguments.to,
                "study_instance_uid": arguments.study,
                "expected": total,
                "completed": counts.completed or 0,
                "warned": counts.warned or 0,
                "failed": failed,
                "failed_sop_instance_uids": [*end.failed],
                "status": f"{end.status:04X}",
            }
        )
    words = _("{0} of {1} images were sent to {2}").format(sent, total, arguments.to)
    if sent < total or not total or _is_partial(end):
        raise NetworkError(words if total else _("The archive has nothing of that"), subject=access.peer.name)
    if not arguments.json:
        write_lines([words])
    return 0


def _is_partial(end: "RetrieveEnd") -> bool:
    """Whether some were not sent though the counts do not say so: many archives leave some of them out."""
    from viewer.network.retrieve_operation import SOME_FAILED

    counts = end.counts
    is_unexplained = end.status == SOME_FAILED and counts.failed is None and not counts.warned
    return end.is_cancelled or bool(end.failed) or is_unexplained


def _title(text: str) -> str:
    from viewer.network.stations import checked_title

    try:
        return checked_title(text)
    except NetworkError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
