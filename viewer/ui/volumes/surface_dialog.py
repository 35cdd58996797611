"""Makes the surface of a volume between thresholds, shows and measures it, and writes it into a file."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from viewer.base.errors import ViewerError
from viewer.base.jobs import Job, JobHandle, ProgressReport
from viewer.base.translation import _
from viewer.ui.buttons import push_button
from viewer.ui.pieces import caution, danger, heading, paragraph, while_alive
from viewer.ui.volumes.surface_fields import SurfaceFields
from viewer.ui.volumes.surface_preview import SurfacePreview
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.surface_making import (
    MakeSurface,
    WriteSurface,
    measure_words,
)

if TYPE_CHECKING:
    from viewer.volume.rendering_request import RenderedSurface
    from viewer.volume.surface import Surface

T = TypeVar("T")

FORMATS = (
    ("STL", "*.stl"),
    ("glTF", "*.glb"),
    ("OBJ", "*.obj"),
    ("PLY", "*.ply"),
)


class SurfaceHost(Protocol):
    """What the dialog asks of the program."""

    def volume(self) -> SeriesVolume | None:
        """Return the volume when all of it is there."""

    def standing_words(self) -> str:
        """Return how far the volume is, or why there is none."""

    def submit(
        self,
        job: Job[T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        progress: Callable[[ProgressReport], None],
    ) -> JobHandle[T]:
        """Run a job; the answer comes on the GUI thread."""

    def deliver(self, call: Callable[[], None]) -> None:
        """Call something on the GUI thread."""

    def show(self, surface: "RenderedSurface | None", words: str) -> None:
        """Show a surface in the renderings of the volume, with what is said of it; None shows none any more."""

    def release(self) -> None:
        """The dialog is gone: the volume is not wanted any more."""


class SurfaceDialog(QDialog):
    """Stays open beside the images.

    Args:
        parent: The reading window.
        host: The program's side.
        title: Of the series.
        phase: Of the volume, from 0.
    """

    def __init__(self, parent: QWidget, host: SurfaceHost, title: str, phase: int = 0) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Surface"))
        self._host, self._phase, self._title = host, phase, title
        self._surface: Surface | None = None
        self._made_of: SeriesVolume | None = None
        self._handle: JobHandle[Surface] | JobHandle[tuple[Path, ...]] | None = None
        self._is_started = False
        self.fields = SurfaceFields()
        self.fields.changed.connect(self._changed)
        self.fields.color_changed.connect(self._color_chosen)
        self.preview = SurfacePreview(host.deliver)
        self.measures, self.facts = heading(""), paragraph(is_quiet=True)
        self._notes, self._trouble = caution(), danger()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self.make = push_button(_("Make"), self._toggle)
        self.make.setDefault(True)
        self.export = push_button(_("Write into a file…"), self._ask_file)
        self.in_renderings = QCheckBox(_("Show it in 3D renderings"))
        self.in_renderings.setToolTip(_("As long as this window is open"))
        self.in_renderings.toggled.connect(lambda _on: self._show_in_renderings())
        self._lay_out()
        self.finished.connect(lambda _result: self._leave())
        self.refresh()

    @property
    def trouble(self) -> str:
        """What went wrong; empty for nothing."""
        return self._trouble.text()

    def refresh(self) -> None:
        """See whether the volume is there now."""
        volume = self._host.volume()
        if volume is not None and not self._is_started:
            self._begin(volume)
        if self._surface is None and self._handle is None:
            self.preview.show_text("" if volume is not None else self._host.standing_words())
        self._enable()

    # Building

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(8)
        if self._title:
            left.addWidget(paragraph(self._title, is_quiet=True))
        left.addWidget(self.fields)
        left.addWidget(self.make)
        left.addWidget(self._bar)
        left.addWidget(self._trouble)
        left.addStretch(1)
        left.addWidget(self.measures)
        left.addWidget(self.facts)
        left.addWidget(self._notes)
        foot = QHBoxLayout()
        foot.addWidget(self.export)
        foot.addWidget(self.in_renderings)
        foot.addStretch(1)
        foot.addWidget(push_button(_("Close"), self.close))
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addLayout(left, 1)
        columns.addWidget(self.preview, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.addLayout(columns, 1)
        layout.addLayout(foot)
        self._show_measures()

    def _begin(self, volume: SeriesVolume) -> None:
        """Fill in what depends on the volume."""
        self._is_started = True
        self.fields.begin(volume, self._phase)

    # Making

    def _toggle(self) -> None:
        """Make the surface, or stop making it."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
            self.refresh()
            return
        volume = self._host.volume()
        if volume is None:
            return
        self._surface = None
        self._show_in_renderings()
        self._say("")
        self.preview.show_text(_("Making the surface…"))
        self._handle = self._host.submit(
            MakeSurface(volume, self.fields.choice, self._phase),
            while_alive(self, lambda surface: self._made(volume, surface)),
            while_alive(self, self._failed),
            while_alive(self, self._progressed),
        )
        self._enable()

    def _made(self, volume: SeriesVolume, surface: "Surface") -> None:
        self._handle = None
        self._surface, self._made_of = surface, volume
        self.preview.show_surface(volume, surface, self.fields.color)
        self._enable()
        self._show_in_renderings()

    def _failed(self, error: Exception) -> None:
        self._handle = None
        if not isinstance(error, ViewerError):
            self._say(_("This failed because of a fault of the program"))
            self._enable()
            raise error
        self._say(error.one_line())
        self.refresh()

    def _progressed(self, report: ProgressReport) -> None:
        self._bar.setRange(0, report.total)
        self._bar.setValue(report.done)
        self._bar.setToolTip(report.text)

    def _changed(self) -> None:
        """What was made is not what is chosen any more."""
        if self._surface is not None and self._handle is None:
            self._surface = None
            self._show_in_renderings()
            self.preview.show_text(_("Other values were chosen: make the surface again"))
        self._say("")
        self._enable()

    def _color_chosen(self, color: QColor) -> None:
        self.preview.set_color(color)
        self._show_in_renderings()

    def _show_in_renderings(self) -> None:
        """Show the surface there, or none."""
        surface = self._surface if self.in_renderings.isChecked() else None
        if surface is None:
            self._host.show(None, "")
            return
        from viewer.volume.rendering_request import RenderedSurface

        color = self.fields.color
        shown = RenderedSurface(surface.vertices, surface.triangles, (color.redF(), color.greenF(), color.blueF()))
        self._host.show(shown, _("Surface from {0}").format(self.fields.threshold.text()))

    # Writing

    def _ask_file(self) -> None:
        dialog = QFileDialog(self, _("Write the surface into a file"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([f"{name} ({pattern})" for name, pattern in FORMATS])
        dialog.setDefaultSuffix(FORMATS[0][1][2:])
        dialog.filterSelected.connect(lambda text: dialog.setDefaultSuffix(text.rpartition(".")[2].rstrip(")")))
        dialog.fileSelected.connect(lambda name: self.write(Path(name)))
        dialog.open()

    def write(self, path: Path) -> None:
        """Write the surface into a file."""
        if self._surface is None:
            return
        shown = self.fields.color
        color = (shown.red(), shown.green(), shown.blue())
        self._say("")
        self._handle = self._host.submit(
            WriteSurface(self._surface, path, color),
            while_alive(self, self._written),
            while_alive(self, self._failed),
            while_alive(self, self._progressed),
        )
        self._enable()

    def _written(self, paths: tuple[Path, ...]) -> None:
        self._handle = None
        self._enable()
        self.facts.setText("\n".join([self.facts.text(), *(_("Written: {0}").format(path) for path in paths)]))

    # Showing

    def _say(self, text: str) -> None:
        self._trouble.setText(text)
        self._trouble.setVisible(bool(text))

    def _enable(self) -> None:
        is_busy = self._handle is not None
        self.make.setText(_("Stop") if is_busy else _("Make"))
        self.make.setEnabled(is_busy or self._host.volume() is not None)
        self.export.setEnabled(self._surface is not None and not is_busy)
        self.in_renderings.setEnabled(self._surface is not None)
        self._bar.setVisible(is_busy)
        self._show_measures()

    def _show_measures(self) -> None:
        surface = self._surface
        self.measures.setVisible(surface is not None)
        self.facts.setVisible(surface is not None)
        self._notes.setVisible(surface is not None and bool(surface.notes))
        if surface is None:
            return
        volume, area = measure_words(surface.volume_mm3, surface.area_mm2)
        self.measures.setText(_("Volume {0}   Area {1}").format(volume, area))
        facts = [_("{0} triangles").format(f"{len(surface.triangles):,}")]
        facts.append(_("closed") if surface.is_closed else _("not closed: the volume is not certain"))
        self.facts.setText("  ·  ".join(facts))
        self._notes.setText("\n".join(f"⚠  {note}" for note in surface.notes))

    def _leave(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self.preview.release()
        self._host.show(None, "")
        self._host.release()
