"""Points and regions whose values are followed over phases: what the tool draws, and the way to their curves."""

from PySide6.QtCore import QSignalBlocker

from viewer.base.translation import _
from viewer.ui.volumes.volume_section import ShownView, VolumeSection
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.curve_courses import Course
from viewer.workspace.curve_placing import course_at, curves_at
from viewer.workspace.phase_curves import RegionShape
from viewer.workspace.tools.tool import Tool
from viewer.workspace.workspace import Workspace


class RegionSection(VolumeSection):
    """For planes of volumes with phases, and for images of one place in time."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(_("Curves"), workspace)
        self._count = self.value(_("Regions"))
        shapes = [
            ((RegionShape.ELLIPSE, False), _("ellipse")),
            ((RegionShape.ELLIPSE, True), _("circle")),
            ((RegionShape.RECTANGLE, False), _("rectangle")),
        ]
        self._shape = self.choice(shapes, self._chosen)
        self.line(_("A drag draws"), self._shape)
        self._words = self.note()
        self._words.setText(_("Click for a point, drag for a region; its values over phases or time are shown."))
        self._place, _center, self._show, self._clear = self.buttons(
            [
                (_("Place them"), lambda: BY_ID["tool.phase_region"].run(workspace)),
                (_("At the centre"), lambda: BY_ID["phase.follow_center"].run(workspace)),
                (_("Show curves"), lambda: BY_ID["phase.curves"].run(workspace)),
                (_("All away"), lambda: BY_ID["phase.remove_regions"].run(workspace)),
            ]
        )
        self._place.setCheckable(True)
        self._place.setToolTip(_("Shift+G"))

    def concerns(self, shown: ShownView) -> bool:
        """Return whether a region could be followed here, or some are."""
        if self.workspace.shared.curves is None or shown.display_set is None:
            return False
        return isinstance(course_at(self.workspace, shown.cell), Course) or bool(curves_at(self.workspace, shown.cell))

    def fill(self, shown: ShownView) -> None:
        """Show how many there are, and what is drawn."""
        book = self.workspace.shared.curves
        if book is None:
            return
        count = len(curves_at(self.workspace, shown.cell))
        self._count.setText(str(count) if count else _("none yet"))
        with QSignalBlocker(self._shape):
            at = next(
                row
                for row in range(self._shape.count())
                if tuple(self._shape.itemData(row)) == (book.shape, book.is_circle)
            )
            self._shape.setCurrentIndex(at)
        self._place.setChecked(self.workspace.tool is Tool.PHASE_REGION)
        self._show.setEnabled(bool(count))
        self._clear.setEnabled(bool(count))

    def _chosen(self, value: object) -> None:
        book = self.workspace.shared.curves
        if book is not None and isinstance(value, tuple | list):
            book.shape, book.is_circle = RegionShape(value[0]), bool(value[1])
            self.workspace.set_tool(Tool.PHASE_REGION)
