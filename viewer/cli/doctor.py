"""`negatoscope doctor NAME`: an archive is examined step by step; each step with plain words and the fix."""

import argparse
from typing import TYPE_CHECKING

from viewer.base.errors import NetworkError, SettingsError
from viewer.base.translation import _
from viewer.cli.echo import add_name
from viewer.cli.output import padded, write_json, write_lines
from viewer.cli.own_receiver import add_own_receiver, receiver_of

if TYPE_CHECKING:
    from viewer.archives.doctor import Diagnosis, Step

_TITLE_CELLS, _STATE_CELLS = 26, 8


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    text = _("examine the way to an archive step by step, and say what to do where it fails")
    parser = subparsers.add_parser("doctor", prog="negatoscope doctor", help=text, description=text)
    add_name(parser)
    add_own_receiver(parser)
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def run(arguments: argparse.Namespace) -> int:
    """Examine it; return 1 if a step failed.

    Raises:
        NetworkError: If there is no such archive.
    """
    from viewer.archives.peer_list import PeerList, peer_of

    peer_of(arguments.name, PeerList(arguments.folder).peers())  # who is not there is no patient
    diagnosis = _diagnosis(arguments)
    if arguments.json:
        write_json(diagnosis.as_json())
    return 0 if diagnosis.is_ok else 1


def _diagnosis(arguments: argparse.Namespace) -> "Diagnosis":
    from viewer.archives.access import access_for
    from viewer.archives.doctor import examine, not_opened, unheard

    tell = unheard if arguments.json else _Lines().tell
    own = receiver_of(arguments)
    try:
        access = access_for(arguments.name, arguments.folder, calling_title=arguments.calling)
    except (NetworkError, SettingsError) as error:
        diagnosis = not_opened(arguments.name, error)
        for step in diagnosis.steps:
            tell(step)
        return diagnosis
    return examine(access, own, tell)


class _Lines:
    """Prints each step as it ends: some take a while. Steps that are skipped for the same reason make one line."""

    def __init__(self) -> None:
        self._skipped = ""

    def tell(self, step: "Step") -> None:
        """Print a step."""
        from viewer.archives.doctor import STEP_TITLES, StepState
        from viewer.media.safety import printable

        is_skipped = step.state is StepState.SKIPPED
        if is_skipped and step.words == self._skipped:
            return
        self._skipped = step.words if is_skipped else ""
        states = {
            StepState.OK: _("good"),
            StepState.WARNING: _("note"),
            StepState.FAILED: _("fails"),
            StepState.SKIPPED: _("skipped"),
        }
        head = f"{padded(states[step.state], _STATE_CELLS)}  {padded(_(STEP_TITLES[step.name]), _TITLE_CELLS)}"
        lines = [f"{head}  {step.words}"]
        if step.fix:
            lines.append(f"{' ' * (_STATE_CELLS + _TITLE_CELLS + 4)}→ {step.fix}")
        write_lines(map(printable, lines))
