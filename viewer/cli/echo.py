"""`negatoscope echo NAME`: whether an archive is there."""

import argparse
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.cli.output import write_json, write_lines

if TYPE_CHECKING:
    from viewer.archives.access import Access

_A_MILLISECOND = 0.001


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    text = _("ask an archive whether it is there (C-ECHO, or a search of DICOMweb)")
    parser = subparsers.add_parser("echo", prog="negatoscope echo", help=text, description=text)
    add_name(parser)
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def add_name(parser: argparse.ArgumentParser) -> None:
    """Declare which archive, and as whom it is called."""
    parser.add_argument("name", metavar="NAME", help=_("of the list, or TITLE@host:port[+tls], or a DICOMweb URL"))
    parser.add_argument("--calling", default="", metavar="AET", help=_("our AE title, if not the one that is set"))


def run(arguments: argparse.Namespace) -> int:
    """Ask in every way that the archive is entered with.

    Raises:
        NetworkError: If it does not answer in one of them.
    """
    from viewer.archives.access import access_for

    access = access_for(arguments.name, arguments.folder, calling_title=arguments.calling)
    rows = _asked(access)
    if arguments.json:
        write_json({"name": access.peer.name, "ok": not any("error" in row for row in rows), "answers": rows})
    else:
        write_lines(_answers(row["to"], row["seconds"]) for row in rows if "error" not in row)
    failed = next((row for row in rows if "error" in row), None)
    if failed is not None:
        raise NetworkError(failed["error"], subject=failed["to"], advice=failed["fix"])
    return 0


def _answers(place: str, seconds: float) -> str:
    if seconds < _A_MILLISECOND:
        return _("{0} answers in under 1 ms").format(place)
    return _("{0} answers after {1} ms").format(place, f"{seconds * 1000:.0f}")


def _asked(access: "Access") -> list[dict[str, Any]]:
    from viewer.archives.web_echo import web_echo
    from viewer.network.echo import echo

    rows: list[dict[str, Any]] = []
    ways: list[tuple[str, str, Callable[[], float]]] = []
    if access.dimse is not None:
        ways.append(("DICOM", str(access.dimse.station), partial(echo, access.dimse)))
    if access.web is not None:
        ways.append(("DICOMweb", access.web.place.root, partial(web_echo, access.web)))
    for way, place, ask in ways:
        row: dict[str, Any] = {"way": way, "to": place}
        try:
            row["seconds"] = round(ask(), 4)
        except NetworkError as error:
            row |= {"error": str(error), "fix": error.advice}
        rows.append(row)
    return rows
