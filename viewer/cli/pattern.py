"""`negatoscope pattern`: a test picture for monitors as a PNG, or the list of them."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import viewer
from viewer.base.errors import DisplayError, MediaError, UsageError, system_reason
from viewer.base.translation import _
from viewer.cli.main import two_numbers
from viewer.cli.output import write_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viewer.display.patterns import Pattern

BITS = (8, 16)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments."""
    parser = subparsers.add_parser("pattern", help=_("write a test pattern for monitors as a PNG"))
    parser.add_argument("name", nargs="?", metavar="NAME", help=_("a name that --list gives, in capitals or not"))
    parser.add_argument("-o", "--output", type=Path, default=None, metavar="OUT.png")
    parser.add_argument("--size", type=two_numbers, default=None, metavar="WxH", help=_("of the picture in pixels"))
    parser.add_argument("--bits", type=int, choices=BITS, default=8, help=_("of a code value; 8 by default"))
    parser.add_argument("--list", action="store_true", help=_("list the names and what they are"))
    parser.add_argument("--json", action="store_true", help=_("with --list: as JSON"))


def run(arguments: argparse.Namespace) -> int:
    """Write or list, and return the exit code.

    Raises:
        UsageError: If there is no such pattern, or the arguments do not fit each other.
        DisplayError: If the pattern cannot be drawn in this size.
        MediaError: If the picture cannot be written.
    """
    from viewer.display.patterns import draw_pattern

    if arguments.list:
        return _list(arguments)
    pattern = _chosen(arguments)
    if pattern.name.casefold() != arguments.name.strip().replace(" ", "-").casefold():
        print(f"negatoscope: {arguments.name}: {pattern.name}", file=sys.stderr)  # a family's name stands for one of it
    _write(draw_pattern(pattern.name, arguments.size, arguments.bits), pattern, arguments.output)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from viewer.display.patterns import PATTERNS

    if arguments.name is not None or arguments.output is not None:
        raise UsageError(_("--list goes without a name and an output"))
    if arguments.json:
        rows = [{"name": each.name, "title": each.text, "purpose": each.purpose_text} for each in PATTERNS.values()]
        write_lines([json.dumps(rows, ensure_ascii=False, indent=1)])
    else:
        write_lines(f"{each.name:16}  {each.text}" for each in PATTERNS.values())
    return 0


def _chosen(arguments: argparse.Namespace) -> "Pattern":
    from viewer.display.patterns import find_pattern

    if arguments.json:
        raise UsageError(_("--json goes with --list"))
    if arguments.name is None:
        raise UsageError(_("Name a pattern, or ask for --list"))
    try:
        pattern = find_pattern(arguments.name)
    except DisplayError as error:
        raise UsageError(str(error), subject=error.subject, advice=error.advice) from error
    if arguments.output is None:
        raise UsageError(_("Say where to write it: -o OUT.png"))
    if arguments.output.suffix.lower() != ".png":
        raise UsageError(_("The output must end in .png"), subject=str(arguments.output))
    return pattern


def _write(pixels: "NDArray[Any]", pattern: "Pattern", output: Path) -> None:
    from PIL import Image, PngImagePlugin

    told = PngImagePlugin.PngInfo()
    told.add_text("Title", pattern.name)
    told.add_text("Description", pattern.purpose)
    told.add_text("Source", "Synthetic: drawn after the published description")
    told.add_text("Software", f"Negatoscope {viewer.__version__}")
    try:
        Image.fromarray(pixels).save(output, format="PNG", pnginfo=told)
    except OSError as error:
        raise MediaError(system_reason(error), subject=str(output), advice=_("Choose another place")) from error
