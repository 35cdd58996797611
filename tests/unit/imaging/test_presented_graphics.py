"""Graphics in pictures for files: where the Standard puts them, turned and flipped, in order, in greys and colours."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.dicom.graphic_objects import (
    GraphicLayer,
    GraphicObject,
    GraphicStyle,
    GraphicType,
    GraphicUnits,
    Justification,
    TextObject,
)
from viewer.imaging.graphic_raster import Ink, displayed_rectangle, draw_graphics, to_pixels
from viewer.imaging.spatial_transform import ImagePlacement, SpatialTransform

SIZE = (200, 160)


def placement() -> ImagePlacement:
    return SpatialTransform().place(100, 80, 1.0, SIZE)


def pixel_of(ink: Ink) -> int:
    return 255 if ink[0] is None else ink[0] >> 8


def drawn(*layers: GraphicLayer, at: ImagePlacement | None = None) -> NDArray[np.uint8]:
    picture = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    draw_graphics(picture, layers, at or placement(), pixel_of)
    return picture


def filled(points: tuple[tuple[float, float], ...], units: GraphicUnits = GraphicUnits.PIXEL) -> GraphicObject:
    return GraphicObject(GraphicType.POLYLINE, points, is_filled=True, units=units)


SQUARE = ((20.0, 30.0), (40.0, 30.0), (40.0, 60.0), (20.0, 60.0), (20.0, 30.0))


def test_pixel_units_count_from_the_corner_of_the_first_pixel() -> None:
    picture = drawn(GraphicLayer("A", graphics=(filled(SQUARE),)))
    rows, columns = np.nonzero(picture > 200)
    assert (columns.min(), columns.max()) == pytest.approx((40, 79), abs=1)
    assert (rows.min(), rows.max()) == pytest.approx((60, 119), abs=1)


@pytest.mark.parametrize("is_flipped", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_graphics_turn_with_their_image(rotation: int, is_flipped: bool) -> None:
    transform = SpatialTransform(rotation, is_flipped).at_scale(1.0)
    size = (80, 100) if rotation % 180 else (100, 80)
    plain = np.zeros((80, 100), np.uint8)
    layers = (GraphicLayer("A", graphics=(filled(SQUARE),)),)
    draw_graphics(plain, layers, SpatialTransform().at_scale(1.0).place(100, 80, 1.0, (100, 80)), pixel_of)
    turned = np.zeros((size[1], size[0]), np.uint8)
    draw_graphics(turned, layers, transform.place(100, 80, 1.0, size), pixel_of)
    wanted = np.rot90(plain, -rotation // 90)
    wanted = np.fliplr(wanted) if is_flipped else wanted
    assert (np.abs(turned.astype(int) - wanted) > 128).mean() < 0.005


def test_display_units_are_parts_of_the_displayed_area_as_it_is_seen() -> None:
    area = SpatialTransform(90.0, is_flipped=True, area=(10.0, 20.0, 50.0, 80.0))
    at = area.place(100, 80, 1.0, SIZE)
    left, top, right, bottom = displayed_rectangle(at)
    assert (right - left) / (bottom - top) == pytest.approx(60 / 40)  # turned: rows of the image run across
    assert to_pixels((0.0, 0.0), GraphicUnits.DISPLAY, at) == (left, top)
    assert to_pixels((1.0, 1.0), GraphicUnits.DISPLAY, at) == (right, bottom)
    # Turned by 90 degrees and flipped, what was at the top left is at the top left again.
    assert at.to_viewport((10.0, 20.0)) == pytest.approx((left, top))


def test_higher_layers_cover_lower_ones_whatever_their_order_in_the_state() -> None:
    low = GraphicLayer("LOW", 1, p_value=100 << 8, graphics=(filled(SQUARE),))
    top = GraphicLayer("TOP", 2, p_value=200 << 8, graphics=(filled(tuple((x + 10, y) for x, y in SQUARE)),))
    picture = drawn(top, low)
    assert picture[90, 50] == 100
    assert picture[90, 70] == 200


def test_a_style_of_its_own_goes_before_its_layers() -> None:
    own = replace(filled(SQUARE), style=GraphicStyle(p_value=77 << 8))
    assert drawn(GraphicLayer("A", p_value=200 << 8, graphics=(own,)))[90, 60] == 77


def test_circles_ellipses_and_points_lie_where_the_formulas_say() -> None:
    circle = GraphicObject(GraphicType.CIRCLE, ((50.0, 40.0), (70.0, 40.0)), is_filled=True)
    picture = drawn(GraphicLayer("A", graphics=(circle,)))
    y, x = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    inside = (x / 2 - 50) ** 2 + (y / 2 - 40) ** 2
    assert (picture[inside < 19.0**2] > 128).all()
    assert (picture[inside > 21.0**2] < 128).all()
    points = ((30.0, 40.0), (70.0, 40.0), (50.0, 30.0), (50.0, 50.0))
    picture = drawn(GraphicLayer("A", graphics=(GraphicObject(GraphicType.ELLIPSE, points, is_filled=True),)))
    inside = ((x / 2 - 50) / 20) ** 2 + ((y / 2 - 40) / 10) ** 2
    assert (picture[inside < 0.85] > 128).all()
    assert (picture[inside > 1.2] < 128).all()
    picture = drawn(GraphicLayer("A", graphics=(GraphicObject(GraphicType.POINT, ((25.0, 30.0),)),)))
    rows, columns = np.nonzero(picture)
    assert (columns.mean(), rows.mean()) == pytest.approx((49.5, 59.5), abs=0.6)


@pytest.mark.parametrize(
    ("justification", "place"), [(Justification.LEFT, 0.0), (Justification.CENTER, 0.5), (Justification.RIGHT, 1.0)]
)
@pytest.mark.parametrize("words", ["text", "결절", "結節", "Узел"])
def test_texts_stand_in_their_box_by_their_justification(
    words: str, justification: Justification, place: float
) -> None:
    text = TextObject(words, ((10.0, 20.0), (90.0, 40.0)), justification=justification)
    columns = np.flatnonzero(drawn(GraphicLayer("A", texts=(text,))).any(axis=0))
    width = columns[-1] - columns[0]
    assert width > 10
    assert columns[0] == pytest.approx(20 + (160 - width) * place, abs=4)


def test_a_line_goes_to_the_anchor_only_where_it_is_wanted() -> None:
    text = TextObject("a", ((10.0, 10.0), (30.0, 20.0)), (80.0, 70.0), is_anchor_visible=True)
    assert drawn(GraphicLayer("A", texts=(text,)))[120:141, 140:160].any()
    hidden = replace(text, is_anchor_visible=False)
    assert not drawn(GraphicLayer("A", texts=(hidden,)))[120:141, 140:160].any()


def test_a_dashed_line_has_gaps_and_an_arrow_its_head() -> None:
    line = GraphicObject(GraphicType.POLYLINE, ((10.0, 40.0), (90.0, 40.0)))
    plain = drawn(GraphicLayer("A", graphics=(line,)))
    dashed = drawn(GraphicLayer("A", graphics=(replace(line, style=GraphicStyle(is_dashed=True)),)))
    arrow = drawn(GraphicLayer("A", graphics=(replace(line, style=GraphicStyle(has_arrow=True)),)))
    assert 0.3 < dashed.sum() / plain.sum() < 0.8
    assert arrow[74:87, 165:180].sum() > plain[74:87, 165:180].sum()


def test_colours_are_drawn_in_colour_pictures() -> None:
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    layer = GraphicLayer("A", rgb=(10, 200, 30), graphics=(filled(SQUARE),))
    draw_graphics(picture, (layer,), placement(), lambda ink: ink[1] or (0, 0, 0))
    assert picture[90, 60].tolist() == [10, 200, 30]


@pytest.mark.parametrize(
    "kind", [GraphicType.POLYLINE, GraphicType.CIRCLE, GraphicType.INTERPOLATED, GraphicType.POINT]
)
@pytest.mark.parametrize("far", [1e9, 1e30, 3e38])
def test_whatever_numbers_a_state_holds_drawing_ends(kind: GraphicType, far: float) -> None:
    points = ((far, -far),) if kind is GraphicType.POINT else ((-far, 40.0), (far, 41.0))
    style = GraphicStyle(is_dashed=True)
    layer = GraphicLayer(
        "A",
        graphics=(GraphicObject(kind, points, is_filled=True, style=style),),
        texts=(TextObject("far", ((far, far), (-far, far))),),
    )
    assert drawn(layer).shape == (SIZE[1], SIZE[0])
