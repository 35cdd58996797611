"""Commands that put a tool under the left mouse button."""

from viewer.base.translation import N_
from viewer.workspace.commands.command import Command
from viewer.workspace.tools.tool import Tool


def _tool(tool: Tool, title: str, keys: tuple[str, ...], icon: str, help_text: str) -> Command:
    return Command(
        id=f"tool.{tool.value}",
        title=title,
        run=lambda workspace: workspace.set_tool(tool),
        keys=keys,
        menu="tools",
        group="tool",
        checked=lambda workspace: workspace.tool is tool,
        is_exclusive=True,
        icon=icon,
        help=help_text,
        is_in_toolbar=True,
    )


COMMANDS = (
    _tool(
        Tool.WINDOW_LEVEL,
        N_("Window/level"),
        ("W",),
        "contrast",
        N_("Drag sideways for width, up and down for level; the right edge of an image has a slider for both ends"),
    ),
    _tool(Tool.PAN, N_("Pan"), ("T",), "move", N_("Drag the image about")),
    _tool(Tool.ZOOM, N_("Zoom"), ("Z",), "zoom-in", N_("Drag up to magnify about the point where the drag began")),
    _tool(Tool.SCROLL, N_("Scroll"), ("S",), "layers", N_("Drag up and down through the images")),
    _tool(
        Tool.FAST_SCROLL,
        N_("Fast scroll"),
        ("Shift+S",),
        "fast-forward",
        N_("Drag up and down through the images, ten times as fast"),
    ),
    _tool(Tool.ROTATE, N_("Rotate"), ("R",), "rotate-3d", N_("Drag round the middle of the viewport")),
    _tool(
        Tool.PROBE,
        N_("Probe"),
        ("P",),
        "pipette",
        N_("Stored value, modality value and patient position under the pointer"),
    ),
    _tool(
        Tool.CURSOR_3D,
        N_("3D cursor"),
        ("Y",),
        "locate",
        N_("Press on a point: all viewports of the same patient space scroll to it and mark it"),
    ),
    _tool(Tool.MAGNIFIER, N_("Magnifier"), ("G",), "search", N_("A glass that follows the pointer")),
    _tool(
        Tool.WINDOW_REGION,
        N_("Window of a region"),
        ("Shift+W",),
        "square-dashed",
        N_("Draw a rectangle: the window is fitted to the values in it"),
    ),
)
