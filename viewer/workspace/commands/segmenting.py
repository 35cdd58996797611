"""Commands for segmentations and structure sets."""

from collections.abc import Callable
from dataclasses import replace

from viewer.base.translation import N_, _
from viewer.workspace.commands.command import Command, has_images, has_window
from viewer.workspace.segmenting.held_segmentation import MENDINGS
from viewer.workspace.segmenting.segmentation_book import drawable
from viewer.workspace.segmenting.showing import held_at, toggle_all
from viewer.workspace.tools.tool import Tool
from viewer.workspace.workspace import Workspace

SIZE_FACTOR = 1.25
SMALLEST_MM, LARGEST_MM = 0.5, 200.0


def _told(workspace: Workspace, refusal: str) -> None:
    if refusal and workspace.window is not None:
        workspace.window.show_message(refusal)


def _is_shown(workspace: Workspace) -> bool:
    return any(each.is_shown for each in held_at(workspace))


def _show_page(workspace: Workspace) -> None:
    if workspace.window is not None:
        workspace.window.show_segments()


def _begin(workspace: Workspace) -> None:
    from viewer.workspace.segmenting.own_segmentation import begin

    refusal = begin(workspace)
    if refusal:
        _told(workspace, _("No segmentation: {0}").format(refusal))
        return
    workspace.set_tool(Tool.SEGMENT_BRUSH)
    _show_page(workspace)


def can_draw(workspace: Workspace) -> bool:
    """Return whether there is a segment to draw."""
    return drawable(workspace.shared.segmentations) is not None


def has_segment(workspace: Workspace) -> bool:
    """Return whether a segment is chosen."""
    book = workspace.shared.segmentations
    return book is not None and book.chosen_shape is not None


def _tool(tool: Tool, title: str, icon: str, help_text: str) -> Command:
    return Command(
        id=f"tool.{tool.value}",
        title=title,
        run=lambda workspace: workspace.set_tool(tool),
        menu="segments",
        group="tool",
        enabled=can_draw,
        checked=lambda workspace: workspace.tool is tool,
        is_exclusive=True,
        icon=icon,
        help=help_text,
    )


def _sized(factor: float) -> Callable[[Workspace], None]:
    def run(workspace: Workspace) -> None:
        book = workspace.shared.segmentations
        if book is not None:
            radius = min(max(book.brush.radius_mm * factor, SMALLEST_MM), LARGEST_MM)
            book.set_brush(replace(book.brush, radius_mm=radius))

    return run


def _toggled(name: str) -> Callable[[Workspace], None]:
    def run(workspace: Workspace) -> None:
        book = workspace.shared.segmentations
        if book is not None:
            wanted = not getattr(book.brush, name)
            is_ball = name == "is_ball"
            book.set_brush(replace(book.brush, is_ball=wanted) if is_ball else replace(book.brush, is_threshold=wanted))

    return run


def _is_set(name: str) -> Callable[[Workspace], bool]:
    def asked(workspace: Workspace) -> bool:
        book = workspace.shared.segmentations
        return book is not None and bool(getattr(book.brush, name))

    return asked


def _add(workspace: Workspace) -> None:
    from viewer.workspace.segmenting.own_segmentation import add_segment

    found = drawable(workspace.shared.segmentations)
    if found is not None:
        add_segment(workspace, found[0].uid)


def _remove(workspace: Workspace) -> None:
    from viewer.workspace.segmenting.own_segmentation import remove_segment

    found = drawable(workspace.shared.segmentations)
    if found is not None:
        remove_segment(workspace, found[0].uid, found[1].number)


def _mend(workspace: Workspace, kind: str) -> None:
    from viewer.workspace.segmenting.mending_jobs import mend

    _told(workspace, mend(workspace, kind))


def _mending(kind: str) -> Command:
    return Command(
        id=f"segment.{kind}",
        title=MENDINGS[kind],
        run=lambda workspace: _mend(workspace, kind),
        menu="segments",
        group="mend",
        enabled=can_draw,
    )


def _save(workspace: Workspace) -> None:
    if workspace.window is not None:
        workspace.window.save_segmentation()


def _surface(workspace: Workspace) -> None:
    if workspace.window is not None:
        workspace.window.make_segment_surface()


COMMANDS = (
    Command(
        id="segment.toggle",
        title=N_("Segmentations"),
        run=lambda workspace: _told(workspace, toggle_all(workspace)),
        keys=("Ctrl+Alt+T",),
        menu="segments",
        group="show",
        enabled=has_images,
        checked=_is_shown,
        icon="lasso",
        help=N_("Show or hide the segmentations and structure sets of the patient over images and planes"),
    ),
    Command(
        id="segment.page",
        title=N_("List of segments"),
        run=_show_page,
        keys=("Ctrl+Alt+E",),
        menu="segments",
        group="show",
        enabled=has_window,
        help=N_("What is seen of each segmentation, in which colour, and the way to it"),
    ),
    Command(
        id="segment.new",
        title=N_("New segmentation"),
        run=_begin,
        menu="segments",
        group="new",
        enabled=has_images,
        icon="plus",
        help=N_("Draw on the slices of this series with a brush; what is drawn is kept at once"),
    ),
    Command(
        id="segment.add",
        title=N_("New segment"),
        run=_add,
        menu="segments",
        group="new",
        enabled=can_draw,
    ),
    Command(
        id="segment.remove",
        title=N_("Remove the segment"),
        run=_remove,
        menu="segments",
        group="new",
        enabled=can_draw,
    ),
    _tool(Tool.SEGMENT_BRUSH, N_("Brush for segments"), "brush", N_("Draw the chosen segment")),
    _tool(Tool.SEGMENT_ERASER, N_("Eraser for segments"), "eraser", N_("Take away from the chosen segment")),
    Command(
        id="segment.larger_brush",
        title=N_("Larger brush"),
        run=_sized(SIZE_FACTOR),
        keys=("Ctrl+Alt+Up",),
        menu="segments",
        group="size",
        enabled=can_draw,
    ),
    Command(
        id="segment.smaller_brush",
        title=N_("Smaller brush"),
        run=_sized(1 / SIZE_FACTOR),
        keys=("Ctrl+Alt+Down",),
        menu="segments",
        group="size",
        enabled=can_draw,
    ),
    Command(
        id="segment.ball",
        title=N_("Brush is a ball"),
        run=_toggled("is_ball"),
        menu="segments",
        group="size",
        enabled=can_draw,
        checked=_is_set("is_ball"),
        help=N_("Draw into the neighbouring slices too, as far as the radius reaches"),
    ),
    Command(
        id="segment.threshold",
        title=N_("Brush takes a range of values"),
        run=_toggled("is_threshold"),
        menu="segments",
        group="size",
        enabled=can_draw,
        checked=_is_set("is_threshold"),
        help=N_("Draw only where the values of the images lie between two limits"),
    ),
    *(_mending(kind) for kind in MENDINGS),
    Command(
        id="segment.surface",
        title=N_("Surface of the segment…"),
        run=_surface,
        menu="segments",
        group="save",
        enabled=has_segment,
        help=N_("Write the segment as a mesh (STL, OBJ, PLY, glTF)"),
    ),
    Command(
        id="segment.save",
        title=N_("Save the segmentation…"),
        run=_save,
        menu="segments",
        group="save",
        enabled=can_draw,
        icon="download",
        help=N_("Write it as a DICOM segmentation into the library, a folder or an archive"),
    ),
)
