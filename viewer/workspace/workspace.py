"""What the reader of one window is doing: layout, viewports, the active one, the tool, undo. Without Qt, on one thread.

Windows share the study tree and the display sets; each has its own workspace. Whoever shows it connects to its events.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from viewer.base.events import Event
from viewer.base.translation import N_
from viewer.workspace.arrangement import Arrangement
from viewer.workspace.layout import Layout
from viewer.workspace.presets import PresetTable
from viewer.workspace.restoring import restored_state
from viewer.workspace.shared_state import SharedState
from viewer.workspace.shown_cells import ShownCells
from viewer.workspace.tools.measuring import MeasuringTool
from viewer.workspace.tools.tool import Tool
from viewer.workspace.undo import Deed, UndoStack, ViewChange
from viewer.workspace.viewport_state import DisplayOptions, ViewportState
from viewer.workspace.volume_planes import UNPLACED, placed
from viewer.workspace.volume_stepping import at_place, stepped, with_group
from viewer.workspace.volume_view import VolumeView
from viewer.workspace.window_actions import WindowActions

_numbers = itertools.count(1)
__all__ = ["SharedState", "Workspace"]


class Workspace(ShownCells):
    """One window's work.

    Attributes:
        number: Names the workspace among all of the program.
        window: The window's side of commands; None without a window.
        layout_changed: Another grid, tiling or maximised cell.
        active_changed: The cell that commands act on now.
        tool_changed: The tool of the left button.
        options_changed: Panels, corner texts and the like.
        undo_changed: Something can be undone, or no longer.
        measuring: Which kind of mark the measuring tool makes.
        before_volumes: What there was before planes of a volume were laid out; None when there is no way back.
    """

    def __init__(self, shared: SharedState, options: DisplayOptions | None = None) -> None:
        super().__init__(shared)
        self.number = next(_numbers)
        self.window: WindowActions | None = None
        self.layout_changed: Event[Layout] = Event()
        self.active_changed: Event[int] = Event()
        self.tool_changed: Event[Tool] = Event()
        self.options_changed: Event[DisplayOptions] = Event()
        self.undo_changed: Event[None] = Event()
        self.before_volumes: Arrangement | None = None
        self._options = options or DisplayOptions()
        self._active = 0
        self._tool = Tool.WINDOW_LEVEL
        self.measuring = MeasuringTool()
        self._undo = UndoStack()
        self._disconnect = [shared.catalogue.changed.connect(self._catalogue_changed)]
        if shared.volumes is not None:
            self._disconnect.append(shared.volumes.changed.connect(self._volume_came))
        shared.workspaces.append(self)

    def close(self) -> None:
        """Stop listening: the window is gone."""
        for disconnect in self._disconnect:
            disconnect()
        if self in self.shared.workspaces:
            self.shared.workspaces.remove(self)

    @property
    def presets(self) -> PresetTable:
        """The window presets."""
        return self.shared.presets

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
    def undo_titles(self) -> tuple[str, str]:
        """What undo and redo would do; empty texts when there is nothing."""
        return self._undo.undo_title, self._undo.redo_title

    # Showing

    def show(self, display_set_key: str, cell: int | None = None, index: int = 0) -> None:
        """Put a display set into a cell (the active one by default) as its data asks to be shown."""
        slot = self._slot(self._active if cell is None else cell)
        display_set = self.catalogue.find(display_set_key)
        if display_set is None:
            return
        index = self.shared.keys.first(display_set, min(max(index, 0), max(len(display_set.images) - 1, 0)))
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

    def change_together(
        self, states: Mapping[int, ViewportState], title: str, *, drag: int = 0, layout: Layout | None = None
    ) -> None:
        """Give several cells other states in one step that is undone at once; not for tiles, which share a state.

        Args:
            states: The new states by cell.
            title: What was done, English, marked with N_().
            drag: As for change.
            layout: Another layout that comes and goes with them; it has the cells in states, and is not tiled.
        """
        layouts = (self._layout, layout) if layout is not None and layout != self._layout else None
        if layouts is not None:
            self._lay_out(layouts[1])
        pairs = {cell: (self._states.get(cell, ViewportState()), after) for cell, after in states.items()}
        changes = [
            ViewChange(cell, before, after, title, drag)
            for cell, (before, after) in pairs.items()
            if after != before or layouts is not None
        ]
        if changes:
            self._put_all({each.cell: each.after for each in changes})
            also = (*changes[1:], *self.shared.follow(self, changes))
            self._undo.push(replace(changes[0], also=also, layouts=layouts))
            self.undo_changed.emit(None)

    def follow_to(self, cell: int, state: ViewportState) -> None:
        """Give a cell the state that a linked viewport brings about: nobody follows it, and it is no own step."""
        self._put(self._slot(cell), state)

    def do(self, deed: Deed, title: str, *, drag: int = 0) -> None:
        """Do something beyond views, and have it undone like a change of one; title and drag as in change()."""
        deed.redo()
        here = self.viewport(self._active)
        self._undo.push(ViewChange(self._active, here, here, title, drag, deed=deed))
        self.undo_changed.emit(None)

    def push_followed(self, changes: Sequence[ViewChange]) -> None:
        """Remember what viewports of another window brought about here, to be undone in one step."""
        if changes:
            self._undo.push(replace(changes[0], also=tuple(changes[1:])))
            self.undo_changed.emit(None)

    def set_index(self, index: int, cell: int | None = None) -> None:
        """Scroll a cell to an image, or a volume's view to one of its places; beyond the ends it stays at the end."""
        slot = self._slot(self._active if cell is None else cell)
        state = self._states.get(slot, ViewportState())
        if state.volume is not None:
            if (geometry := self.geometry_of(state)) is not None:
                self.step_view(slot, at_place(state.volume, geometry, index))
            return
        display_set = self.catalogue.find(state.display_set_key)
        if display_set is None:
            return
        index = min(max(index, 0), max(len(display_set.images) - 1, 0))
        if index != state.index:
            scrolled = replace(state, index=index)
            self._put(slot, scrolled)
            self.shared.follow(self, (ViewChange(slot, state, scrolled, "", is_scroll=True),))

    def scroll(self, steps: int, cell: int | None = None) -> None:
        """Scroll a cell by images, or a view of a volume by its places; forward is positive."""
        slot = self._slot(self._active if cell is None else cell)
        state = self._states.get(slot, ViewportState())
        if state.volume is None:
            key = self.shared.keys.stepped(self.catalogue.find(state.display_set_key), state.index, steps)
            self.set_index(state.index + steps if key is None else key, slot)
        elif (geometry := self.geometry_of(state)) is not None:
            self.step_view(slot, stepped(state.volume, geometry, steps))

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

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Start reading files, folders and archives into the tree."""
        self.shared.open_paths(paths)

    def _put(self, slot: int, state: ViewportState) -> None:
        self._put_all({slot: state})

    def step_view(self, slot: int, view: VolumeView) -> None:
        """Scroll a view of a volume to another place or phase, and those of its group with it."""
        states = {**self.volume_states(), slot: self._states[slot]}
        changed = {cell: state for cell, state in with_group(states, slot, view).items() if state != states[cell]}
        if changed:
            self._put_all(changed)
            changes = [ViewChange(cell, states[cell], state, "", is_scroll=True) for cell, state in changed.items()]
            self.shared.follow(self, changes)

    def _volume_came(self, _key: str) -> None:
        """Give views a place that were put before there was a volume to lie in."""
        found = {}
        for cell, state in self._states.items():
            geometry = self.geometry_of(state)
            if state.volume is not None and state.volume.center_mm == UNPLACED and geometry is not None:
                found[cell] = replace(state, volume=placed(state.volume, geometry))
        if found:
            self._put_all(found)

    def _lay_out(self, layout: Layout) -> None:
        self._layout = layout
        self._active = self._active if self._active < layout.cell_count else 0
        self._displayed.clear()
        self.layout_changed.emit(layout)
        self.active_changed.emit(self._active)

    def _apply(self, change: ViewChange | None, *, is_undo: bool) -> None:
        if change is None:
            return
        if change.deed is not None:
            (change.deed.undo if is_undo else change.deed.redo)()
            self.undo_changed.emit(None)
            return
        if change.layouts is not None:
            self._lay_out(change.layouts[0 if is_undo else 1])
        restored = []
        for each in (change, *change.also):
            before = self._states.get(each.cell, ViewportState())
            after = restored_state(each, before, is_undo=is_undo)
            if after.is_empty or self.catalogue.find(after.display_set_key) is not None:
                restored.append(replace(each, before=before, after=after, also=()))
        self._put_all({each.cell: each.after for each in restored})
        if change.layouts is not None:
            self.viewports_changed.emit(frozenset(self._layout.visible_cells))
        self.shared.follow(self, restored)
        self.undo_changed.emit(None)

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
                left = self.catalogue.find(state.display_set_key)  # the image was rejected: its neighbours stay
                last = -1 if left is None else len(left.images) - 1
                self._put(slot, replace(state, index=min(state.index, last)) if last >= 0 else ViewportState())
            else:
                self._put(slot, replace(state, display_set_key=display_set.key, index=index))
