"""Images of known millimetres on two monitors of unlike pixels; run by test_same_size in a process that has them.

Qt's offscreen platform reads its screens from a file, and only when the process starts.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QLabel

from tests.builders.gray_images import data_set, write
from tests.ui.flow_steps import wait_for
from tests.ui.program_window import open_window, pass_time, running
from viewer.imaging.viewport_request import Interpolation
from viewer.ui.main_window import MainWindow
from viewer.ui.monitors import Monitors
from viewer.ui.viewports.viewport import Viewport
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.viewport_state import CORNER_TEXTS

pytestmark = pytest.mark.usefixtures("qtbot")

PITCHES_MM = (0.27, 0.16)
"""Of the left and of the right monitor, measured on the glass; what Qt states of them is something else."""
# Of each image: rows\columns spacing, and a bright field of 18 mm by 12 mm in its middle.
SPACINGS_MM = ((0.5, 0.5), (0.6, 0.3))
FIELD_MM = (18.0, 12.0)


def _image(folder: Path, number: int, spacing: tuple[float, float] | None) -> Path:
    row_mm, column_mm = spacing or (1.0, 1.0)
    values = np.zeros((100, 120), np.uint16)
    height, width = round(FIELD_MM[1] / row_mm), round(FIELD_MM[0] / column_mm)
    values[50 - height // 2 : 50 - height // 2 + height, 60 - width // 2 : 60 - width // 2 + width] = 65535
    elements = {
        "Modality": "CT",
        "PatientID": "4711",
        "PatientName": "HONG^GILDONG",
        "StudyInstanceUID": "1.2.3",
        "SeriesInstanceUID": f"1.2.3.{number}",
        "SOPInstanceUID": f"1.2.3.{number}.1",
        "SeriesNumber": str(number),
        "WindowCenter": 32768,
        "WindowWidth": 65536,
    }
    if spacing is not None:
        elements["PixelSpacing"] = [f"{row_mm}", f"{column_mm}"]
    return write(folder / f"{number}.dcm", data_set(values, **elements))


@pytest.fixture
def window(qapp: QApplication, tmp_path: Path) -> Iterator[MainWindow]:
    with running(qapp, tmp_path) as programme:
        _measure(programme.monitors)
        paths = [_image(tmp_path, number, spacing) for number, spacing in enumerate((*SPACINGS_MM, None), 1)]
        opened = open_window(programme, *paths, size=(2000, 900))
        opened.workspace.set_options(
            replace(
                opened.workspace.options,
                shows_browser=False,
                shows_panels=False,
                shows_scale_bar=False,
                corner_texts=CORNER_TEXTS[-1],
            )
        )
        opened.workspace.set_layout(1, 3)
        opened.move(QPoint(200, 40))  # the middle of the window is where the right monitor begins
        for cell, series in enumerate(opened.workspace.tree.all_series()):
            opened.workspace.show_series(series.key, cell)
            opened.workspace.adjust("sharp", lambda state: replace(state, interpolation=Interpolation.NEAREST), cell)
        pass_time(0.5)
        yield opened


def _measure(monitors: Monitors) -> None:
    for screen, pitch in zip(QGuiApplication.screens(), PITCHES_MM, strict=True):
        monitors.store.keep(replace(monitors.record(screen), pixel_pitch_mm=(pitch, pitch)))


def _viewport(window: MainWindow, cell: int) -> Viewport:
    found = window.widget_at(cell)
    assert isinstance(found, Viewport)
    return found


def _field_px(window: MainWindow, cell: int) -> tuple[int, int]:
    """Return width and height in device pixels, as painted, of the bright field: it lies in the viewport's middle."""
    wait_for(lambda: not window.is_loading())
    image = _viewport(window, cell).grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    octets = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    bright: NDArray[np.bool_] = octets[:, : image.width()] > 128
    return _run_of(bright[image.height() // 2], image.width() // 2), _run_of(
        bright[:, image.width() // 2], image.height() // 2
    )


def _run_of(line: NDArray[np.bool_], middle: int) -> int:
    dark = np.flatnonzero(~line)
    return int(dark[dark > middle].min() - dark[dark < middle].max() - 1)


def _on_glass_mm(window: MainWindow, cell: int, pitch: float) -> tuple[float, float]:
    width, height = _field_px(window, cell)
    return width * pitch, height * pitch


def _run(window: MainWindow, command: str, cell: int) -> str:
    window.workspace.activate(cell)
    window.job_line.clear()
    BY_ID[command].run(window.workspace)
    pass_time(0.4)
    return "".join(label.text() for label in window.job_line.findChildren(QLabel))


def test_a_known_length_is_as_long_on_the_glass_as_in_the_image(window: MainWindow) -> None:
    monitors = [_viewport(window, cell).screen().name() for cell in (0, 2)]
    assert monitors == ["Left", "Left"]  # Qt counts a whole window to one
    for cell in (0, 1):
        _run(window, "view.true_size", cell)
        assert _on_glass_mm(window, cell, PITCHES_MM[0]) == pytest.approx(FIELD_MM, abs=1.5 * PITCHES_MM[0])


def test_on_the_other_monitor_the_same_length_has_more_pixels(window: MainWindow) -> None:
    window.workspace.swap(1, 2)
    _run(window, "view.true_size", 0)
    _run(window, "view.true_size", 2)
    assert _on_glass_mm(window, 0, PITCHES_MM[0]) == pytest.approx(FIELD_MM, abs=1.5 * PITCHES_MM[0])
    assert _on_glass_mm(window, 2, PITCHES_MM[1]) == pytest.approx(FIELD_MM, abs=1.5 * PITCHES_MM[1])


def test_same_size_is_the_same_on_both_monitors_and_names_who_stays(window: MainWindow) -> None:
    window.workspace.swap(1, 2)
    before = _field_px(window, 2)
    text = _run(window, "view.same_size", 0)
    assert text == "One size in 2 viewports; viewport 2 stays: the file states no spacing of its pixels"
    left, right = _on_glass_mm(window, 0, PITCHES_MM[0]), _on_glass_mm(window, 2, PITCHES_MM[1])
    assert left == pytest.approx(right, abs=2 * PITCHES_MM[0])
    window.workspace.undo()
    pass_time(0.4)
    assert _field_px(window, 2) == before


def test_an_image_without_spacing_says_so(window: MainWindow) -> None:
    text = _run(window, "view.true_size", 2)
    assert text == "No true size: the file states no spacing of its pixels"
