"""The one table of commands, in the order of menus, toolbar and palette."""

from viewer.base.translation import N_
from viewer.workspace.commands import (
    archive,
    cine,
    curve,
    display,
    exchange,
    file,
    fusion,
    help,  # noqa: A004 - a room, not the built-in
    layout,
    library,
    linking,
    navigate,
    panels,
    phases,
    reception,
    rendering,
    tools,
    view,
    volume,
    volume_saving,
    window_level,
)
from viewer.workspace.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    *file.COMMANDS,
    *library.COMMANDS,
    *archive.COMMANDS,
    *exchange.COMMANDS,
    *reception.COMMANDS,
    *layout.COMMANDS,
    *tools.COMMANDS,
    *view.COMMANDS,
    *window_level.COMMANDS,
    *volume.COMMANDS,
    *curve.COMMANDS,
    *phases.COMMANDS,
    *rendering.COMMANDS,
    *volume_saving.COMMANDS,
    *fusion.COMMANDS,
    *linking.COMMANDS,
    *navigate.COMMANDS,
    *cine.COMMANDS,
    *panels.COMMANDS,
    *display.COMMANDS,
    *help.COMMANDS,
)

BY_ID = {command.id: command for command in COMMANDS}

MENU_TITLES = {
    "file": N_("&File"),
    "library": N_("Li&brary"),
    "library/rating": N_("Rating"),
    "archive": N_("A&rchives"),
    "edit": N_("&Edit"),
    "view": N_("&View"),
    "layout": N_("&Layout"),
    "layout/layout": N_("Grid"),
    "layout/tile": N_("Tiles of the series"),
    "image": N_("&Image"),
    "image/window": N_("Window"),
    "image/interpolation": N_("Interpolation"),
    "tools": N_("&Tools"),
    "volume": N_("V&olume"),
    "link": N_("Lin&k"),
    "volume/projection": N_("Projection"),
    "volume/rendering": N_("Rendering"),
    "volume/move": N_("Move and turn"),
    "volume/curve": N_("Centre line"),
    "volume/phases": N_("Phases"),
    "volume/fusion": N_("Fusion"),
    "volume/suv": N_("PET values"),
    "go": N_("&Go"),
    "cine": N_("&Cine"),
    "display": N_("&Monitor"),
    "help": N_("&Help"),
}
"""Menu paths in the order the menus stand."""
