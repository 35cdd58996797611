"""`negatoscope commands`: every command of the window with its keys."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from viewer.base.settings import Settings
from viewer.base.translation import _
from viewer.cli.output import write_lines

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[Any]


def add_parser(subparsers: "Subparsers") -> None:
    """Add the sub-command to the command line."""
    parser = subparsers.add_parser("commands", help=_("list the window's commands and their keys"))
    parser.add_argument("--json", action="store_true", help=_("as JSON: a list of id, title and keys"))


def run(arguments: argparse.Namespace) -> int:
    """Print the table, with the keys in force, and return the exit code."""
    from viewer.workspace.commands.table import COMMANDS
    from viewer.workspace.keys import KeySettings, resolve

    keys = resolve(COMMANDS, Settings(arguments.folder).section("keys", KeySettings)).keys
    rows = [{"id": each.id, "title": each.text, "keys": list(keys[each.id])} for each in COMMANDS]
    if arguments.json:
        write_lines([json.dumps(rows, ensure_ascii=False, indent=1)])
    else:
        write_lines(f"{row['id']:32}  {', '.join(row['keys']):24}  {row['title']}" for row in rows)
    return 0
