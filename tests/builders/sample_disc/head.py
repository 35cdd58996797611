"""Neck and head of the phantom: skull, brain with ventricles, orbits, sinuses, jaws, airway, neck vessels."""

import numpy as np

from tests.builders.sample_disc.canvas import Canvas, FloatArray, curve
from tests.builders.sample_disc.chest import AIR, BLOOD, CORTEX, FAT, MARROW, MUSCLE, paint_spine

NECK_BOTTOM_MM, HEAD_BOTTOM_MM = 20.0, 52.0
_CRANIUM, _SCALP_RADII = (0.0, 8.0, 160.0), (77.0, 97.0, 80.0)
_SKULL_DEPTH_MM, _SKULL_THICKNESS_MM = 5.0, 7.0
_DENSE_BONE, _ENAMEL = 1100, 1900
_CSF, _WHITE, _GREY = 6, 27, 39


def paint_head_and_neck(canvas: Canvas) -> None:
    """Paint everything above the shoulders."""
    if canvas.z_mm < NECK_BOTTOM_MM:
        return
    _paint_soft_parts(canvas)
    if canvas.z_mm < 112:
        paint_spine(canvas)
    if canvas.z_mm > HEAD_BOTTOM_MM:
        _paint_jaws(canvas)
    if canvas.z_mm > 90:
        _paint_cranium(canvas)
        _paint_face(canvas)
    _paint_neck_tubes(canvas)


def _cut(canvas: Canvas, center: tuple[float, float, float], radii: tuple[float, float, float]) -> FloatArray:
    """Return the distance to an ellipsoid in this slice; far outside where the slice misses it."""
    share = 1 - ((canvas.z_mm - center[2]) / radii[2]) ** 2
    if share <= 0:
        return np.full(canvas.hu.shape, 50, np.float32)
    scale = share**0.5
    return canvas.oval_distance((center[0], center[1]), (radii[0] * scale, radii[1] * scale))


def _paint_soft_parts(canvas: Canvas) -> None:
    skin = np.full(canvas.hu.shape, 50, np.float32)
    if canvas.z_mm < 118:
        width = curve(canvas.z_mm, [(20, 70), (45, 58), (118, 56)])
        skin = np.minimum(skin, canvas.oval_distance((0, 14), (width, 60), 2.2))
    skin = np.minimum(skin, _cut(canvas, (0, -38, 108), (64, 60, 60)))
    skin = np.minimum(skin, _cut(canvas, _CRANIUM, _SCALP_RADII))
    skin = np.minimum(skin, _cut(canvas, (0, -104, 106), (11, 15, 18)))
    canvas.paint(canvas.inside(skin), FAT)
    canvas.paint(canvas.inside(skin) * (1 - canvas.inside(skin + 2)), 20)
    canvas.paint(canvas.inside(skin + 8), MUSCLE)
    for side in (-1, 1):
        canvas.ellipsoid((side * 80, 14, 124), (3.5, 14, 24), 30, side * 18)
        for x, y, radius in ((24, 52, 12), (40, 34, 9), (16, 70, 9)):
            if canvas.z_mm < 105:  # fat planes part the muscles of the neck
                canvas.oval((side * x, y), (radius, radius * 0.8), FAT, side * 40)
                canvas.oval((side * x, y), (radius - 1.5, radius * 0.8 - 1.5), MUSCLE + 5, side * 40)


def _base_height(canvas: Canvas) -> FloatArray:
    """Return the height of the skull base along y: the front of it lies higher."""
    points = [(-100, 142), (-35, 136), (-15, 118), (25, 112), (45, 98), (110, 104)]
    return np.array([curve(float(y), points) for y in canvas.y_mm], np.float32)[:, None]


def _paint_cranium(canvas: Canvas) -> None:
    outer = tuple(radius - _SKULL_DEPTH_MM for radius in _SCALP_RADII)
    inner = tuple(radius - _SKULL_THICKNESS_MM for radius in outer)
    bone = _cut(canvas, _CRANIUM, (outer[0], outer[1], outer[2]))
    brain = _cut(canvas, _CRANIUM, (inner[0], inner[1], inner[2]))
    above = np.clip((canvas.z_mm - _base_height(canvas)) / 3 + 0.5, 0, 1)
    floor = np.clip((canvas.z_mm - _base_height(canvas) + 7) / 3 + 0.5, 0, 1)
    canvas.paint(canvas.inside(bone) * floor, _DENSE_BONE)
    canvas.paint(canvas.inside(np.abs(bone + 3.5) - 1.2) * above, 500)  # diploe
    inside = canvas.inside(brain) * above
    canvas.paint(inside, _CSF + 2)
    tissue = canvas.inside(brain + 2.5) * above
    canvas.paint(tissue, _brain_texture(canvas, brain))
    _paint_brain_parts(canvas)
    falx = canvas.inside(np.abs(canvas.x_mm)[None, :] - 0.9 + np.zeros_like(brain)) * inside
    is_split = (canvas.y_mm < -20) | (canvas.y_mm > 45)
    canvas.paint(falx * is_split[:, None].astype(np.float32), 58)


def _brain_texture(canvas: Canvas, depth: FloatArray) -> FloatArray:
    """Return grey matter in folds over white matter, with fluid in the clefts."""
    x, y, z = canvas.x_mm[None, :], canvas.y_mm[:, None], canvas.z_mm
    angle = np.arctan2(y - _CRANIUM[1], x)
    fold = np.sin(17 * angle + 2.2 * np.sin(z / 9) + 1.4 * np.sin(5 * angle + z / 13))
    ribbon = 9 + 6 * fold
    white = np.clip((-depth - ribbon) / 2, 0, 1)
    cleft = np.clip((fold - 0.86) * 14, 0, 1) * np.clip((14 + depth) / 4, 0, 1)
    if z < 136:  # the cerebellum folds finely
        cleft = cleft * (y < 25)
    values = _GREY + (_WHITE - _GREY) * white
    return np.asarray(values + (_CSF - values) * cleft, np.float32)


def _paint_brain_parts(canvas: Canvas) -> None:
    for side in (-1, 1):
        canvas.ellipsoid((side * 24, -6, 156), (11, 22, 16), _GREY, side * 14)  # basal ganglia
        canvas.ellipsoid((side * 9, 12, 156), (8, 12, 10), _GREY)  # thalamus
        canvas.ellipsoid((side * 12, -20, 168), (5, 22, 12), _CSF, side * 12)  # front horn
        canvas.ellipsoid((side * 17, 24, 172), (6, 24, 12), _CSF, side * -22)  # body and back horn
        canvas.ellipsoid((side * 20, 30, 170), (2.2, 4, 3), 160)  # calcified plexus
        canvas.ellipsoid((side * 48, -2, 142), (5, 16, 8), _CSF, side * 60)  # Sylvian fissure
    canvas.ellipsoid((0, 2, 154), (2, 14, 10), _CSF)  # third ventricle
    canvas.ellipsoid((0, 46, 122), (7, 6, 10), _CSF)  # fourth ventricle
    canvas.ellipsoid((0, 18, 122), (13, 11, 28), _GREY - 4)  # brain stem
    canvas.ellipsoid((0, 30, 150), (3, 3, 3), 140)  # pineal body


def _paint_face(canvas: Canvas) -> None:
    z = canvas.z_mm
    for side in (-1, 1):
        canvas.ellipsoid((side * 31, -54, 126), (22, 34, 20), CORTEX, side * 14)
        canvas.ellipsoid((side * 31, -56, 126), (19, 36, 17), FAT, side * 14)
        canvas.tube((side * 31, -64, 126), (side * 10, -24, 127), 2.6, 35)  # optic nerve
        for wall in (-12, 12):
            canvas.tube((side * 31 + wall, -66, 126), (side * 16, -32, 127), 2.2, 55)
        canvas.ellipsoid((side * 32, -72, 126), (12.5, 12.5, 12.5), 45)
        canvas.ellipsoid((side * 32, -72, 126), (11.3, 11.3, 11.3), 12)
        canvas.ellipsoid((side * 32, -81, 126), (5, 2.4, 5), 85)
        canvas.ellipsoid((side * 31, -54, 99), (17, 19, 17), CORTEX)
        canvas.ellipsoid((side * 31, -54, 99), (15, 17, 15), AIR)  # maxillary sinus
        canvas.path([(side * 46, -66, 106), (side * 64, -42, 108), (side * 70, -4, 112)], 4, CORTEX)
        canvas.ellipsoid((side * 11, -80, 148), (9, 5, 11), AIR)  # frontal sinus
        canvas.ellipsoid((side * 52, 26, 108), (15, 18, 16), _DENSE_BONE - 300)  # mastoid
        for row in range(5):
            for column in range(4):
                canvas.ellipsoid(
                    (side * (44 + 5 * column), 15 + 5.5 * row, 106 + (row * column) % 7), (1.9, 1.9, 6), -700
                )
    canvas.ellipsoid((0, -26, 122), (16, 13, 11), CORTEX)
    canvas.ellipsoid((0, -26, 122), (14, 11, 9), AIR)  # sphenoid sinus
    if 94 < z < 132:
        canvas.oval((0, -58), (15, 32), 40)
        canvas.oval((0, -58), (13.5, 30), AIR)
        for side in (-1, 1):
            canvas.oval((side * 8.5, -56), (3.2, 20), 45)
        canvas.oval((0, -60), (1.1, 29), 400)


def _paint_jaws(canvas: Canvas) -> None:
    z = canvas.z_mm
    arch = canvas.oval_distance((0, -34), (43, 50), 2.2)
    front = np.clip((4 - canvas.y_mm) / 6, 0, 1)[:, None].astype(np.float32)
    if 60 < z < 76:
        canvas.paint(canvas.inside(np.abs(arch) - 6) * front, CORTEX + 200)
        canvas.paint(canvas.inside(np.abs(arch) - 3) * front, MARROW)
    if 74 < z < 92:
        angle = np.arctan2((canvas.y_mm + 34)[:, None], canvas.x_mm[None, :])
        tooth = np.clip((np.cos(26 * angle) + 0.55) * 3, 0, 1).astype(np.float32)
        canvas.paint(canvas.inside(np.abs(arch + 3) - 5) * front * tooth, _ENAMEL if 79 < z < 87 else 900)
        canvas.ellipsoid((0, -34, 76), (30, 34, 16), 65)  # tongue
    if 91 < z < 96:
        canvas.paint(canvas.inside(arch + 2) * front, CORTEX)  # hard palate
    for side in (-1, 1):
        for radius, hu in ((7.0, CORTEX + 150), (4.0, MARROW)):
            canvas.path([(side * 46, -6, 66), (side * 50, 0, 92), (side * 54, 2, 112)], radius, hu)


def _paint_neck_tubes(canvas: Canvas) -> None:
    airway = [(0.0, 2.0, 15.0), (0.0, -2.0, 50.0), (0.0, -4.0, 90.0), (0.0, -16.0, 112.0)]
    for radius, hu in ((11.0, 60), (8.5, AIR)):
        canvas.path(airway, radius, hu)
    for side in (-1, 1):
        canvas.path([(side * 22, 0, 10), (side * 27, 4, 70), (side * 29, 4, 106)], 4.0, BLOOD)
        canvas.path([(side * 34, 4, 10), (side * 38, 10, 70), (side * 40, 12, 100)], 6.0, BLOOD - 60)
        canvas.ellipsoid((side * 17, -2, 30), (8, 12, 20), 140)  # thyroid
        canvas.ellipsoid((side * 46, -12, 80), (10, 14, 16), 70)  # parotid and submandibular glands
