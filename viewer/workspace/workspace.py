"""What the reader of one window is doing: layout, viewports, the active one, the tool, undo. Without Qt, on one thread.

Windows share the study tree and the display sets; each has its own workspace. Whoever shows it connects to its events.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from viewer.base.events import Event
from viewer.base.translation import N_
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.viewport_image import Interpolation
from viewer.workspace.corner_text_table import CornerTextTable
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.layout import Layout
from viewer.workspace.linking import Linking
from viewer.workspace.presets import PresetTable
from viewer.workspace.study_nodes import Series
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.tools.tool import Tool
from viewer.workspace.undo import UndoStack, ViewChange
from viewer.workspace.viewport_state import DisplayedImage, DisplayOptions, ViewportState
from viewer.workspace.window_actions import WindowActions

_numbers = itertools.count(1)


@dataclass(slots=True)
class SharedState:
    """What all windows of the program have in common.

    Attributes:
        open_paths: Starts reading files and folders into the tree.
        presets: The window presets in force; put other ones with Workspace.set_presets.
        presets_changed: Other presets.
        corners: Which texts stand in the corners of viewports; put other ones with set_corners.
        corners_changed: Other corner texts.
        workspaces: Of the open windows.
        place_of: Returns what a person calls the place an instance was opened from; empty where its path tells.
        linking: How viewports are linked, of all windows.
        follow: Lets linked viewports follow changes that a workspace made; returns what it changed in the same
            workspace, to be undone together (synchronization).
    """

    tree: StudyTree
    catalogue: DisplaySetCatalogue
    open_paths: Callable[[Sequence[Path]], None]
    presets: PresetTable = field(default_factory=PresetTable.builtin)
    presets_changed: Event[PresetTable] = field(default_factory=Event)
    corners: CornerTextTable = field(default_factory=CornerTextTable.builtin)
    corners_changed: Event[CornerTextTable] = field(default_factory=Event)
    workspaces: "list[Workspace]" = field(default_factory=list)
    place_of: Callable[[InstanceHeader], str] = lambda _header: ""
    linking: Linking = field(default_factory=Linking)
    follow: "Callable[[Workspace, Sequence[ViewChange]], tuple[ViewChange, ...]]" = lambda _workspace, _changes: ()

    def set_corners(self, corners: CornerTextTable) -> None:
        """Put other corner texts into force, in all windows."""
        if corners != self.corners:
            self.corners = corners
            self.corners_changed.emit(corners)


class Workspace:
    """One window's work.

    Attributes:
        number: Names the workspace among all of the program.
        window: The window's side of commands; None without a window.
        viewports_changed: Cells whose state changed: draw them again.
        layout_changed: Another grid, tiling or maximised cell.
        active_changed: The cell that commands act on now.
        tool_changed: The tool of the left button.
        options_changed: Panels, corner texts and the like.
        displayed_changed: A cell whose pixels arrived (see set_displayed).
        undo_changed: Something can be undone, or no longer.
    """

    def __init__(self, shared: SharedState, options: DisplayOptions | None = None) -> None:
        self.shared = shared
        self.number = next(_numbers)
        self.window: WindowActions | None = None
        self.viewports_changed: Event[frozenset[int]] = Event()
        self.layout_changed: Event[Layout] = Event()
        self.active_changed: Event[int] = Event()
        self.tool_changed: Event[Tool] = Event()
        self.options_changed: Event[DisplayOptions] = Event()
        self.displayed_changed: Event[int] = Event()
        self.undo_changed: Event[None] = Event()
        self._options = options or DisplayOptions()
        self._layout = Layout()
        self._states: dict[int, ViewportState] = {}
        self._shown: dict[int, ImageRef] = {}
        self._displayed: dict[int, DisplayedImage] = {}
        self._active = 0
        self._tile_source = 0
        self._tool = Tool.WINDOW_LEVEL
        self._undo = UndoStack()
        self._disconnect = shared.catalogue.changed.connect(self._catalogue_changed)
        shared.workspaces.append(self)

    def close(self) -> None:
        """Stop listening: the window is gone."""
        self._disconnect()
        if self in self.shared.workspaces:
            self.shared.workspaces.remove(self)

    @property
    def tree(self) -> StudyTree:
        """The open studies."""
        return self.shared.tree

    @property
    def catalogue(self) -> DisplaySetCatalogue:
        """The display sets of the open series."""
        return self.shared.catalogue

    @property
    def presets(self) -> PresetTable:
        """The window presets."""
        return self.shared.presets

    @property
    def layout(self) -> Layout:
        """The grid of viewports."""
        return self._layout

    @property
    def active(self) -> int:
        """The cell that commands act on."""
        return self._active

    @property
    def tool(self) -> Tool:
        """The tool of the left button."""
        return self._tool

    @property
    def options(self) -> DisplayOptions:
        """What holds for all viewports, and which panels are shown."""
        return self._options

    @property
    def slots(self) -> tuple[int, ...]:
        """The visible cells with a state of their own: all of them, or one for all tiles of a series."""
        return (0,) if self._layout.is_tiled else self._layout.visible_cells

    @property
    def undo_titles(self) -> tuple[str, str]:
        """What undo and redo would do; empty texts when there is nothing."""
        return self._undo.undo_title, self._undo.redo_title

    # What is shown where

    def viewport(self, cell: int) -> ViewportState:
        """Return the state of a cell; in a tiled layout its index is that of the cell's own image."""
        if not self._layout.is_tiled:
            return self._states.get(cell, ViewportState())
        source = self._states.get(self._tile_source, ViewportState())
        return replace(source, index=source.index + cell) if not source.is_empty else source

    def display_set_at(self, cell: int) -> DisplaySet | None:
        """Return what a cell shows; None for an empty one."""
        return self.catalogue.find(self.viewport(cell).display_set_key)

    def image_at(self, cell: int) -> ImageRef | None:
        """Return the image a cell shows; None for an empty one, or a tile beyond the last image."""
        display_set, index = self.display_set_at(cell), self.viewport(cell).index
        return display_set.images[index] if display_set is not None and index < len(display_set.images) else None

    def series_at(self, cell: int) -> Series | None:
        """Return the series a cell shows; None for an empty one."""
        display_set = self.display_set_at(cell)
        return self.tree.series(display_set.series_key) if display_set is not None else None

    def show(self, display_set_key: str, cell: int | None = None, index: int = 0) -> None:
        """Put a display set into a cell (the active one by default) as its data asks to be shown."""
        slot = self._slot(self._active if cell is None else cell)
        display_set = self.catalogue.find(display_set_key)
        if display_set is None:
            return
        index = min(max(index, 0), max(len(display_set.images) - 1, 0))
        self._put(slot, ViewportState(display_set_key, index, interpolation=self._states_default(slot)))

    def show_series(self, series_key: str, cell: int | None = None) -> None:
        """Put the first display set of a series that has images into a cell."""
        sets = self.catalogue.of_series(series_key)
        chosen = next((each for each in sets if each.is_image), sets[0] if sets else None)
        if chosen is not None:
            self.show(chosen.key, cell)

    def clear(self, cell: int) -> None:
        """Empty a cell; it can be undone."""
        slot = self._slot(cell)
        before = self._states.get(slot, ViewportState())
        if not before.is_empty:
            self._put(slot, ViewportState())
            self._undo.push(ViewChange(slot, before, ViewportState(), N_("Empty the viewport")))
            self.undo_changed.emit(None)

    def swap(self, cell: int, other: int) -> None:
        """Exchange what two cells show, with how they show it."""
        if self._layout.is_tiled:
            return
        first, second = self.viewport(cell), self.viewport(other)
        self._put(cell, second)
        self._put(other, first)

    # Layout

    def activate(self, cell: int) -> None:
        """Make a cell the one that commands act on."""
        if cell != self._active and 0 <= cell < self._layout.cell_count:
            self._active = cell
            self.active_changed.emit(cell)
        self.shared.linking.set_active((self.number, self._active))

    def set_layout(self, rows: int, columns: int, *, is_tiled: bool = False) -> None:
        """Change the grid; what cells show is kept, also by those that are out of sight.

        Raises:
            UsageError: If there is no such layout.
        """
        layout = Layout(rows, columns, is_tiled)
        if is_tiled and not self._layout.is_tiled:
            self._tile_source = self._active
        elif not is_tiled and self._layout.is_tiled:
            self._active = self._tile_source
        self._layout = layout
        active = self._active if self._active < layout.cell_count else 0
        if active != self._active:
            if not is_tiled and active == 0 and rows * columns == 1:
                self._states[0] = self._states.get(self._active, ViewportState())
            self._active = active
        self._displayed.clear()
        self.layout_changed.emit(layout)
        self.active_changed.emit(self._active)
        self.viewports_changed.emit(frozenset(layout.visible_cells))

    def toggle_maximized(self, cell: int | None = None) -> None:
        """Let a cell (the active one by default) fill the viewport area, or go back to the grid."""
        chosen = self._active if cell is None else cell
        self._layout = replace(self._layout, maximized=chosen if self._layout.maximized is None else None)
        self.activate(chosen)
        self.layout_changed.emit(self._layout)

    # Changing views

    def change(self, state: ViewportState, title: str, *, cell: int | None = None, drag: int = 0) -> None:
        """Give a cell another state; it can be undone.

        Args:
            state: The new state; in a tiled layout its index is ignored.
            title: What was done, English, marked with N_().
            cell: Which; the active one by default.
            drag: A number that is the same for all steps of one drag, which undo takes back together; 0 for one step.
        """
        slot = self._slot(self._active if cell is None else cell)
        before = self._states.get(slot, ViewportState())
        after = replace(state, index=before.index) if self._layout.is_tiled else state
        if after == before:
            return
        self._put(slot, after)
        change = ViewChange(slot, before, after, title, drag)
        self._undo.push(replace(change, also=self.shared.follow(self, (change,))))
        self.undo_changed.emit(None)

    def adjust(
        self, title: str, how: Callable[[ViewportState], ViewportState], cell: int | None = None, drag: int = 0
    ) -> None:
        """Change a cell's state by a function of the old one."""
        chosen = self._active if cell is None else cell
        self.change(how(self.viewport(chosen)), title, cell=chosen, drag=drag)

    def change_together(self, states: Mapping[int, ViewportState], title: str) -> None:
        """Give several cells other states in one step that is undone at once; not for tiles, which share a state."""
        changes = []
        for cell, after in states.items():
            before = self._states.get(cell, ViewportState())
            if after != before:
                self._put(cell, after)
                changes.append(ViewChange(cell, before, after, title))
        if changes:
            also = (*changes[1:], *self.shared.follow(self, changes))
            self._undo.push(replace(changes[0], also=also))
            self.undo_changed.emit(None)

    def follow_to(self, cell: int, state: ViewportState) -> None:
        """Give a cell the state that a linked viewport brings about: nobody follows it, and it is no own step."""
        self._put(self._slot(cell), state)

    def push_followed(self, changes: Sequence[ViewChange]) -> None:
        """Remember what viewports of another window brought about here, to be undone in one step."""
        if changes:
            self._undo.push(replace(changes[0], also=tuple(changes[1:])))
            self.undo_changed.emit(None)

    def set_index(self, index: int, cell: int | None = None) -> None:
        """Scroll a cell to an image; beyond the ends it stays at the end."""
        slot = self._slot(self._active if cell is None else cell)
        state = self._states.get(slot, ViewportState())
        display_set = self.catalogue.find(state.display_set_key)
        if display_set is None:
            return
        index = min(max(index, 0), max(len(display_set.images) - 1, 0))
        if index != state.index:
            scrolled = replace(state, index=index)
            self._put(slot, scrolled)
            self.shared.follow(self, (ViewChange(slot, state, scrolled, "", is_scroll=True),))

    def scroll(self, steps: int, cell: int | None = None) -> None:
        """Scroll a cell by images; forward is positive."""
        slot = self._slot(self._active if cell is None else cell)
        self.set_index(self._states.get(slot, ViewportState()).index + steps, slot)

    def undo(self) -> None:
        """Take the last change of a view back."""
        self._apply(self._undo.undo(), is_undo=True)

    def redo(self) -> None:
        """Do again what was taken back."""
        self._apply(self._undo.redo(), is_undo=False)

    def set_tool(self, tool: Tool) -> None:
        """Give the left button a tool."""
        if tool is not self._tool:
            self._tool = tool
            self.tool_changed.emit(tool)

    def set_options(self, options: DisplayOptions) -> None:
        """Show other parts of the window, or other texts."""
        if options != self._options:
            self._options = options
            self.options_changed.emit(options)

    def set_presets(self, presets: PresetTable) -> None:
        """Put other window presets into force, in all windows."""
        if presets != self.shared.presets:
            self.shared.presets = presets
            self.shared.presets_changed.emit(presets)

    # What the window tells

    def set_displayed(self, cell: int, displayed: DisplayedImage) -> None:
        """Note what a cell has on screen now; tools and texts read it."""
        self._displayed[cell] = displayed
        self.displayed_changed.emit(cell)
        self.shared.linking.places_changed.emit(None)

    def displayed(self, cell: int) -> DisplayedImage | None:
        """Return what a cell has on screen, if that still is what it should show."""
        displayed, image = self._displayed.get(cell), self.image_at(cell)
        if displayed is None or image is None or displayed.image != image:
            return None
        wanted, shown = self.viewport(cell).volume, displayed.look
        is_same = (wanted is None) == (shown is None) and (
            wanted is None or shown is None or wanted.kind is shown.view.kind
        )
        return displayed if is_same else None

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Start reading files, folders and archives into the tree."""
        self.shared.open_paths(paths)

    def _slot(self, cell: int) -> int:
        return self._tile_source if self._layout.is_tiled else cell

    def _states_default(self, slot: int) -> Interpolation:
        return self._states.get(slot, ViewportState()).interpolation

    def _put(self, slot: int, state: ViewportState) -> None:
        self._states[slot] = state
        display_set = self.catalogue.find(state.display_set_key)
        if display_set is not None and state.index < len(display_set.images):
            self._shown[slot] = display_set.images[state.index]
        else:
            self._shown.pop(slot, None)
        if self._layout.is_tiled:
            self.viewports_changed.emit(frozenset(self._layout.visible_cells))
        elif slot < self._layout.cell_count:
            self.viewports_changed.emit(frozenset({slot}))

    def _apply(self, change: ViewChange | None, *, is_undo: bool) -> None:
        if change is None:
            return
        restored = []
        for each in (change, *change.also):
            before = self._states.get(each.cell, ViewportState())
            self._restore(each.cell, each.before if is_undo else each.after)
            restored.append(replace(each, before=before, after=self._states.get(each.cell, before), also=()))
        self.shared.follow(self, restored)
        self.undo_changed.emit(None)

    def _restore(self, cell: int, state: ViewportState) -> None:
        if state.is_empty:
            self._put(cell, state)
        elif self.catalogue.find(state.display_set_key) is not None:
            current = self._states.get(cell, ViewportState())
            index = current.index if current.display_set_key == state.display_set_key else state.index
            self._put(cell, replace(state, index=index))

    def _catalogue_changed(self, _series_keys: frozenset[str]) -> None:
        """Follow the images on screen into display sets that were made anew."""
        for slot, image in list(self._shown.items()):
            state = self._states[slot]
            display_set = self.catalogue.find(state.display_set_key)
            index = display_set.index_of(image) if display_set is not None else None
            if index is None:
                display_set = self.catalogue.holding(image)
                index = display_set.index_of(image) if display_set is not None else None
            if display_set is None or index is None:
                self._put(slot, ViewportState())
            else:
                self._put(slot, replace(state, display_set_key=display_set.key, index=index))
