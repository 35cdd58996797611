"""`negatoscope gsdf`: the Grayscale Standard Display Function and its inverse (PS3.14 7)."""

import argparse
import json

from viewer.base.errors import UsageError
from viewer.base.translation import _
from viewer.cli.output import write_lines


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments."""
    parser = subparsers.add_parser("gsdf", help=_("print the Grayscale Standard Display Function or its inverse"))
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--luminance", type=float, nargs="+", metavar="L", help=_("in cd/m², from 0.05 to 4000"))
    given.add_argument("--jnd", type=float, nargs="+", metavar="J", help=_("JND indices, from 1 to 1023"))
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def run(arguments: argparse.Namespace) -> int:
    """Print both quantities, and return the exit code.

    Raises:
        UsageError: If a value is out of the function's domain.
    """
    import numpy as np

    from viewer.imaging.grayscale_display_function import (
        JND_MAX,
        JND_MIN,
        LUMINANCE_MAX,
        LUMINANCE_MIN,
        jnd_indices,
        luminance,
    )

    if arguments.jnd is not None:
        _check(arguments.jnd, JND_MIN, JND_MAX, _("JND index {value:g} is not from {least:g} to {most:g}"))
        jnds = arguments.jnd
        luminances = luminance(np.array(jnds)).tolist()
    else:
        words = _("Luminance {value:g} cd/m² is not from {least:g} to {most:g}")
        _check(arguments.luminance, LUMINANCE_MIN, LUMINANCE_MAX, words)
        luminances = arguments.luminance
        jnds = jnd_indices(np.array(luminances)).tolist()
    if arguments.json:
        write_lines([json.dumps({"luminance": luminances, "jnd": jnds})])
    else:
        rows = zip(jnds, luminances, strict=True)
        write_lines([f"{_('JND'):>12}  {_('cd/m²'):>12}", *(f"{jnd:12.4f}  {level:12.6g}" for jnd, level in rows)])
    return 0


def _check(values: list[float], least: float, most: float, words: str) -> None:
    for value in values:
        if not least <= value <= most:
            raise UsageError(words.format(value=value, least=least, most=most))
