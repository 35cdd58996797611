"""`negatoscope dump FILE`: every element of a file in words, nested as it is."""

import argparse
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from viewer.base.byte_source import FileBytes
from viewer.base.translation import _
from viewer.cli.given_paths import check_file
from viewer.cli.output import write_lines
from viewer.dicom.data_set_listing import ListedElement, list_data_set
from viewer.media.safety import printable

VALUE_WIDTH = 72


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    parser = subparsers.add_parser("dump", help=_("print the elements of a DICOM file"))
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--full", action="store_true", help=_("do not shorten values"))


def run(arguments: argparse.Namespace) -> int:
    """Print the elements of a file; what could not be read is said at the end.

    Raises:
        ViewerError: If there is no such file, or it cannot be read.
    """
    path: Path = arguments.file
    check_file(path)
    listing = list_data_set(FileBytes(path))
    problems = (f"# {printable(problem)}" for problem in listing.problems)
    write_lines(chain(lines_of(listing.elements, None if arguments.full else VALUE_WIDTH), problems))
    return 0


def lines_of(elements: Sequence[ListedElement], width: int | None, depth: int = 0) -> Iterator[str]:
    """Yield one line an element: tag, VR, length, name, value; items are indented below their sequence."""
    indent = "  " * depth
    for element in elements:
        length = "?" if element.length is None else str(element.length)
        tag = f"({element.tag >> 16:04X},{element.tag & 0xFFFF:04X})"
        name = f"{element.name} [{element.creator}]" if element.creator else element.name
        line = f"{indent}{tag} {element.vr:<2} {length:>6}  {printable(name)}"
        value = _shortened(printable(element.value), width)
        yield f"{line}: {value}" if value else line
        for number, item in enumerate(element.items, start=1):
            yield f"{indent}  " + _("Item {number}").format(number=number)
            yield from lines_of(item, width, depth + 2)


def _shortened(text: str, width: int | None) -> str:
    return text if width is None or len(text) <= width else f"{text[: width - 1]}…"
