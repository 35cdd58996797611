import itertools

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from viewer.dicom.graphic_objects import (
    GraphicLayer,
    GraphicObject,
    GraphicStyle,
    GraphicType,
    GraphicUnits,
    TextObject,
)
from viewer.imaging.spatial_transform import ImagePlacement, SpatialTransform
from viewer.ui.overlays.graphic_painting import LayersPainter, leader
from viewer.ui.overlays.graphic_paths import transform_of

pytestmark = pytest.mark.usefixtures("qapp")
SIZE = (200, 160)
TURNS = list(itertools.product((0.0, 90.0, 180.0, 270.0), (False, True)))


def placed(rotation: float = 0.0, *, is_flipped: bool = False, aspect: float = 1.0) -> ImagePlacement:
    return SpatialTransform(rotation, is_flipped).place(64, 48, aspect, SIZE)


def painted(layers: tuple[GraphicLayer, ...], placement: ImagePlacement, ratio: float = 1.0) -> QImage:
    image = QImage(*SIZE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor("#808080"))
    painter = QPainter(image)
    LayersPainter().paint(painter, QRectF(0, 0, SIZE[0] / ratio, SIZE[1] / ratio), layers, placement)
    painter.end()
    return image


def layer(*graphics: GraphicObject, rgb: tuple[int, int, int] = (255, 0, 0), order: int = 1) -> GraphicLayer:
    return GraphicLayer("L", order, rgb=rgb, graphics=graphics)


def is_red(image: QImage, point: tuple[float, float]) -> bool:
    """Whether a red pixel is within a pixel of a point, and greys no farther than that are darkened."""
    around = itertools.product((-1, 0, 1), repeat=2)
    colours = [image.pixelColor(int(point[0]) + x, int(point[1]) + y) for x, y in around]
    return any(each.red() > each.green() + 60 for each in colours)


@pytest.mark.parametrize(("rotation", "is_flipped"), TURNS)
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_lines_lie_where_the_pixels_lie(rotation: float, is_flipped: bool, ratio: float) -> None:
    line = GraphicObject(GraphicType.POLYLINE, ((10.0, 10.0), (50.0, 10.0)))
    placement = placed(rotation, is_flipped=is_flipped, aspect=1.25)
    image = painted((layer(line),), placement, ratio)
    assert is_red(image, placement.to_viewport((30.0, 10.0)))
    assert not is_red(image, placement.to_viewport((30.0, 20.0)))
    assert not is_red(image, placement.to_viewport((58.0, 10.0)))


@pytest.mark.parametrize(
    ("graphic", "on_it", "off_it"),
    [
        (GraphicObject(GraphicType.CIRCLE, ((30.0, 20.0), (40.0, 20.0))), (30.0, 10.0), (30.0, 20.0)),
        (
            GraphicObject(GraphicType.ELLIPSE, ((10.0, 20.0), (50.0, 20.0), (30.0, 12.0), (30.0, 28.0))),
            (30.0 + 20.0 * 0.6, 20.0 + 8.0 * 0.8),
            (12.0, 27.0),
        ),
        (
            GraphicObject(GraphicType.POLYLINE, ((5.0, 5.0), (5.0, 40.0), (50.0, 40.0), (5.0, 5.0)), is_filled=True),
            (10.0, 30.0),
            (40.0, 10.0),
        ),
        (GraphicObject(GraphicType.INTERPOLATED, ((5.0, 5.0), (20.0, 30.0), (50.0, 10.0))), (20.0, 30.0), (50.0, 40.0)),
        (
            GraphicObject(GraphicType.POLYLINE, ((5.0, 5.0), (40.0, 5.0)), style=GraphicStyle(has_arrow=True)),
            (39.0, 5.0),
            (20.0, 10.0),
        ),
    ],
)
def test_every_form_is_drawn(graphic: GraphicObject, on_it: tuple[float, float], off_it: tuple[float, float]) -> None:
    placement = placed()
    image = painted((layer(graphic),), placement)
    assert is_red(image, placement.to_viewport(on_it))
    assert not is_red(image, placement.to_viewport(off_it))


def test_a_point_is_as_large_whatever_the_magnification() -> None:
    point = GraphicObject(GraphicType.POINT, ((32.0, 24.0),))

    def width(zoom: float) -> int:
        image = painted((layer(point),), SpatialTransform(zoom=zoom).place(64, 48, 1.0, SIZE))
        columns = [x for x in range(SIZE[0]) if any(is_red_at(image, x, y) for y in range(SIZE[1]))]
        return max(columns) - min(columns)

    assert abs(width(1.0) - width(4.0)) <= 1


def is_red_at(image: QImage, x: int, y: int) -> bool:
    colour = image.pixelColor(x, y)
    return colour.red() > colour.green() + 60


@pytest.mark.parametrize(("rotation", "is_flipped"), TURNS)
def test_display_units_are_fractions_of_the_displayed_area_as_it_is_seen(rotation: float, is_flipped: bool) -> None:
    area = (8.0, 4.0, 40.0, 36.0)
    placement = SpatialTransform(rotation, is_flipped, area=area).place(64, 48, 1.0, SIZE)
    corners = [placement.to_viewport((x, y)) for x in area[::2] for y in area[1::2]]
    seen = transform_of(GraphicUnits.DISPLAY, placement, 1.0)
    top_left, bottom_right = seen.map(QPointF(0.0, 0.0)), seen.map(QPointF(1.0, 1.0))
    assert (top_left.x(), top_left.y()) == pytest.approx(tuple(min(each[axis] for each in corners) for axis in (0, 1)))
    assert (bottom_right.x(), bottom_right.y()) == pytest.approx(
        tuple(max(each[axis] for each in corners) for axis in (0, 1))
    )


def test_higher_layers_are_drawn_over_lower_ones() -> None:
    line = GraphicObject(GraphicType.POLYLINE, ((10.0, 10.0), (50.0, 10.0)), style=GraphicStyle(width_px=5.0))
    placement = placed()
    under, over = layer(line, rgb=(0, 0, 255)), layer(line, order=2)
    assert is_red(painted((over, under), placement), placement.to_viewport((30.0, 10.0)))


def test_a_text_stands_in_its_box_and_is_no_markup() -> None:
    placement = placed()
    text = TextObject("<b>i</b>", box=((10.0, 10.0), (60.0, 20.0)), style=GraphicStyle(rgb=(255, 0, 0)))
    image = painted((GraphicLayer("L", texts=(text,)),), placement)
    red = [x for x in range(SIZE[0]) for y in range(SIZE[1]) if is_red_at(image, x, y)]
    assert red
    assert min(red) >= placement.to_viewport((10.0, 10.0))[0] - 1
    assert max(red) - min(red) > 25  # all eight characters


def test_a_leader_ends_at_the_edge_of_its_text() -> None:
    line = leader(QRectF(10, 10, 40, 20), QPointF(100, 15))
    assert (line.p1(), line.p2()) == (QPointF(50, 15), QPointF(100, 15))
