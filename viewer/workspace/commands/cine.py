"""Commands that play images."""

from collections.abc import Callable
from dataclasses import replace

from viewer.base.translation import N_
from viewer.workspace.cine import MAXIMUM_RATE, MINIMUM_RATE, effective_rate
from viewer.workspace.commands.command import Command
from viewer.workspace.playing import played_at, timing_at
from viewer.workspace.viewport_state import CineState, ViewportState
from viewer.workspace.workspace import Workspace

SPEED_STEP = 1.25


def _can_play(workspace: Workspace) -> bool:
    return timing_at(workspace, workspace.active) is not None


def _is_playing(workspace: Workspace) -> bool:
    return workspace.viewport(workspace.active).cine.is_playing


def _with_cine(title: str, how: Callable[[Workspace, ViewportState], CineState]) -> Callable[[Workspace], None]:
    def run(workspace: Workspace) -> None:
        workspace.adjust(title, lambda state: replace(state, cine=how(workspace, state)))

    return run


def _faster(factor: float) -> Callable[[Workspace, ViewportState], CineState]:
    def how(workspace: Workspace, state: ViewportState) -> CineState:
        timing = timing_at(workspace, workspace.active)
        if timing is None:
            return state.cine
        rate = effective_rate(timing, state.cine) * factor
        return replace(state.cine, frames_per_second=min(max(rate, MINIMUM_RATE), MAXIMUM_RATE))

    return how


def _is_sweeping(workspace: Workspace) -> bool:
    timing = timing_at(workspace, workspace.active)
    own = workspace.viewport(workspace.active).cine.is_sweep
    return own if own is not None else timing is not None and timing.is_sweep


def _command(
    name: str, title: str, key: str, how: Callable[[Workspace, ViewportState], CineState], help_text: str = ""
) -> Command:
    return Command(
        id=f"cine.{name}",
        title=title,
        run=_with_cine(title, how),
        keys=(key,) if key else (),
        menu="cine",
        group="speed" if name in {"faster", "slower", "own_rate"} else "range",
        enabled=_can_play,
        help=help_text,
    )


COMMANDS = (
    Command(
        id="cine.play",
        title=N_("Play"),
        run=_with_cine(N_("Play"), lambda _workspace, state: replace(state.cine, is_playing=not state.cine.is_playing)),
        keys=("C", "Space"),
        menu="cine",
        group="play",
        enabled=_can_play,
        checked=_is_playing,
        icon="play",
        help=N_("Play the images at the rate their data ask for; says what rate is achieved"),
        is_in_toolbar=True,
    ),
    Command(
        id="cine.sweep",
        title=N_("Sweep"),
        run=_with_cine(N_("Sweep"), lambda workspace, state: replace(state.cine, is_sweep=not _is_sweeping(workspace))),
        keys=("Shift+Space",),
        menu="cine",
        group="play",
        enabled=_can_play,
        checked=_is_sweeping,
        help=N_("Play forth and back instead of round and round"),
    ),
    _command("faster", N_("Faster"), "+", _faster(SPEED_STEP)),
    _command("slower", N_("Slower"), "-", _faster(1 / SPEED_STEP)),
    _command(
        "own_rate",
        N_("Rate of the data"),
        "",
        lambda _workspace, state: replace(state.cine, frames_per_second=None),
        N_("Back to the rate the data ask for"),
    ),
    _command(
        "range_start",
        N_("Range starts here"),
        "Ctrl+[",
        lambda workspace, state: replace(state.cine, first=played_at(workspace, workspace.active)[0]),
        N_("Play from this image on"),
    ),
    _command(
        "range_end",
        N_("Range ends here"),
        "Ctrl+]",
        lambda workspace, state: replace(state.cine, last=played_at(workspace, workspace.active)[0]),
        N_("Play up to this image"),
    ),
    _command("range_all", N_("Whole range"), "", lambda _workspace, state: replace(state.cine, first=None, last=None)),
)
