"""The reader's own newest presentation state put on by itself, where they wish it so; never another person's."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from viewer.base.settings import setting
from viewer.base.translation import N_
from viewer.imaging.grayscale_pipeline import View
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.workspace.presenting.applying import begun_with, own_newest
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class PresentationSettings:
    """Section "presentation_states"."""

    applies_own: bool = setting(
        default=False,
        title=N_("Begin with my newest presentation state"),
        help=N_("Only states whose creator has your name, as it stands under General; others wait to be chosen"),
    )


class OwnStates:
    """Follows the viewports of one window.

    Args:
        workspace: Of the window.
        is_wanted: Whether the reader wishes it now.
        reader: Returns the reader's name.
    """

    def __init__(self, workspace: Workspace, is_wanted: Callable[[], bool], reader: Callable[[], str]) -> None:
        self._workspace = workspace
        self._is_wanted = is_wanted
        self._reader = reader
        self._judged: dict[int, str] = {}
        self._disconnect: list[Callable[[], object]] = [workspace.viewports_changed.connect(self._follow)]
        if workspace.shared.states is not None:
            self._disconnect.append(workspace.shared.states.changed.connect(lambda _none: self._all()))

    def close(self) -> None:
        """Stop following."""
        for disconnect in self._disconnect:
            disconnect()

    def _all(self) -> None:
        self._follow(frozenset(self._workspace.layout.visible_cells))

    def _follow(self, cells: frozenset[int]) -> None:
        """Put a state onto cells that show another series than before and that nobody has touched since."""
        if not self._is_wanted() or self._workspace.layout.is_tiled:
            return
        for cell in cells:
            state = self._workspace.viewport(cell)
            if state.is_empty or self._judged.get(cell) == state.display_set_key or not _is_untouched(state):
                continue
            self._put(cell, state)

    def _put(self, cell: int, state: ViewportState) -> None:
        workspace, book = self._workspace, self._workspace.shared.states
        uid, image = own_newest(workspace, cell, self._reader()), workspace.image_at(cell)
        presentation = book.get(uid) if book is not None and uid else None
        if presentation is None or image is None or presentation.blending:
            return  # it may come yet; two series are blended on demand
        self._judged[cell] = state.display_set_key
        window = workspace.window
        scale = window.screen_pixels_per_mm(cell) if window is not None else None
        workspace.follow_to(cell, begun_with(state, presentation, image, scale))


def _is_untouched(state: ViewportState) -> bool:
    plain = replace(state, view=View(), transform=SpatialTransform(), presentation="", preset="", volume=None)
    return plain == state
