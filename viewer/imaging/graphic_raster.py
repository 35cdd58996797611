"""Graphics and texts of presentation states drawn into pixels: for files, beside the painter of the screen.

Everything is drawn as a mask first and laid over the pixels in its grey or colour, so that any depth of pixels will do.
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from viewer.dicom.graphic_objects import (
    GraphicLayer,
    GraphicObject,
    GraphicStyle,
    GraphicType,
    GraphicUnits,
    Justification,
    Point,
    TextObject,
)
from viewer.imaging.interpolated_curve import curve_through
from viewer.imaging.spatial_transform import ImagePlacement

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

Ink = tuple[int | None, tuple[int, int, int] | None]
"""A P-value and a colour in sRGB, each None where nothing is stated."""
InkPixel = Callable[[Ink], int | tuple[int, int, int]]

_FINE = 4
"""Times finer than the pixels, for smooth edges."""
_MOST_FINE = 1 << 25
_ARC_POINTS = 120
_LINE_PX, _CROSS_PX, _GAP_PX, _HEAD_PX, _HEAD_HALF_PX, _TEXT_PX = 1.5, 6.0, 1.5, 11.0, 4.0, 14.0
_FAR, _MOST_DASHED = 1e7, 1e6
"""Farther away nothing is drawn, and longer lines have no dashes: a state may say anything."""
_USUAL_SIDE = 768
"""Lines and texts keep their share of pictures larger than this."""
_FONTS = (
    "DejaVuSans.ttf",
    "arial.ttf",
    "Helvetica.ttc",
)
_WIDE_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NanumGothic.ttf",
    "malgun.ttf",
    "msgothic.ttc",
    "AppleSDGothicNeo.ttc",
    "Arial Unicode.ttf",
    "ipag.ttf",
    "ipam.ttf",
    "wqy-zenhei.ttc",
    "DejaVuSans.ttf",
)
_LATIN_END = 0x2E80


def draw_graphics(
    pixels: NDArray[Any], layers: tuple[GraphicLayer, ...], placement: ImagePlacement, pixel_of: InkPixel
) -> None:
    """Draw layers into pixels, the lowest first.

    Args:
        pixels: (height, width) or (height, width, 3); changed.
        layers: With what lies on them.
        placement: Of the image in the pixels.
        pixel_of: Returns what an ink looks like in these pixels.
    """
    height, width = pixels.shape[:2]
    for layer in sorted(layers, key=lambda each: each.order):
        for ink, mask in _masks(layer, placement, (width, height)):
            _lay(pixels, mask, pixel_of(ink))


def ink_of(style: GraphicStyle, layer: GraphicLayer) -> Ink:
    """Return what something is drawn with: by its own style, else as its layer recommends."""
    if style.rgb is not None or style.p_value is not None:
        return style.p_value, style.rgb
    return layer.p_value, layer.rgb


def _lay(pixels: NDArray[Any], mask: NDArray[np.uint8], pixel: int | tuple[int, int, int]) -> None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    share = mask[part].astype(np.float64) / 255.0
    below = pixels[part].astype(np.float64)
    if pixels.ndim == 3:
        share = share[..., None]
    mixed = below * (1.0 - share) + np.asarray(pixel, np.float64) * share
    pixels[part] = np.rint(mixed).astype(pixels.dtype)


def _masks(
    layer: GraphicLayer, placement: ImagePlacement, size: tuple[int, int]
) -> Iterator[tuple[Ink, NDArray[np.uint8]]]:
    """Yield where each ink of a layer is, 0 to 255."""
    from PIL import Image, ImageDraw

    fine = next(each for each in (_FINE, 2, 1) if size[0] * size[1] * each * each <= _MOST_FINE or each == 1)
    styles = [*(each.style for each in layer.graphics), *(each.style for each in layer.texts)]
    inks = dict.fromkeys(ink_of(style, layer) for style in styles)
    for ink in inks:
        canvas = Image.new("L", (size[0] * fine, size[1] * fine))
        pen = _Pen(ImageDraw.Draw(canvas), placement, fine, max(1.0, min(size) / _USUAL_SIDE))
        for graphic in layer.graphics:
            if ink_of(graphic.style, layer) == ink:
                pen.graphic(graphic)
        for text in layer.texts:
            if ink_of(text.style, layer) == ink:
                pen.text(text)
        small = canvas if fine == 1 else canvas.resize(size, Image.Resampling.BOX)
        yield ink, np.asarray(small, np.uint8)


class _Pen:
    """Draws into one mask.

    Args:
        draw: Of the mask.
        placement: Of the image in the pixels.
        fine: How much finer the mask is than the pixels.
        enlarged: Times the usual width of lines and size of texts.
    """

    def __init__(self, draw: "ImageDraw", placement: ImagePlacement, fine: int, enlarged: float) -> None:
        self._draw, self._placement, self._fine = draw, placement, fine
        self._unit = fine * enlarged

    def graphic(self, graphic: GraphicObject) -> None:
        """Draw a point, line, circle or ellipse."""
        if graphic.type is GraphicType.POINT:
            for point in graphic.points:
                self._cross(self._at(point, graphic.units))
            return
        line = [self._at(point, graphic.units) for point in outline(graphic)]
        if graphic.is_filled and len(line) > 2:
            self._draw.polygon(line, fill=255)
        width = max(1, round((graphic.style.width_px or _LINE_PX) * self._unit))
        is_long = sum(math.dist(*ends) for ends in itertools.pairwise(line)) > _MOST_DASHED
        pieces = (
            _dashes(line, 5.0 * self._unit, 4.0 * self._unit) if graphic.style.is_dashed and not is_long else [line]
        )
        for piece in pieces:
            self._draw.line(piece, fill=255, width=width, joint="curve")
        if graphic.style.has_arrow and len(line) > 1:
            self._head(line)

    def text(self, text: TextObject) -> None:
        """Draw a text upright, in its box or beside its anchor, and the line to what it belongs to."""
        lines = text.text.splitlines() or [""]
        font = font_for(text.text, round(_TEXT_PX * self._unit))
        widths = [self._draw.textlength(line, font=font) for line in lines]
        step = round(_TEXT_PX * 1.25 * self._unit)
        left, top = self._corner(text, max(widths), step * len(lines))
        room = {Justification.LEFT: 0.0, Justification.CENTER: 0.5, Justification.RIGHT: 1.0}[text.justification]
        for number, (line, width) in enumerate(zip(lines, widths, strict=True)):
            place = (left + (max(widths) - width) * room, top + number * step)
            self._draw.text(place, line, fill=255, font=font)
        if text.anchor is not None and text.is_anchor_visible and text.box is not None:
            at = self._at(text.anchor, text.anchor_units)
            near = (
                min(max(at[0], left), left + max(widths)),
                min(max(at[1], top), top + step * len(lines)),
            )
            self._draw.line([near, at], fill=255, width=max(1, round(_LINE_PX * self._unit)))

    def _corner(self, text: TextObject, width: float, height: float) -> Point:
        if text.box is None:
            at = self._at(text.anchor or (0.0, 0.0), text.anchor_units)
            return at[0] + 4.0 * self._unit, at[1] - height / 2
        corners = [self._at(corner, text.units) for corner in text.box]
        left, right = sorted(corner[0] for corner in corners)
        room = {Justification.LEFT: 0.0, Justification.CENTER: 0.5, Justification.RIGHT: 1.0}[text.justification]
        return left + (right - left - width) * room, min(corner[1] for corner in corners)

    def _at(self, point: Point, units: GraphicUnits) -> Point:
        x, y = (min(max(part * self._fine, -_FAR), _FAR) for part in to_pixels(point, units, self._placement))
        return x, y

    def _cross(self, at: Point) -> None:
        width = max(1, round(_LINE_PX * self._unit))
        for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            ends = [
                (at[0] + across * reach * self._unit, at[1] + down * reach * self._unit)
                for reach in (_GAP_PX, _CROSS_PX)
            ]
            self._draw.line(ends, fill=255, width=width)

    def _head(self, line: list[Point]) -> None:
        tip = line[-1]
        tail = next((point for point in reversed(line) if point != tip), tip)
        length = math.dist(tip, tail)
        if length:
            along = (tip[0] - tail[0]) / length, (tip[1] - tail[1]) / length
            foot = tip[0] - along[0] * _HEAD_PX * self._unit, tip[1] - along[1] * _HEAD_PX * self._unit
            half = _HEAD_HALF_PX * self._unit
            sides = [(foot[0] - along[1] * way, foot[1] + along[0] * way) for way in (half, -half)]
            self._draw.polygon([tip, *sides], fill=255)


def to_pixels(point: Point, units: GraphicUnits, placement: ImagePlacement) -> Point:
    """Return where a point is in a picture.

    Args:
        point: In its units; MATRIX is that of the whole slide, which an image that is shown whole is.
        units: PIXEL counts image pixels, DISPLAY fractions of the displayed area as it is seen.
        placement: Of the image.
    """
    if units is not GraphicUnits.DISPLAY:
        return placement.to_viewport(point)
    left, top, right, bottom = displayed_rectangle(placement)
    return left + point[0] * (right - left), top + point[1] * (bottom - top)


def displayed_rectangle(placement: ImagePlacement) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the displayed area in a picture, as it is seen there."""
    area = placement.transform.area or (0.0, 0.0, float(placement.columns), float(placement.rows))
    corners = [placement.to_viewport((x, y)) for x in (area[0], area[2]) for y in (area[1], area[3])]
    across, down = [corner[0] for corner in corners], [corner[1] for corner in corners]
    return min(across), min(down), max(across), max(down)


def outline(graphic: GraphicObject) -> tuple[Point, ...]:
    """Return the line of a graphic in its own units, arcs as many short pieces."""
    points = graphic.points
    if graphic.type is GraphicType.INTERPOLATED:
        return curve_through(points)
    if graphic.type is GraphicType.CIRCLE:
        (x, y), radius = points[0], math.dist(points[0], points[1])
        return _arc((x, y), (radius, 0.0), (0.0, radius))
    if graphic.type is GraphicType.ELLIPSE:
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[:4]
        first, second = ((bx - ax) / 2, (by - ay) / 2), ((dx - cx) / 2, (dy - cy) / 2)
        return _arc(((ax + bx) / 2, (ay + by) / 2), first, second)
    return points


def _arc(middle: Point, first: Point, second: Point) -> tuple[Point, ...]:
    angles = [2 * math.pi * step / _ARC_POINTS for step in range(_ARC_POINTS + 1)]
    return tuple(
        (
            middle[0] + first[0] * math.cos(angle) + second[0] * math.sin(angle),
            middle[1] + first[1] * math.cos(angle) + second[1] * math.sin(angle),
        )
        for angle in angles
    )


def _dashes(line: list[Point], dash: float, gap: float) -> list[list[Point]]:
    """Return the pieces of a dashed line."""
    pieces, left, is_dash = [], dash, True
    for start, end in itertools.pairwise(line):
        length, done = math.dist(start, end), 0.0
        while done < length:
            step = min(left, length - done)
            if is_dash:
                pieces.append([_on(start, end, done / length), _on(start, end, (done + step) / length)])
            done, left = done + step, left - step
            if left <= 0:
                is_dash = not is_dash
                left = dash if is_dash else gap
    return pieces


def _on(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def font_for(text: str, size_px: int) -> "FreeTypeFont | ImageFont":
    """Return a font of the system for a text's characters; the one that comes with Pillow where there is none."""
    return _font(any(ord(character) >= _LATIN_END for character in text), max(size_px, 6))


@functools.lru_cache(maxsize=16)
def _font(is_wide: bool, size_px: int) -> "FreeTypeFont | ImageFont":
    from PIL import ImageFont

    for name in _WIDE_FONTS if is_wide else _FONTS:
        try:
            return ImageFont.truetype(name, size_px)
        except OSError:
            continue
    return ImageFont.load_default(size_px)
