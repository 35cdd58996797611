"""Drawing segments: what is drawn, with which brush, what mends it, its values, and where it is saved."""

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QLineEdit

from viewer.base.translation import _
from viewer.ui.panels.panel_lines import PanelLines, text_label
from viewer.ui.pieces import while_alive
from viewer.workspace.commands.segmenting import LARGEST_MM, SMALLEST_MM
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.segmenting.held_segmentation import BrushSettings
from viewer.workspace.segmenting.mending_jobs import SegmentValues, measure
from viewer.workspace.segmenting.own_segmentation import edit_copy, rename_segment
from viewer.workspace.segmenting.segmentation_book import drawable, own_of
from viewer.workspace.tools.tool import Tool
from viewer.workspace.workspace import Workspace

_VALUE_LIMIT = 100_000.0


class EditSection(PanelLines):
    """Belongs to the page.

    Args:
        workspace: Of the window.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(_("Draw"))
        self._workspace = workspace
        self._book = workspace.shared.segmentations
        self._words = self.note()
        self._label = QLineEdit()
        self._label.setMaxLength(64)
        self._label.editingFinished.connect(self._named)
        self._label_title = self.line(_("Segment"), self._label)
        self._radius = self.number_field(LARGEST_MM, 1, lambda value: self._set(radius_mm=max(value, SMALLEST_MM)))
        self._radius.setSuffix(" mm")
        self._radius_title = self.line(_("Radius"), self._radius)
        self._low = self.number_field(_VALUE_LIMIT, 1, lambda value: self._set(low=value))
        self._high = self.number_field(_VALUE_LIMIT, 1, lambda value: self._set(high=value))
        for field in (self._low, self._high):
            field.setMinimum(-_VALUE_LIMIT)
        self._ball = QCheckBox(_("Into neighbouring slices"))
        self._ball.toggled.connect(lambda is_on: self._set(is_ball=is_on))
        self._limited = QCheckBox(_("Only a range of values"))
        self._limited.toggled.connect(lambda is_on: self._set(is_threshold=is_on))
        self._low_title = self.line(_("From"), self._low)
        self._high_title = self.line(_("To"), self._high)
        self.add(self._ball)
        self.add(self._limited)
        self._new, self._copy, self._add, self._remove, self._brush, self._eraser = self.buttons(
            [
                (_("New segmentation"), lambda: self._run("segment.new")),
                (_("Edit a copy"), self._edit_copy),
                (_("Add segment"), lambda: self._run("segment.add")),
                (_("Remove"), lambda: self._run("segment.remove")),
                (_("Brush"), lambda: self._run("tool.segment_brush")),
                (_("Eraser"), lambda: self._run("tool.segment_eraser")),
            ]
        )
        self._brush.setCheckable(True)
        self._eraser.setCheckable(True)
        self._mending = self.buttons(
            [
                (_("Fill holes"), lambda: self._run("segment.fill_holes")),
                (_("Between slices"), lambda: self._run("segment.interpolate")),
                (_("Smooth"), lambda: self._run("segment.smooth")),
                (_("Largest part"), lambda: self._run("segment.largest")),
            ]
        )
        kinds = [("BINARY", _("one bit a voxel")), ("LABELMAP", _("label map")), ("FRACTIONAL", _("fractions"))]
        self._kind = self.choice(kinds, self._stored_as)
        self._kind_title = self.line(_("Stored as"), self._kind)
        self._values, self._surface, self._save = self.buttons(
            [
                (_("Values"), self._measure),
                (_("Surface…"), lambda: self._run("segment.surface")),
                (_("Save…"), lambda: self._run("segment.save")),
            ]
        )
        self._told = text_label()
        self._told_title = self.line(_("Values"), self._told)
        self._measured_of: object = None

    def refresh(self) -> None:
        """Show what is drawn and with what."""
        if self._book is None:
            return
        found = drawable(self._book)
        has_own = found is not None
        for widget in (
            self._label,
            self._label_title,
            self._radius,
            self._radius_title,
            self._ball,
            self._limited,
            self._add,
            self._remove,
            self._brush,
            self._eraser,
            *self._mending,
            self._kind,
            self._kind_title,
            self._values,
            self._save,
        ):
            widget.setVisible(has_own)
        brush = self._book.brush
        for widget in (self._low, self._low_title, self._high, self._high_title):
            widget.setVisible(has_own and brush.is_threshold)
        self._words.setText("" if has_own else _("Begin a segmentation over the series that is shown."))
        self._words.setVisible(not has_own)
        self._fill(brush)
        self._copy.setVisible(self._to_copy() is not None)
        self._brush.setChecked(self._workspace.tool is Tool.SEGMENT_BRUSH)
        self._eraser.setChecked(self._workspace.tool is Tool.SEGMENT_ERASER)
        if found is None or found[1] is not self._measured_of:
            self._told.setText("")
        for widget in (self._told, self._told_title):
            widget.setVisible(bool(self._told.text()))

    def _fill(self, brush: BrushSettings) -> None:
        found = drawable(self._book)
        blocked = [self._label, self._radius, self._low, self._high, self._ball, self._limited]
        blockers = [QSignalBlocker(widget) for widget in blocked]
        if not self._label.hasFocus() or found is None:
            self._label.setText(found[1].label if found is not None else "")
        self._radius.setValue(brush.radius_mm)
        self._low.setValue(brush.low)
        self._high.setValue(brush.high)
        self._ball.setChecked(brush.is_ball)
        self._limited.setChecked(brush.is_threshold)
        del blockers

    def _set(self, **changes: float | bool) -> None:
        if self._book is not None:
            self._book.set_brush(replace(self._book.brush, **changes))  # type: ignore[arg-type]  # each of its own kind

    def _stored_as(self, value: object) -> None:
        if self._book is not None:
            self._book.stored_as = str(value)

    def _named(self) -> None:
        found = drawable(self._book)
        if found is not None and self._label.text() != found[1].label:
            rename_segment(self._workspace, found[0].uid, found[1].number, self._label.text())

    def _run(self, command_id: str) -> None:
        command = BY_ID[command_id]
        if command.enabled(self._workspace):
            command.run(self._workspace)
        self.refresh()

    def _to_copy(self) -> str | None:
        """Return what was only opened and is shown, and could be copied to be changed."""
        for held in self._book.shown if self._book is not None else ():
            shapes = held.shapes
            if own_of(held) is None and shapes is not None and not shapes.is_contours and not shapes.is_fractional:
                return held.uid
        return None

    def _edit_copy(self) -> None:
        uid = self._to_copy()
        held = self._book.get(uid) if self._book is not None and uid is not None else None
        if held is None:
            return
        refusal = edit_copy(self._workspace, held)
        if refusal:
            self._say(refusal)
        else:
            self._workspace.set_tool(Tool.SEGMENT_BRUSH)

    def _measure(self) -> None:
        found = drawable(self._book)
        self._measured_of = found[1] if found is not None else None
        self._tell(_("…"))
        measure(self._workspace, while_alive(self, self._show_values), while_alive(self, self._say))

    def _show_values(self, values: SegmentValues) -> None:
        unit = f" {values.unit}" if values.unit else ""
        lines = [
            _("{0} voxels").format(values.count),
            "" if values.volume_ml is None else _("{0} ml").format(f"{values.volume_ml:.4g}"),
            _("mean {0} ± {1}").format(f"{values.mean:.4g}", f"{values.sd:.3g}") + unit,
            _("median {0}").format(f"{values.median:.4g}") + unit,
            _("from {0} to {1}").format(f"{values.minimum:.4g}", f"{values.maximum:.4g}") + unit,
        ]
        self._tell("\n".join(line for line in lines if line))

    def _tell(self, text: str) -> None:
        self._told.setText(text)
        for widget in (self._told, self._told_title):
            widget.setVisible(bool(text))

    def _say(self, text: str) -> None:
        self._tell("")
        if self._workspace.window is not None:
            self._workspace.window.show_message(text)
