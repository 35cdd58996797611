"""The chest of the phantom: wall, ribs, spine, lungs with vessels, heart, great vessels, upper belly."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from tests.builders.sample_disc.canvas import Canvas, FloatArray, curve
from tests.builders.sample_disc.truth import SEED, SPHERES

AIR, LUNG, FAT, MUSCLE, MARROW, CORTEX, CARTILAGE, BLOOD = -1000, -860, -100, 55, 230, 750, 120, 270
LUNG_BOTTOM_MM, LUNG_TOP_MM, SHOULDER_TOP_MM = -250.0, 12.0, 42.0

Point = tuple[float, float, float]


def _torso_radii(z: float) -> tuple[float, float]:
    a = curve(z, [(-260, 164), (-120, 170), (-55, 182), (-25, 188), (0, 172), (22, 112), (42, 56)])
    b = curve(z, [(-260, 108), (-120, 106), (-40, 96), (0, 78), (22, 64), (42, 52)])
    return a, b


def _thorax_radii(z: float) -> tuple[float, float]:
    a = curve(z, [(-260, 136), (-150, 134), (-70, 112), (-25, 78), (0, 45), (LUNG_TOP_MM, 8)])
    b = curve(z, [(-260, 88), (-150, 87), (-70, 72), (-25, 50), (0, 30), (LUNG_TOP_MM, 6)])
    return a, b


def spine_y(z: float) -> float:
    """Return where the middle of the vertebral bodies runs."""
    return curve(z, [(-260, 56), (-110, 66), (-20, 46), (45, 24), (112, 20)])


def torso_distance(canvas: Canvas) -> FloatArray:
    """Return the distance to the skin of the trunk."""
    center = (0.0, curve(canvas.z_mm, [(-60, 0), (20, 16)]))
    return canvas.oval_distance(center, _torso_radii(canvas.z_mm), 2.5)


def paint_chest(canvas: Canvas) -> None:
    """Paint the trunk below the neck."""
    if canvas.z_mm > SHOULDER_TOP_MM:
        return
    skin = torso_distance(canvas)
    canvas.paint(canvas.inside(skin), FAT)
    canvas.paint(canvas.inside(skin) * (1 - canvas.inside(skin + 2)), 20)
    canvas.paint(canvas.inside(skin + 14), MUSCLE)
    _paint_shoulder_bones(canvas)
    if canvas.z_mm < LUNG_TOP_MM:
        _paint_thorax(canvas)
    else:
        _paint_airways(canvas)  # up to where those of the neck begin
    paint_spine(canvas)


def _paint_shoulder_bones(canvas: Canvas) -> None:
    for side in (-1, 1):
        for radius, hu in ((8.0, CORTEX), (5.5, MARROW)):
            canvas.path(
                [(side * 14, -52, -28), (side * 60, -50, -8), (side * 105, -24, -2), (side * 148, -6, -4)], radius, hu
            )
        canvas.ellipsoid((side * 152, 10, -32), (25, 24, 26), CORTEX)
        canvas.ellipsoid((side * 152, 10, -32), (22, 21, 23), MARROW)
        height = 1 - ((canvas.z_mm + 75) / 68) ** 2
        if height > 0:
            for thickness, hu in ((6.0, CORTEX), (3.5, MARROW)):
                center = (side * (112 + 0.15 * (canvas.z_mm + 75)), 60.0 + curve(canvas.z_mm, [(-140, 12), (-10, -10)]))
                canvas.oval(center, (36 * height**0.5, thickness), hu, -side * 38)


def _paint_thorax(canvas: Canvas) -> None:
    z = canvas.z_mm
    wall = canvas.oval_distance((0, 2), _thorax_radii(z), 2.2)
    _paint_ribs(canvas, wall)
    inside = canvas.inside(wall + 3)
    canvas.paint(inside, -60)  # mediastinal fat and tissue, where the lungs will not be
    lung = inside * (1 - _mediastinum(canvas)) * (1 - _domes(canvas))
    canvas.paint(lung, (LUNG + 0.35 * canvas.y_mm)[:, None].astype(np.float32))
    _paint_belly(canvas, inside)
    _paint_lung_vessels(canvas)
    _paint_heart(canvas)
    _paint_great_vessels(canvas)
    _paint_airways(canvas)


def _paint_ribs(canvas: Canvas, wall: FloatArray) -> None:
    shell = canvas.inside(np.abs(wall - 3) - 4.5)
    marrow = canvas.inside(np.abs(wall - 3) - 2.5)
    phase = (canvas.z_mm - 0.5 * canvas.y_mm[:, None] + 0.12 * np.abs(canvas.x_mm)[None, :]) / 26.0
    offset = np.abs(phase - np.round(phase)) * 26.0
    rib = np.clip((6.0 - offset) / 2 + 0.5, 0, 1).astype(np.float32)
    core = np.clip((4.0 - offset) / 2 + 0.5, 0, 1).astype(np.float32)
    front = np.clip((-canvas.y_mm - 48) / 14, 0, 1)[:, None].astype(np.float32)
    bone = CORTEX * (1 - front) + CARTILAGE * front
    canvas.paint(shell * rib, bone)
    canvas.paint(marrow * core, MARROW * (1 - front) + CARTILAGE * front)
    if -185 < canvas.z_mm < -18:
        y = 2 - _thorax_radii(canvas.z_mm)[1] - 4
        width = curve(canvas.z_mm, [(-185, 9), (-60, 15), (-18, 24)])
        canvas.oval((0, y), (width, 7), CORTEX)
        canvas.oval((0, y), (width - 2.5, 4.5), MARROW)


def _mediastinum(canvas: Canvas) -> FloatArray:
    z = canvas.z_mm
    width = curve(z, [(-250, 30), (-150, 32), (-60, 30), (-10, 24), (10, 30)])
    band = canvas.oval_distance((4, 8), (width, 105), 2.6)
    share = 1 - ((z + 158) / 74) ** 2
    if share > 0:
        scale = share**0.5
        band = np.minimum(band, canvas.oval_distance((22, -24), (66 * scale, 54 * scale), 2.1))
    return canvas.inside(band)


_DOMES = (((-64.0, 0.0, -276.0), (86.0, 98.0, 92.0)), ((66.0, 0.0, -288.0), (84.0, 96.0, 88.0)))


def _domes(canvas: Canvas) -> FloatArray:
    distance = np.full(canvas.hu.shape, 50, np.float32)
    for center, radii in _DOMES:
        share = 1 - ((canvas.z_mm - center[2]) / radii[2]) ** 2
        if share > 0:
            scale = share**0.5
            distance = np.minimum(distance, canvas.oval_distance(center[:2], (radii[0] * scale, radii[1] * scale), 2.2))
    return canvas.inside(distance)


def _paint_belly(canvas: Canvas, inside: FloatArray) -> None:
    domes = _domes(canvas) * inside
    right = np.clip((30 - canvas.x_mm) / 4, 0, 1)[None, :].astype(np.float32)
    canvas.paint(domes * right, 110)
    canvas.paint(domes * (1 - right), -90)
    canvas.ellipsoid((78, 34, -262), (34, 24, 48), 120, 40)  # spleen
    canvas.ellipsoid((52, -22, -256), (36, 32, 46), 45)  # stomach
    canvas.ellipsoid((52, -32, -250), (26, 18, 34), AIR)
    for end in ((-110, 30, -240), (-95, -40, -246), (-50, 30, -238)):
        canvas.tube((-30, 0, -250), end, 3.5, 150)


_ATTEMPTS, _STEMS = 8, 11


def _point(values: FloatArray) -> Point:
    return float(values[0]), float(values[1]), float(values[2])


@dataclass(frozen=True, slots=True)
class _Branch:
    start: Point
    end: Point
    radius_mm: float


@cache
def _lung_tree() -> tuple[_Branch, ...]:
    rng = np.random.default_rng(SEED)
    branches: list[_Branch] = []

    def grow(start: FloatArray, direction: FloatArray, radius: float, length: float) -> None:
        if radius < 0.85:
            return
        for attempt in range(_ATTEMPTS):  # bend away from walls and spheres
            turned = direction + rng.normal(0, 0.12 + 0.12 * attempt, 3)
            turned /= np.linalg.norm(turned)
            end = start + turned * length
            if _is_lung(end) and not _near_sphere(end):
                break
        else:
            return
        branches.append(_Branch(_point(start), _point(end), radius))
        share = rng.uniform(0.25, 0.5)
        bend = rng.normal(0, 1, 3)
        bend -= turned * (bend @ turned)
        bend *= 0.75 / np.linalg.norm(bend)
        grow(end, turned + bend * share, radius * rng.uniform(0.8, 0.88), length * rng.uniform(0.8, 0.95))
        grow(end, turned - bend, radius * rng.uniform(0.62, 0.75), length * rng.uniform(0.7, 0.85))

    for side in (-1, 1):
        root = np.array([side * 34.0 + 6, 10.0, -98.0])
        for step in range(_STEMS):
            turn, rise = 2.4 * step, (step + 0.5) / _STEMS * 2.0 - 1.15
            aim = np.array([side * 0.75, 0.75 * np.cos(turn), rise + 0.3 * np.sin(turn)])
            grow(root, aim / np.linalg.norm(aim), 4.2, 22.0)
    return tuple(branches)


def _is_lung(point: FloatArray) -> bool:
    x, y, z = map(float, point)
    if not LUNG_BOTTOM_MM < z < LUNG_TOP_MM - 8:
        return False
    a, b = _thorax_radii(z)
    if (abs(x) / (a - 7)) ** 2.2 + (abs(y - 2) / (b - 7)) ** 2.2 > 1:
        return False
    heart = ((x - 22) / 66) ** 2 + ((y + 24) / 54) ** 2 + ((z + 158) / 74) ** 2
    domes = [sum(((p - c) / r) ** 2 for p, c, r in zip((x, y, z), *dome, strict=True)) for dome in _DOMES]
    return heart > 1.1 and min(domes) > 1.05 and abs(x - 4) > 30


def _near_sphere(point: FloatArray) -> bool:
    return any(np.linalg.norm(point - sphere.center_mm) < sphere.radius_mm + 14 for sphere in SPHERES)


def _paint_lung_vessels(canvas: Canvas) -> None:
    for branch in _lung_tree():
        canvas.tube(branch.start, branch.end, branch.radius_mm, 60 if branch.radius_mm < 2 else 200)


def _paint_heart(canvas: Canvas) -> None:
    canvas.ellipsoid((24, -24, -158), (63, 51, 71), -80)  # fat around it
    canvas.ellipsoid((24, -24, -158), (58, 46, 66), 105)  # muscle
    canvas.ellipsoid((48, -20, -166), (28, 19, 42), BLOOD, 35)  # left ventricle
    canvas.ellipsoid((6, -50, -168), (34, 14, 40), BLOOD - 40, 18)  # right ventricle
    canvas.ellipsoid((14, 8, -132), (30, 14, 24), BLOOD)  # left atrium
    canvas.ellipsoid((-24, -20, -146), (15, 24, 34), BLOOD - 20)  # right atrium


def _paint_great_vessels(canvas: Canvas) -> None:
    arch: list[Point] = [(-2, -22, -140), (-12, -26, -110), (-14, -22, -80), (-6, -10, -60), (8, 12, -52)]
    arch += [(19, 34, -58), (23, 46, -76), (22, 42, -140), (14, 38, -200), (8, 34, -260)]
    canvas.path(arch[:5], 14, BLOOD + 20)
    canvas.path(arch[4:], 11.5, BLOOD + 20)
    canvas.path([(-26, -16, -150), (-28, -16, -90), (-26, -22, -40)], 8.5, BLOOD + 60)  # superior vena cava
    canvas.path([(10, -40, -130), (14, -28, -102), (16, -14, -92)], 13, BLOOD - 10)  # pulmonary trunk
    canvas.path([(16, -14, -92), (-8, -6, -96), (-38, 2, -100)], 9, BLOOD - 10)
    canvas.path([(16, -14, -92), (34, 4, -90), (46, 12, -92)], 9, BLOOD - 10)
    canvas.path([(-12, 24, -260), (6, 26, -150), (4, 26, -40), (0, 20, 20)], 6, 35)  # oesophagus


def _paint_airways(canvas: Canvas) -> None:
    carina = (0, 12, -82)
    for radius, hu in ((10.5, 30), (8.5, AIR)):
        canvas.path([(0, 2, 30), (0, 8, -40), carina], radius, hu)
    for side in (-1, 1):
        for radius, hu in ((7.5, 30), (6.0, AIR)):
            canvas.path([carina, (side * 24 + 2, 14, -100), (side * 44, 16, -112)], radius, hu)
        for end in ((76, -8, -104), (66, 36, -140), (52, 12, -70)):
            for radius, hu in ((3.6, -150), (2.6, -960)):
                canvas.tube((side * 44, 16, -112), (side * end[0], float(end[1]), float(end[2])), radius, hu)


def paint_spine(canvas: Canvas) -> None:
    """Paint vertebrae and discs; called for trunk and neck."""
    z = canvas.z_mm
    if z > 112:
        return
    y = spine_y(z)
    size = curve(z, [(-260, 1.15), (-20, 0.85), (30, 0.68), (112, 0.68)])
    period = 26.0 if z < -10 else 17.0
    phase = ((z + 10) / period) % 1.0
    is_disc = phase < 0.2
    body = (19 * size, 15 * size)
    canvas.oval((0, y), body, 85 if is_disc else CORTEX)
    if not is_disc:
        end_plate = 0.26 < phase < 0.94
        canvas.oval((0, y), (body[0] - 2, body[1] - 2), MARROW if end_plate else 480)
    canal_y = y + body[1] + 6 * size
    if not is_disc:
        for side in (-1, 1):
            canvas.oval((side * 14 * size, canal_y), (7 * size, 10 * size), CORTEX, side * -20)
            if 0.4 < phase < 0.85:
                canvas.oval((side * 27 * size, canal_y + 6), (16 * size, 4.5 * size), CORTEX, side * 20)
                canvas.oval((side * 27 * size, canal_y + 6), (13 * size, 2.5 * size), MARROW, side * 20)
        canvas.oval((0, canal_y + 17 * size), (4.5 * size, 15 * size), CORTEX)
        canvas.oval((0, canal_y + 17 * size), (2.5 * size, 12 * size), MARROW)
    canvas.oval((0, canal_y), (10.5 * size, 9.5 * size), 10)
    canvas.oval((0, canal_y), (6.5 * size, 5 * size), 38)
