"""The whole phantom: the body of `chest` and `head`, the spheres, the rods under the back and the letters."""

import numpy as np

from tests.builders.sample_disc.canvas import GLYPH_COLUMNS, GLYPH_ROWS, Canvas, FloatArray, glyph
from tests.builders.sample_disc.chest import AIR, paint_chest
from tests.builders.sample_disc.head import paint_head_and_neck
from tests.builders.sample_disc.truth import (
    AXIAL_LETTERS,
    CORONAL_LETTER_DOT_MM,
    CORONAL_LETTERS,
    LETTER_DOT_MM,
    LETTER_HU,
    RODS,
    SPHERES,
    WATER_CENTER_MM,
    WATER_HU,
    WATER_RADII_MM,
    Sphere,
)

_SUB_SLICES = 5  # a sphere is averaged over the slice thickness, so that its volume comes out right


def axis_mm(size: int, spacing_mm: float) -> FloatArray:
    """Return the coordinates of `size` pixels centred on 0."""
    return ((np.arange(size) - (size - 1) / 2) * spacing_mm).astype(np.float32)


def phantom_slice(
    x_mm: FloatArray,
    y_mm: FloatArray,
    z_mm: float,
    thickness_mm: float,
    *,
    is_prior: bool = False,
    is_body_only: bool = False,
) -> FloatArray:
    """Return one axial slice in HU, without noise.

    Args:
        x_mm: Of each column.
        y_mm: Of each row.
        z_mm: Of the slice's middle.
        thickness_mm: Over which spheres are averaged.
        is_prior: With the spheres of the earlier examination.
        is_body_only: Without rods, vessel and letters (for radiographs).
    """
    canvas = Canvas(x_mm, y_mm, z_mm, np.full((len(y_mm), len(x_mm)), AIR, np.float32))
    paint_chest(canvas)
    paint_head_and_neck(canvas)
    for sphere in SPHERES:
        _paint_sphere(canvas, sphere, thickness_mm, sphere.prior_radius_mm if is_prior else sphere.radius_mm)
    if not is_body_only:
        _paint_rods(canvas)
        _paint_letters(canvas)
    return canvas.hu


def _paint_sphere(canvas: Canvas, sphere: Sphere, thickness_mm: float, radius_mm: float) -> None:
    x, y, z = sphere.center_mm
    if abs(canvas.z_mm - z) > radius_mm + thickness_mm:
        return
    weight = np.zeros(canvas.hu.shape, np.float32)
    flat = np.hypot(canvas.x_mm[None, :] - x, canvas.y_mm[:, None] - y)
    for part in range(_SUB_SLICES):
        height = canvas.z_mm - z + ((part + 0.5) / _SUB_SLICES - 0.5) * thickness_mm
        weight += canvas.inside((np.hypot(flat, height) - radius_mm).astype(np.float32)) / _SUB_SLICES
    canvas.paint(weight, sphere.hu)


def _paint_rods(canvas: Canvas) -> None:
    x, y = WATER_CENTER_MM
    shell = canvas.oval_distance((x, y), (WATER_RADII_MM[0] + 4, WATER_RADII_MM[1] + 4), 4)
    canvas.paint(canvas.inside(shell), 100)
    canvas.paint(canvas.inside(canvas.oval_distance((x, y), WATER_RADII_MM, 4)), WATER_HU)
    for rod in RODS:
        canvas.oval((rod.x_mm, rod.y_mm), (rod.radius_mm, rod.radius_mm), rod.hu)


def _paint_letters(canvas: Canvas) -> None:
    for letter in AXIAL_LETTERS:
        canvas.letter(letter.name, letter.center_mm, LETTER_DOT_MM, LETTER_HU)
    for standing in CORONAL_LETTERS:
        x, y, z = standing.center_mm
        row = int(np.floor((z - canvas.z_mm) / CORONAL_LETTER_DOT_MM + GLYPH_ROWS / 2))
        if 0 <= row < GLYPH_ROWS:
            dots = glyph(standing.name)[row]
            columns = np.floor((canvas.x_mm - x) / CORONAL_LETTER_DOT_MM + GLYPH_COLUMNS / 2).astype(int)
            is_dot = (columns >= 0) & (columns < GLYPH_COLUMNS) & dots[np.clip(columns, 0, GLYPH_COLUMNS - 1)]
            is_slab = np.abs(canvas.y_mm - y) <= standing.thickness_mm / 2
            canvas.hu[np.ix_(is_slab, is_dot)] = LETTER_HU
