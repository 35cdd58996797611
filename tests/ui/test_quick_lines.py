"""Many marks under a moving hand: drawn quickly, at the same places as at rest."""

import itertools
import math
import random

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from viewer.dicom.graphic_objects import GraphicObject, GraphicStyle, GraphicType
from viewer.imaging.spatial_transform import ImagePlacement, SpatialTransform
from viewer.ui.overlays.graphic_painting import HaloedPicture
from viewer.ui.overlays.graphic_paths import GraphicPaths

pytestmark = pytest.mark.usefixtures("qapp")
SIZE = (300, 240)
RED, BLUE = "#ff0000", "#0000ff"
KINDS = ("line", "polygon", "circle", "ellipse", "curve", "point", "arrow")


def graphic(kind: str, chance: random.Random) -> GraphicObject:
    x, y = chance.uniform(-20, 80), chance.uniform(-20, 70)
    points = tuple((x + chance.uniform(0, 30), y + chance.uniform(0, 30)) for _each in range(5))
    if kind == "circle":
        return GraphicObject(GraphicType.CIRCLE, points[:2])
    if kind == "ellipse":
        reach = chance.uniform(3, 15), chance.uniform(3, 15)
        ends = ((x - reach[0], y), (x + reach[0], y), (x, y - reach[1]), (x, y + reach[1]))
        return GraphicObject(GraphicType.ELLIPSE, ends)
    if kind == "curve":
        return GraphicObject(GraphicType.INTERPOLATED, points)
    if kind == "point":
        return GraphicObject(GraphicType.POINT, points[:1])
    style = GraphicStyle(has_arrow=kind == "arrow")
    return GraphicObject(GraphicType.POLYLINE, points if kind == "polygon" else points[:2], style=style)


def painted(
    paths: GraphicPaths, placement: ImagePlacement, *, is_moving: bool, ratio: float = 1.0
) -> NDArray[np.int16]:
    image = QImage(*SIZE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("#808080"))
    painter = QPainter(image)
    area = QRectF(0, 0, SIZE[0] / ratio, SIZE[1] / ratio)
    HaloedPicture().paint(painter, area, 1, placement, paths, is_moving=is_moving)
    painter.end()
    return np.frombuffer(image.bits(), np.uint8).reshape(SIZE[1], SIZE[0], 4)[..., :3].astype(np.int16)


def near(mask: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Return what is no farther than some pixels from a mask."""
    padded = np.pad(mask, reach)
    steps = itertools.product(range(2 * reach + 1), repeat=2)
    found: NDArray[np.bool_] = np.logical_or.reduce([padded[y : y + SIZE[1], x : x + SIZE[0]] for x, y in steps])
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("rotation", "is_flipped"), list(itertools.product((0.0, 90.0, 180.0, 217.0), (False, True))))
@pytest.mark.parametrize(("zoom", "ratio"), [(0.6, 1.0), (1.0, 2.0), (7.3, 1.0)])
def test_lines_lie_where_qt_draws_them(kind: str, rotation: float, is_flipped: bool, zoom: float, ratio: float) -> None:
    chance = random.Random(7)
    inked = [(graphic(kind, chance), RED) for _each in range(90)]
    if kind == "point":  # crosses alone are few lines: others, out of sight, make them many
        far = GraphicObject(GraphicType.POLYLINE, ((-9e3, -9e3), (-9e3, -9.1e3)))
        inked += [(far, RED)] * 90
    paths = GraphicPaths(inked)
    assert paths.quick
    placement = SpatialTransform(rotation, is_flipped, zoom=zoom).place(64, 48, 1.25, SIZE)
    fine, quick = (painted(paths, placement, is_moving=is_moving, ratio=ratio) for is_moving in (False, True))
    certain = [image[..., 2] - image[..., 1] > 150 for image in (fine, quick)]
    touched = [image[..., 2] - image[..., 1] > 20 for image in (fine, quick)]
    assert certain[1].any()
    assert (certain[0] & ~near(touched[1], 1)).sum() <= 0.002 * certain[0].sum()  # Qt's ends reach farther
    assert not (certain[1] & ~near(touched[0], 1)).any()
    assert not ((quick[..., 0] != 128) & ~near(touched[1], 1 + round(ratio))).any()


def test_a_straight_line_is_on_the_very_pixels_of_its_place() -> None:
    many = [
        (GraphicObject(GraphicType.POLYLINE, ((10.0, 5.0 + 0.25 * at), (40.0, 5.0 + 0.25 * at))), RED) for at in (0,)
    ]
    far = GraphicObject(GraphicType.POLYLINE, ((-9e3, -9e3), (-9e3, -9.1e3)))
    paths = GraphicPaths([*many, *[(far, RED)] * 90])
    for shift in np.linspace(0, 3, 13).tolist():
        placement = SpatialTransform(pan=(0.0, shift)).place(64, 48, 1.0, SIZE)
        quick = painted(paths, placement, is_moving=True)
        rows = np.flatnonzero((quick[:, SIZE[0] // 2, 2] - quick[:, SIZE[0] // 2, 1]) > 150)
        assert rows.tolist() == [math.floor(placement.to_viewport((25.0, 5.0))[1])]


def test_colours_drawn_later_lie_over_the_others_and_have_their_halo() -> None:
    cross = [
        (GraphicObject(GraphicType.POLYLINE, ((10.0, 24.1), (54.0, 24.1))), RED),
        (GraphicObject(GraphicType.POLYLINE, ((32.1, 10.0), (32.1, 40.0))), BLUE),
    ]
    far = GraphicObject(GraphicType.POLYLINE, ((-9e3, -9e3), (-9e3, -9.1e3)))
    paths = GraphicPaths([*cross, *[(far, RED)] * 90])
    placement = SpatialTransform().place(64, 48, 1.0, SIZE)
    quick = painted(paths, placement, is_moving=True)
    x, y = (math.floor(part) for part in placement.to_viewport((32.1, 24.1)))
    assert quick[y, x].tolist() == [255, 0, 0]
    assert quick[y, x + 20].tolist() == [0, 0, 255]
    dark = quick[y + 1, x + 20]
    assert dark.tolist() == [dark[0]] * 3
    assert abs(dark[0] - 128 * (1 - 0.62)) <= 2


def test_dashed_and_broad_lines_are_drawn_by_qt_in_either_case() -> None:
    chance = random.Random(3)
    thin = [(graphic("line", chance), RED) for _each in range(90)]
    styles = (GraphicStyle(is_dashed=True), GraphicStyle(width_px=3.0))
    other = [
        (GraphicObject(GraphicType.POLYLINE, ((2.0, 3.0 + at), (60.0, 44.0 - at)), style=style), BLUE)
        for at, style in enumerate(styles)
    ]
    placement = SpatialTransform().place(64, 48, 1.0, SIZE)
    alone = painted(GraphicPaths(other), placement, is_moving=False)
    both = painted(GraphicPaths([*thin, *other]), placement, is_moving=True)
    is_blue = (alone[..., 0] == 255) & (alone[..., 1] == 0)
    assert is_blue.sum() > 300
    assert (both[is_blue] == alone[is_blue]).all()


def test_what_was_drawn_quickly_is_drawn_finely_when_the_hand_rests() -> None:
    chance = random.Random(5)
    paths = GraphicPaths([(graphic("ellipse", chance), RED) for _each in range(90)])
    placement = SpatialTransform().place(64, 48, 1.0, SIZE)
    picture, image = HaloedPicture(), QImage(*SIZE, QImage.Format.Format_RGB32)
    seen = []
    for is_moving in (True, False, True):
        image.fill(QColor("#808080"))
        painter = QPainter(image)
        picture.paint(painter, QRectF(0, 0, *SIZE), 1, placement, paths, is_moving=is_moving)
        painter.end()
        seen.append(image.copy())
    assert seen[0] != seen[1]
    assert seen[1] == seen[2]
    last = np.frombuffer(seen[1].bits(), np.uint8).reshape(SIZE[1], SIZE[0], 4)[..., :3]
    fine = painted(paths, placement, is_moving=False)
    assert (np.abs(last - fine) > 8).mean() < 0.005  # drawn with a margin, Qt rounds a few soft edges another way
