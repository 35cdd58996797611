"""What is written over the pixels: letters, identity, scale, chips; and what goes when there is little room."""

import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from tests.builders.ct_series import write_ct_series
from tests.ui.viewport_scene import Scene
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.ui.overlays.outlined_text import text_width
from viewer.ui.overlays.overlay_texts import Line, OverlayTexts, ScaleBar, nice_length_mm
from viewer.ui.overlays.painting import fitted, kept, paint_banner, paint_overlay, wrapped
from viewer.ui.overlays.scale_bar_painting import bar_text, placed_bar

pytestmark = pytest.mark.usefixtures("qtbot")

_AXES = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))
_LETTERS = {(1, 0, 0): "L", (-1, 0, 0): "R", (0, 1, 0): "P", (0, -1, 0): "A", (0, 0, 1): "H", (0, 0, -1): "F"}
ORIENTATIONS = [(row, column) for row, column in itertools.product(_AXES, _AXES) if not np.dot(row, column)]


def _seen_letters(scene: Scene) -> tuple[str, str, str, str]:
    """Work out the letters independently: walk on the screen, and look where that leads in the patient."""
    placement = scene.viewport().placement
    plane = scene.viewport().shown.rendered
    assert placement is not None
    assert plane is not None
    assert plane.state.plane is not None

    def place(x: float, y: float) -> np.ndarray:
        column, row = placement.to_image((x, y))
        assert plane.state.plane is not None
        return np.array(plane.state.plane.point_patient(column - 0.5, row - 0.5))

    origin = place(100, 100)

    def letter(x: float, y: float) -> str:
        step = place(x, y) - origin
        main = np.zeros(3, int)
        main[np.argmax(np.abs(step))] = np.sign(step[np.argmax(np.abs(step))])
        return _LETTERS[tuple(main.tolist())]

    return letter(90, 100), letter(110, 100), letter(100, 90), letter(100, 110)


def test_letters_are_those_of_the_displayed_matrix_for_all_orientations(tmp_path: Path) -> None:
    paths = []
    for number, (row, column) in enumerate(ORIENTATIONS):
        folder = tmp_path / str(number)
        paths += write_ct_series(
            folder, 1, 32, orientation=tuple(map(float, (*row, *column))), label=f"letters{number}"
        )
    checked = 0
    with Scene(paths, (300, 300)) as scene:
        assert len(scene.sets) == len(ORIENTATIONS) == 24
        for place in range(len(ORIENTATIONS)):
            scene.show(place)
            for turns, flips in (((1, 0), (2, 1)), ((3, 2), (0, 3)), ((3, 1), (1, 2)))[place % 3]:
                transform = SpatialTransform().rotated(90.0 * turns)
                transform = transform.flipped_horizontally() if flips & 1 else transform
                transform = transform.flipped_vertically() if flips & 2 else transform
                scene.workspace.change(replace(scene.workspace.viewport(0), transform=transform), "Turn")
                scene.settle()
                letters = scene.viewport().shown.texts.letters
                assert (letters.left, letters.right, letters.top, letters.bottom) == _seen_letters(scene)
                checked += 1
    assert checked == 48


def test_letters_are_blank_where_nothing_states_them(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, 1, 32, elements={"ImageOrientationPatient": None})
    with Scene(paths) as scene:
        scene.show(0)
        assert not scene.viewport().shown.texts.letters.is_known


def test_the_scale_bar_is_as_long_as_it_says_and_absent_without_spacing(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path / "a", 1, 64, pixel_spacing_mm=(0.5, 2.0), label="a")
    with Scene(paths) as scene:
        viewport = scene.show(0)
        bar, placement = viewport.shown.texts.scale_bar, viewport.placement
        assert bar is not None
        assert placement is not None
        # One image column is 2 mm wide.
        assert bar.device_pixels_per_mm == pytest.approx(placement.scale_x / 2.0)
        assert bar.label == "mm"
        turned = SpatialTransform(rotation_deg=90.0)
        scene.workspace.change(replace(scene.workspace.viewport(0), transform=turned), "Turn")
        scene.settle()
        bar, placement = viewport.shown.texts.scale_bar, viewport.placement
        assert bar is not None
        assert placement is not None
        # Now rows run along the screen's rows: 0.5 mm each.
        assert bar.device_pixels_per_mm == pytest.approx(placement.scale_y / 0.5)
    paths = write_ct_series(tmp_path / "b", 1, 64, label="b", elements={"PixelSpacing": None})
    with Scene(paths) as scene:
        assert scene.show(0).shown.texts.scale_bar is None


def test_a_picture_that_cannot_be_had_says_why_under_its_patients_name(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, 1, 64)
    scene = Scene(paths)
    with scene:
        whole = paths[0].read_bytes()
        scene.viewport()
        paths[0].write_bytes(whole[: len(whole) - 64 * 64 * 2])
        viewport = scene.show(0)
        texts = viewport.shown.texts
        assert texts.identity
        assert texts.message or any("TRUNCATED" in chip.text for chip in texts.chips)


def test_the_chips_say_what_is_not_exact(tmp_path: Path) -> None:
    with Scene(write_ct_series(tmp_path, 3, 64)) as scene:
        viewport = scene.show(0)
        words = [chip.text for chip in viewport.shown.texts.chips]
        assert "NOT CALIBRATED" in words
        assert "INTERPOLATED" in words
        state = scene.workspace.viewport(0)
        scene.workspace.change(replace(state, transform=state.transform.at_scale(1.0)), "1:1")
        scene.settle()
        assert "INTERPOLATED" not in [chip.text for chip in viewport.shown.texts.chips]


def test_a_gap_is_said_on_the_viewport(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, 12, 32)
    with Scene([path for number, path in enumerate(paths) if number != 6]) as scene:
        assert "GAPS" in [chip.text for chip in scene.show(0).shown.texts.chips]


def _ink(texts: OverlayTexts, width: int, height: int) -> np.ndarray:
    image = QImage(width, height, QImage.Format.Format_Grayscale8)
    image.fill(0)
    painter = QPainter(image)
    paint_overlay(painter, QRectF(0, 0, width, height), texts)
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    return rows[:, :width].copy()


def test_the_identity_is_drawn_at_every_size_and_other_lines_go(tmp_path: Path) -> None:
    del tmp_path
    lines = tuple(Line(f"line {number}", number) for number in range(8))
    texts = OverlayTexts(identity=("HONG GILDONG", "1961-02-03 M", "ID 4711"), top_right=lines, bottom_left=lines)
    for width, height in ((40, 30), (90, 60), (200, 150), (800, 600)):
        assert (_ink(texts, width, height)[: height // 2] > 120).sum() > 20
    nothing = replace(texts, identity=())
    assert (_ink(nothing, 90, 40) > 120).sum() == 0
    assert (_ink(nothing, 800, 600) > 120).sum() > 1000


def test_a_name_with_markup_is_drawn_as_it_is(tmp_path: Path) -> None:
    del tmp_path
    image = QImage(400, 60, QImage.Format.Format_Grayscale8)
    image.fill(0)
    painter = QPainter(image)
    plain = paint_banner(painter, QRectF(0, 0, 400, 60), ("<b>X</b>",), 13)
    bold = paint_banner(painter, QRectF(0, 0, 400, 60), ("X",), 13)
    painter.end()
    assert plain.width() > bold.width() * 3


def test_the_least_important_lines_go_first() -> None:
    lines = (Line("a", 40), Line("b", 10), Line("c", 80), Line("d", 20))
    assert [line.text for line in kept(lines, 2)] == ["b", "d"]
    assert kept(lines, 9) == lines
    assert kept(lines, -1) == ()


@pytest.mark.parametrize("longest", [0.003, 0.9, 1.0, 1.99, 4.2, 49.9, 50.0, 730.0])
def test_a_scale_bar_has_a_round_length(longest: float) -> None:
    length = nice_length_mm(longest)
    assert longest / 2.5 <= length <= longest * (1 + 1e-9)
    mantissa = length / 10 ** math.floor(math.log10(length) + 1e-9)
    assert min(abs(mantissa - nice) for nice in (1, 2, 5)) < 1e-6


def test_a_message_is_broken_at_spaces() -> None:
    lines = wrapped("The frame cannot be decoded: it is cut after a third of its bytes", 13, 150.0)
    assert len(lines) > 2
    assert " ".join(lines) == "The frame cannot be decoded: it is cut after a third of its bytes"


def test_whole_fields_fall_away_before_a_number_is_cut() -> None:
    line = "P −881.3 mm  T 3.27 mm"
    assert fitted(line, 13, 1000.0) == line
    assert fitted(line, 13, text_width(line, 13) - 1.0) == "P −881.3 mm"
    assert fitted("no fields to drop", 13, 40.0).endswith("…")


@pytest.mark.parametrize("size", [(150, 140), (200, 160), (240, 350), (330, 300), (640, 480), (1600, 900)])
@pytest.mark.parametrize("letter", ["", "PF"])
def test_the_scale_bar_stays_and_covers_neither_chips_nor_letter(size: tuple[int, int], letter: str) -> None:
    area = QRectF(6, 6, size[0] - 12, size[1] - 12)
    is_aside = min(size) < 260
    foot = area.bottom() - (18.0 if letter else 0.0)
    chips = QRectF(area.right() - 0.45 * area.width(), area.bottom() - 15.0, 0.45 * area.width(), 15.0)
    placed = placed_bar(area, ScaleBar(3.7, "mm"), 1.0, foot, chips, is_aside=is_aside)
    assert placed is not None
    assert area.contains(placed.area)
    assert not placed.area.intersects(chips)
    assert placed.line.length() == pytest.approx(float(placed.text.split()[0]) * 3.7)
    if letter and not is_aside:
        assert placed.area.bottom() <= foot


def test_the_scale_bar_is_drawn_in_a_small_viewport(tmp_path: Path) -> None:
    with Scene(write_ct_series(tmp_path, 1, 64), (240, 240)) as scene:
        texts = scene.show(0).shown.texts
        assert texts.scale_bar is not None
        assert (_ink(texts, 240, 240) != _ink(replace(texts, scale_bar=None), 240, 240)).sum() > 50


def test_a_narrow_viewport_still_says_the_whole_window(tmp_path: Path) -> None:
    elements = {"WindowCenter": "1538.6", "WindowWidth": "11907"}
    with Scene(write_ct_series(tmp_path, 1, 64, elements=elements), (275, 640)) as scene:
        texts = scene.show(0).shown.texts
        (line,) = [line for line in texts.bottom_left if line.text.startswith("W ")]
        without_level = replace(line, text=line.text.rpartition("  ")[0])
        shorter = tuple(without_level if each is line else each for each in texts.bottom_left)
        assert line.text == "W 11907  L 1539"
        assert not np.array_equal(_ink(texts, 275, 640), _ink(replace(texts, bottom_left=shorter), 275, 640))


def test_a_scale_below_a_tenth_of_a_millimetre_is_told_in_micrometres() -> None:
    assert bar_text(0.05, "mm") == "50 µm"
    assert bar_text(0.1, "mm") == "0.1 mm"
    assert bar_text(0.05, "mm est.") == "0.05 mm est."
