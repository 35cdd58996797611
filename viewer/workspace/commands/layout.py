"""Commands that lay out viewports."""

from viewer.base.translation import N_
from viewer.workspace.commands.command import Command, always, has_images, has_window
from viewer.workspace.commands.file import in_window
from viewer.workspace.layout import MAXIMUM_SIDE
from viewer.workspace.workspace import Workspace

_KEYS = {(1, 1): "Alt+1", (1, 2): "Alt+2", (2, 1): "Alt+3", (2, 2): "Alt+4", (2, 3): "Alt+6", (3, 3): "Alt+9"}
_IN_MENU = frozenset({(1, 1), (1, 2), (2, 1), (1, 3), (2, 2), (2, 3), (3, 3), (4, 4), (5, 5)})
_SIDES = range(1, MAXIMUM_SIDE + 1)
_GRIDS = tuple((rows, columns) for rows in _SIDES for columns in _SIDES)


# Titles such as "Layout 2×3" are put together by the reader's language from these words.
LAYOUT_TITLE, TILE_TITLE = N_("Layout {0}×{1}"), N_("Tile {0}×{1}")


def _grid(rows: int, columns: int, *, is_tiled: bool) -> Command:
    keys = _KEYS.get((rows, columns))
    name = "tile" if is_tiled else "layout"

    def run(workspace: Workspace) -> None:
        workspace.set_layout(rows, columns, is_tiled=is_tiled)

    def is_on(workspace: Workspace) -> bool:
        layout = workspace.layout
        return (layout.rows, layout.columns, layout.is_tiled) == (rows, columns, is_tiled)

    return Command(
        id=f"{name}.{rows}x{columns}",
        title=TILE_TITLE if is_tiled else LAYOUT_TITLE,
        title_arguments=(str(rows), str(columns)),
        run=run,
        keys=(keys,) if keys and not is_tiled else (),
        menu=f"layout/{name}" if (rows, columns) in _IN_MENU else "",
        group=name,
        enabled=has_images if is_tiled else always,
        checked=is_on,
    )


COMMANDS = (
    Command(
        id="layout.choose",
        title=N_("Layout…"),
        run=in_window(lambda window: window.choose_layout()),
        keys=("L",),
        menu="layout",
        group="choose",
        enabled=has_window,
        icon="layout-grid",
        help=N_("Choose rows and columns of viewports, 1×1 to 5×5"),
        is_in_toolbar=True,
    ),
    Command(
        id="layout.choose_tiling",
        title=N_("Tile the series…"),
        run=in_window(lambda window: window.choose_tiling()),
        keys=("Shift+L",),
        menu="layout",
        group="choose",
        enabled=lambda workspace: has_window(workspace) and has_images(workspace),
        icon="grid-3x3",
        help=N_("Show successive images of the active series side by side"),
    ),
    Command(
        id="viewport.maximize",
        title=N_("Maximise the viewport"),
        run=lambda workspace: workspace.toggle_maximized(),
        keys=("X",),
        menu="layout",
        group="maximize",
        checked=lambda workspace: workspace.layout.maximized is not None,
        icon="expand",
        help=N_("Let the active viewport fill the area, and back; a double click does it too"),
    ),
    Command(
        id="viewport.clear",
        title=N_("Empty the viewport"),
        run=lambda workspace: workspace.clear(workspace.active),
        keys=("Del",),
        menu="layout",
        group="maximize",
        enabled=lambda workspace: not workspace.viewport(workspace.active).is_empty,
    ),
    *(_grid(rows, columns, is_tiled=False) for rows, columns in _GRIDS),
    *(_grid(rows, columns, is_tiled=True) for rows, columns in _GRIDS if (rows, columns) != (1, 1)),
)
