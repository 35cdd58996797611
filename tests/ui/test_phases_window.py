"""Phases in the whole program: the slider, playing in planes and renderings, regions drawn by hand and their curves."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider

from tests.builders.pet_ct import write_pet
from tests.builders.phantoms import upright_stack, write_phases
from tests.ui.program_window import open_window, pass_time, running
from viewer.application.programme import Programme
from viewer.application.screenshot import wait_until_settled
from viewer.measurement.suv import SuvScale
from viewer.ui.viewports.grid import ViewportGrid
from viewer.ui.viewports.viewport import Viewport
from viewer.ui.volumes.curve_window import CurveWindow
from viewer.ui.volumes.phase_section import PhaseSection
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.curve_placing import curves_at
from viewer.workspace.phase_curves import RegionShape
from viewer.workspace.suv_choice import set_suv_type, suv_at
from viewer.workspace.volume_phases import phase_at
from viewer.workspace.workspace import Workspace

pytestmark = pytest.mark.usefixtures("qtbot")

SIDE, SLICES, TIMES_MS = 32, 12, (0, 250, 500, 1000)
VALUES = (10.0, 200.0, 500.0, 90.0)
LEFT, NO = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Phases:
    """A window with a series of four phases, each of one value everywhere."""

    def __init__(self, programme: Programme, folder: Path) -> None:
        stack = upright_stack((SIDE, SIDE, SLICES), (2.0, 2.0, 4.0))
        values = np.stack([np.full((SLICES, SIDE, SIDE), value) for value in VALUES])
        write_phases(folder, stack, values, [{"TriggerTime": str(time)} for time in TIMES_MS])
        self.programme = programme
        self.window = open_window(programme, folder, size=(1280, 800))
        self.workspace: Workspace = self.window.workspace

    def run(self, command: str) -> None:
        BY_ID[command].run(self.workspace)
        self.settle()

    def settle(self) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        wait_until_settled(application, self.programme, self.window)
        pass_time(0.1)

    def viewport(self, cell: int = 0) -> Viewport:
        grid = self.window.findChild(ViewportGrid)
        found = grid.viewport_of(cell) if grid is not None else None
        assert found is not None
        return found

    def drag(self, start: tuple[int, int], end: tuple[int, int], cell: int = 0) -> None:
        viewport = self.viewport(cell)
        QTest.mousePress(viewport, LEFT, NO, QPoint(*start))
        QTest.mouseMove(viewport, QPoint((start[0] + end[0]) // 2, (start[1] + end[1]) // 2))
        QTest.mouseMove(viewport, QPoint(*end))
        QTest.mouseRelease(viewport, LEFT, NO, QPoint(*end))
        self.settle()

    @property
    def curves(self) -> CurveWindow:
        found = self.window.findChild(CurveWindow)
        assert isinstance(found, CurveWindow)
        return found

    def words(self, cell: int = 0) -> str:
        texts = self.viewport(cell).shown.texts
        lines = [line.text for line in (*texts.bottom_left, *texts.top_right)]
        return "\n".join((*lines, *(chip.text for chip in texts.chips)))


@pytest.fixture
def phases(tmp_path: Path) -> Iterator[Phases]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    with running(application, tmp_path) as programme:
        yield Phases(programme, tmp_path / "phases")


def test_every_view_says_its_phase_and_the_slider_changes_all(phases: Phases) -> None:
    phases.run("volume.multiplanar")
    phases.run("volume.panel")
    section = phases.window.findChild(PhaseSection)
    assert section is not None
    assert section.isVisible()
    slider = section.findChild(QSlider)
    assert slider is not None
    slider.setValue(2)
    phases.settle()
    for cell in range(4):
        assert "Phase 3/4" in phases.words(cell)
        assert "Trigger 500 ms" in phases.words(cell)
        displayed = phases.workspace.displayed(cell)
        assert displayed is not None
        assert displayed.stored is not None
    plane = phases.workspace.displayed(0)
    assert plane is not None
    assert plane.stored is not None
    values = plane.stored.values + plane.rendered.state.modality_transform.intercept  # type: ignore[union-attr]  # linear
    assert np.allclose(values, VALUES[2])
    phases.workspace.undo()
    phases.settle()
    assert slider.value() == 0


def test_phases_are_played_in_planes_and_renderings(phases: Phases) -> None:
    phases.run("volume.multiplanar")
    seen: list[int] = []
    for command in ("", "rendering.show"):
        if command:
            phases.workspace.activate(3)
            phases.run(command)
        phases.workspace.viewports_changed.connect(lambda _cells: seen.append(phase_at(phases.workspace)))
        BY_ID["phase.play"].run(phases.workspace)
        pass_time(1.6)
        BY_ID["phase.play"].run(phases.workspace)
        phases.settle()
        assert set(seen) == {0, 1, 2, 3}
        seen.clear()


def test_a_region_and_a_point_are_drawn_and_followed(phases: Phases, tmp_path: Path) -> None:
    phases.run("volume.multiplanar")
    phases.run("tool.phase_region")
    phases.drag((130, 130), (190, 200))
    phases.drag((210, 150), (210, 150))
    shapes = [each.region.region.shape for each in curves_at(phases.workspace, 0)]
    assert shapes == [RegionShape.ELLIPSE, RegionShape.POINT]
    window = phases.curves
    assert [title for title, _curve in window.curves] == ["1 Ellipse", "2 Point"]
    for _title, curve in window.curves:
        assert [each.mean for each in curve.values] == pytest.approx(VALUES)
        assert curve.times is not None
        assert curve.times.seconds == pytest.approx([time / 1000 for time in TIMES_MS])
    assert len(phases.viewport(0).regions.marks) == 2
    assert phases.viewport(3).regions.marks == ()

    window.write(tmp_path / "curves.csv")
    with (tmp_path / "curves.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [float(line["mean"]) for line in lines] == pytest.approx([*VALUES, *VALUES])
    window.write(tmp_path / "curves.png")
    assert not QImage(str(tmp_path / "curves.png")).isNull()
    window.copy()
    assert QGuiApplication.clipboard().text().startswith("region\tphase\t")

    phases.workspace.undo()
    phases.settle()
    assert len(curves_at(phases.workspace, 0)) == 1
    phases.run("phase.remove_regions")
    assert curves_at(phases.workspace, 0) == ()
    assert phases.viewport(0).regions.marks == ()


def test_a_click_in_the_diagram_goes_to_the_phase(phases: Phases) -> None:
    phases.run("volume.multiplanar")
    phases.run("phase.follow_center")
    window = phases.curves
    place = window.diagram.place_on_screen(2)
    assert place is not None
    inner = window.diagram.plot.viewport()
    at = inner.mapFrom(window.diagram, place.toPoint())
    none = Qt.MouseButton.NoButton
    moved = QMouseEvent(QEvent.Type.MouseMove, QPointF(at), inner.mapToGlobal(QPointF(at)), none, none, NO)
    QApplication.sendEvent(inner, moved)
    cells = [window.table.item(0, column) for column in (1, 2, 3)]
    assert [cell.text() for cell in cells if cell is not None] == ["3", "0.5", "500"]
    QTest.mouseClick(inner, LEFT, NO, at)
    phases.settle()
    assert phase_at(phases.workspace) == 2
    window.diagram.setFocus()
    QTest.keyClick(window.diagram, Qt.Key.Key_Right)
    assert phase_at(phases.workspace) == 3
    phases.workspace.undo()
    assert phase_at(phases.workspace) == 2


def test_a_slice_is_followed_and_gone_to_in_its_images(phases: Phases) -> None:
    phases.run("tool.phase_region")
    phases.drag((300, 300), (300, 300))
    (followed,) = curves_at(phases.workspace, 0)
    assert followed.curve is not None
    assert [each.mean for each in followed.curve.values] == pytest.approx(VALUES)
    index = phases.workspace.viewport(0).index
    QTest.keyClick(phases.curves.diagram, Qt.Key.Key_Right)
    phases.settle()
    image = phases.workspace.image_at(0)
    assert image is not None
    assert image.header.ascii(0x00181060) == "250"
    assert phases.workspace.viewport(0).index == index
    assert len(phases.viewport(0).regions.marks) == 1  # it lies there in every phase
    phases.workspace.scroll(1)
    phases.settle()
    assert phases.viewport(0).regions.marks == ()


def test_where_nothing_can_be_followed_it_is_said(phases: Phases, monkeypatch: pytest.MonkeyPatch) -> None:
    phases.run("volume.multiplanar")
    phases.workspace.activate(3)
    said: list[str] = []
    window = phases.workspace.window
    assert window is not None
    monkeypatch.setattr(window, "show_message", said.append)
    BY_ID["phase.follow_center"].run(phases.workspace)
    assert said == ["Points and regions are placed on planes and images"]


def test_curves_of_a_pet_are_in_the_suv_that_is_shown(tmp_path: Path) -> None:
    folder = tmp_path / "pet"
    first = [pydicom.dcmread(path) for path in write_pet(folder, FrameReferenceTime="1000", AcquisitionTime="100000")]
    for number, data_set in enumerate(first):
        data_set.SOPInstanceUID = data_set.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
        data_set.FrameReferenceTime, data_set.AcquisitionTime = "61000", "100100"
        data_set.RescaleSlope = float(data_set.RescaleSlope) * 2
        data_set.save_as(folder / f"second{number}")
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    with running(application, tmp_path) as programme:
        window = open_window(programme, folder)
        workspace = window.workspace

        def run(command: str) -> None:
            BY_ID[command].run(workspace)
            wait_until_settled(application, programme, window)
            pass_time(0.2)

        run("volume.multiplanar")
        run("phase.follow_center")
        curves = window.findChild(CurveWindow)
        assert isinstance(curves, CurveWindow)
        ((_title, measured),) = curves.curves
        assert measured.times is not None
        assert measured.times.seconds == (1.0, 61.0)
        assert measured.values[1].mean == pytest.approx(2 * measured.values[0].mean, rel=1e-3)
        factor_before = measured.values[0].mean
        set_suv_type(workspace, "bw")
        wait_until_settled(application, programme, window)
        pass_time(0.2)
        ((_title, shown),) = curves.curves
        scale = suv_at(workspace)
        assert isinstance(scale, SuvScale)
        assert shown.values[0].mean == pytest.approx(scale.factors["bw"].of(factor_before))
        assert "SUVbw" in shown.unit
