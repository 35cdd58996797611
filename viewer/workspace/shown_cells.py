"""What stands in the cells of one window: their states, images, voxels and places, and what is on screen of them.

The reading half of a workspace: who changes them is workspace.Workspace.
"""

from collections.abc import Mapping
from dataclasses import replace

from viewer.base.events import Event
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.viewport_image import Interpolation
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.layout import Layout
from viewer.workspace.shared_state import SharedState
from viewer.workspace.study_nodes import Series
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.viewport_state import DisplayedImage, ViewportState
from viewer.workspace.volume_stepping import place_count, place_index

_EMPTY = ViewportState()


class ShownCells:
    """The cells of one window, to be read.

    Attributes:
        shared: What all windows have in common.
        viewports_changed: Cells whose state changed: draw them again.
        displayed_changed: A cell whose pixels arrived (see set_displayed).
    """

    def __init__(self, shared: SharedState) -> None:
        self.shared = shared
        self.viewports_changed: Event[frozenset[int]] = Event()
        self.displayed_changed: Event[int] = Event()
        self._layout = Layout()
        self._states: dict[int, ViewportState] = {}
        self._shown: dict[int, ImageRef] = {}
        self._displayed: dict[int, DisplayedImage] = {}
        self._tile_source = 0

    @property
    def tree(self) -> StudyTree:
        """The open studies."""
        return self.shared.tree

    @property
    def catalogue(self) -> DisplaySetCatalogue:
        """The display sets of the open series."""
        return self.shared.catalogue

    @property
    def layout(self) -> Layout:
        """The grid of viewports."""
        return self._layout

    @property
    def slots(self) -> tuple[int, ...]:
        """The visible cells with a state of their own: all of them, or one for all tiles of a series."""
        return (0,) if self._layout.is_tiled else self._layout.visible_cells

    def viewport(self, cell: int) -> ViewportState:
        """Return the state of a cell; in a tiled layout its index is that of the cell's own image."""
        if not self._layout.is_tiled:
            return self._states.get(cell, _EMPTY)
        source = self._states.get(self._tile_source, _EMPTY)
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

    def geometry_of(self, state: ViewportState) -> VolumeGeometry | None:
        """Return where the voxels lie that a state's view is of; None for images, and while there are none."""
        volumes = self.shared.volumes
        volume = volumes.volume(state.display_set_key) if volumes is not None and state.volume is not None else None
        return volume.geometry if volume is not None else None

    def geometry_at(self, cell: int) -> VolumeGeometry | None:
        """Return where the voxels lie that a cell's view is of; None for images, and while the volume is not there."""
        return self.geometry_of(self.viewport(cell))

    def place_at(self, cell: int) -> tuple[int, int]:
        """Return where a cell stands, from 0, and how many places there are: images, or those of a volume's view."""
        state, display_set = self.viewport(cell), self.display_set_at(cell)
        if state.volume is None:
            return state.index, len(display_set.images) if display_set is not None else 0
        geometry = self.geometry_of(state)
        return (
            (0, 0) if geometry is None else (place_index(state.volume, geometry), place_count(state.volume, geometry))
        )

    def state_of(self, cell: int) -> ViewportState:
        """Return the state a cell has, or would have in a layout with so many cells that is not tiled."""
        return self._states.get(cell, _EMPTY)

    def volume_states(self) -> dict[int, ViewportState]:
        """Return the states of the layout's cells that look at volumes, by cell; none in a tiled layout."""
        cells = () if self._layout.is_tiled else range(self._layout.cell_count)
        return {cell: self.viewport(cell) for cell in cells if self.viewport(cell).volume is not None}

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

    def _slot(self, cell: int) -> int:
        return self._tile_source if self._layout.is_tiled else cell

    def _states_default(self, slot: int) -> Interpolation:
        return self._states.get(slot, _EMPTY).interpolation

    def _put_all(self, states: Mapping[int, ViewportState]) -> None:
        for slot, state in states.items():
            self._states[slot] = state
            display_set = self.catalogue.find(state.display_set_key)
            if display_set is not None and state.index < len(display_set.images):
                self._shown[slot] = display_set.images[state.index]
            else:
                self._shown.pop(slot, None)
        if self._layout.is_tiled:
            self.viewports_changed.emit(frozenset(self._layout.visible_cells))
        elif seen := frozenset(slot for slot in states if slot < self._layout.cell_count):
            self.viewports_changed.emit(seen)
