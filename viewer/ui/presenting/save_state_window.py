"""One window's saving of presentation states: what its active viewport shows goes into the dialog, and into files."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from viewer.base.translation import _
from viewer.ui.main_window import MainWindow
from viewer.ui.measuring.mark_labels import size_of
from viewer.ui.theme import colours
from viewer.workspace.object_saving import Destination, Saved
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.imaging.frame_store import FrameStore
    from viewer.ui.dialogs.destination_choice import DestinationHost
    from viewer.ui.viewports.grid import ViewportGrid
    from viewer.workspace.presenting.state_writing import StateWording
    from viewer.workspace.presenting.state_writing_marks import Box
    from viewer.workspace.presenting.state_writing_screen import StateChoice


class WindowStateSaving:
    """Opens the dialog, and has saved what it was answered.

    Args:
        window: Parent of the dialog.
        viewports: Of the window.
        host: The program's side of destinations.
        store: Where images come from.
        say: Says a sentence at the foot of the window.
    """

    def __init__(
        self,
        window: MainWindow,
        viewports: "ViewportGrid",
        host: "DestinationHost",
        store: "FrameStore",
        say: Callable[[str], None],
    ) -> None:
        self._window, self._viewports = window, viewports
        self._host, self._store, self._say = host, store, say

    @property
    def _workspace(self) -> Workspace:
        return self._window.workspace

    def save(self) -> None:
        """Ask how what the active viewport shows is to be saved, and save it."""
        from viewer.ui.presenting.save_state_dialog import SaveStateDialog
        from viewer.workspace.presenting.state_writing_screen import cautions_of, counts_of, has_marks, refusal_of

        workspace, cell = self._workspace, self._workspace.active
        if reason := refusal_of(workspace, cell):
            self._say(reason)
            return

        def save(choice: "StateChoice", wording: "StateWording", destinations: tuple[Destination, ...]) -> None:
            self._save(cell, choice, wording, destinations)

        counts, cautions = counts_of(workspace, cell), cautions_of(workspace, cell)
        reader = workspace.shared.keys.reader()
        SaveStateDialog(self._window, self._host, counts, has_marks(workspace, cell), cautions, reader, save).open()

    def _save(
        self, cell: int, choice: "StateChoice", wording: "StateWording", destinations: tuple[Destination, ...]
    ) -> None:
        from viewer.workspace.presenting.state_writing_screen import OnScreen, make_states

        workspace = self._workspace
        objects = workspace.window.objects if workspace.window is not None else None
        displayed = workspace.displayed(cell)
        if objects is None or displayed is None:
            return
        screen = OnScreen(colours().measurement, self._boxes(cell))
        make = make_states(workspace, cell, choice, wording, self._store, screen)

        def done(_saved: Saved) -> None:
            if workspace.shared.states is not None:
                workspace.shared.states.file(make.made)
            if make.notes:
                self._say(make.notes[0])

        study = displayed.image.header.study_instance_uid
        objects.save(make, destinations, study, _("Presentation state"), done)

    def _boxes(self, cell: int) -> "dict[str, Box]":
        """Return where words stand on screen, in image points."""
        viewport, displayed = self._viewports.viewports.get(cell), self._workspace.displayed(cell)
        if viewport is None or displayed is None:
            return {}
        scale = viewport.devicePixelRatioF()
        placement, found = displayed.rendered.placement, {}
        for shape in viewport.marks.map.shapes:
            offset = viewport.marks.label_of(shape.uid)
            if offset is None:
                continue
            first = shape.label_point[0] + offset[0], shape.label_point[1] + offset[1]
            x, y = placement.to_viewport(first)
            width, height = size_of(shape.words)
            found[shape.uid] = first, placement.to_image((x + width * scale, y + height * scale))
        return found
