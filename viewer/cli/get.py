"""`negatoscope get NAME --study UID [--out DIR]`: fetch a study from an archive into the library, or into a folder."""

import argparse
from pathlib import Path

from viewer.base.paths import library_folder
from viewer.base.translation import _
from viewer.cli.own_receiver import receiver_of
from viewer.cli.retrieving import access_of, add_wanted, request_of, retrieved, say


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    text = _("fetch a study, a series or images from an archive; what is here already is left out")
    parser = subparsers.add_parser("get", prog="negatoscope get", help=text, description=text)
    add_wanted(parser)
    parser.add_argument("--out", type=Path, default=None, metavar="DIR", help=_("into this folder, not the library"))
    parser.add_argument(
        "--method",
        choices=("auto", "get", "move", "web"),
        default="auto",
        help=_("how: over DICOMweb, by C-GET, by C-MOVE to our receiver; auto tries what the archive offers"),
    )


def run(arguments: argparse.Namespace) -> int:
    """Fetch, and print what came of it.

    Raises:
        ViewerError: If not everything is here in the end, with what is missing.
    """
    from viewer.archives.archive_key import archive_key
    from viewer.archives.retrieval_place import OpenedPlace
    from viewer.network.peers import RetrieveMethod

    access, settings = access_of(arguments), receiver_of(arguments)
    if arguments.out is not None:
        opened = OpenedPlace.in_folder(arguments.out)
    else:
        opened = OpenedPlace.in_library(library_folder(arguments.library), settings, archive=archive_key(access.peer))
    with opened:
        method = RetrieveMethod(arguments.method)
        report = retrieved(access, request_of(arguments), opened.place, settings, method)
    return say(report, access, arguments.study, is_json=arguments.json)
