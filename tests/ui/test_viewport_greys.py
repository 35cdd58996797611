"""Greys of 32 bits on their way to the screen: words arrive as they were made."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget
from pytestqt.qtbot import QtBot

from tests.builders.displays import measured
from tests.builders.gray_images import gray_frame, gray_state
from viewer.imaging.display_calibration import MoreGreys
from viewer.imaging.display_greys import gray_output
from viewer.imaging.geometry_cache import GeometryCache
from viewer.imaging.modality_lut import IDENTITY
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.imaging.stored_frame import PixelDescription
from viewer.imaging.viewport_image import RenderedViewport, RenderRequest, render_viewport
from viewer.imaging.voi_lut import VoiOption, Window
from viewer.ui.viewports.finished_pixels import Shown, Surface, picture_of
from viewer.ui.viewports.surface_depth import surface_has_ten_bits

WIDTH, HEIGHT = 512, 96
PAINTED = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from tests.ui.test_viewport_greys import HEIGHT, WIDTH, ramp, surface_of, words_of
from viewer.imaging.display_calibration import MoreGreys
from viewer.ui.viewports.surface_depth import surface_has_ten_bits

application = QApplication(sys.argv)
rendered = ramp(MoreGreys.TEN_BITS)
surface = surface_of(rendered)
surface.show()

def look() -> None:
    screen = surface.screen()
    grabbed = screen.grabWindow(surface.winId()).toImage()
    is_same = (words_of(grabbed) == rendered.pixels)[:40].all()
    print(screen.depth(), surface_has_ten_bits(surface), surface_has_ten_bits(screen), bool(is_same), flush=True)
    application.quit()

QTimer.singleShot(300, look)
application.exec()
"""


def ramp(more_greys: MoreGreys, *, is_dithered: bool = False) -> RenderedViewport:
    """Return a viewport whose columns run through all greys."""
    values = np.tile(np.linspace(0, 65535, WIDTH).astype(np.uint16), (HEIGHT, 1))
    state = gray_state(
        PixelDescription(HEIGHT, WIDTH),
        modality_transform=IDENTITY,
        voi_options=(VoiOption(Window(32768, 65536)),),
    )
    request = RenderRequest("ramp", (WIDTH, HEIGHT), SpatialTransform().at_scale(1.0))
    calibration = measured("gamma 2.2", more_greys=more_greys, is_dithered=is_dithered)
    return render_viewport(gray_frame(values), state, request, GeometryCache(), calibration)


def surface_of(rendered: RenderedViewport) -> Surface:
    """Return a viewport's surface that shows these pixels."""
    parent = QWidget()
    surface = Surface(parent)
    surface.setParent(None)
    surface.resize(WIDTH, HEIGHT)
    surface.resize_items(QRectF(0, 0, WIDTH, HEIGHT))
    surface.pixels.show_picture(Shown(rendered, picture_of(rendered)))
    return surface


def words_of(image: QImage) -> np.ndarray:
    """Return the words of a picture of 32 bits a pixel."""
    lines = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return lines[:, : image.width()].copy()


@pytest.mark.parametrize("is_dithered", [False, True])
@pytest.mark.parametrize(
    ("more_greys", "form"),
    [
        (MoreGreys.NONE, QImage.Format.Format_Grayscale8),
        (MoreGreys.BIT_STEALING, QImage.Format.Format_RGB32),
        (MoreGreys.TEN_BITS, QImage.Format.Format_RGB30),
    ],
)
def test_pixels_become_a_picture_of_their_own_kind(
    more_greys: MoreGreys, form: QImage.Format, is_dithered: bool
) -> None:
    rendered = ramp(more_greys, is_dithered=is_dithered)
    picture = picture_of(rendered)
    assert picture.format() == form
    if more_greys is not MoreGreys.NONE:
        assert (words_of(picture) == rendered.pixels).all()
        assert len(np.unique(rendered.pixels)) > 400


def test_stolen_greys_are_painted_word_by_word(qtbot: QtBot) -> None:
    rendered = ramp(MoreGreys.BIT_STEALING)
    surface = surface_of(rendered)
    qtbot.addWidget(surface)
    surface.show()
    grabbed = surface.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    # The lowest rows are left to the words that are written over the pixels.
    assert (words_of(grabbed) == rendered.pixels)[:40].all()
    assert {"0xff000001", "0xff010101"} <= set(map(hex, gray_output(rendered.calibration).greys[:9]))


@pytest.mark.parametrize(
    ("form", "more_greys"),
    [
        (QImage.Format.Format_A2RGB30_Premultiplied, MoreGreys.TEN_BITS),
        (QImage.Format.Format_ARGB32_Premultiplied, MoreGreys.BIT_STEALING),
    ],
)
def test_a_store_of_their_depth_takes_them_unchanged(qtbot: QtBot, form: QImage.Format, more_greys: MoreGreys) -> None:
    rendered = ramp(more_greys)
    surface = surface_of(rendered)
    qtbot.addWidget(surface)
    store = QImage(WIDTH, HEIGHT, form)
    painter = QPainter(store)
    surface.pixels.paint(painter, QStyleOptionGraphicsItem())
    painter.end()
    assert (words_of(store) == rendered.pixels)[:40].all()


def test_a_surface_that_is_not_known_has_no_ten_bits(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    assert not surface_has_ten_bits(widget)
    assert not surface_has_ten_bits(widget.screen())


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")
@pytest.mark.parametrize(("depth", "has_ten_bits"), [(30, True), (24, False)])
def test_an_x11_screen_of_ten_bits_gets_all_of_them(depth: int, has_ten_bits: bool) -> None:
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"800x600x{depth}", "-nolisten", "tcp"],
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        where = {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": str(Path.cwd())}
        done = subprocess.run(
            [sys.executable, "-c", PAINTED], env={**os.environ, **where}, capture_output=True, text=True, timeout=60
        )
    finally:
        server.terminate()
        server.wait()
    if "could not load the Qt platform plugin" in done.stderr.lower():
        pytest.skip("the libraries of Qt's X11 platform are not installed")
    assert done.stdout.split() == [str(depth), str(has_ten_bits), str(has_ten_bits), str(has_ten_bits)], done.stderr
