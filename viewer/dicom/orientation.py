"""Orientation letters of the edges of an image as it is displayed (PS3.3 C.7.6.1.1.1, C.7.6.2.1.1).

Letters are computed from directions under the display's matrix, never by moving strings about; where the direction of
an edge is not known, it stays blank.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from viewer.base.errors import DicomError
from viewer.dicom.image_plane import Vector, added, dot, orthonormal, scaled
from viewer.dicom.instance_header import InstanceHeader

# Maps a step (columns, rows) in the image to a step (right, down) on the screen: ((a, b), (c, d)).
DisplayMatrix = tuple[tuple[float, float], tuple[float, float]]
AS_STORED: DisplayMatrix = ((1.0, 0.0), (0.0, 1.0))

# A component this small is rounding, not direction.
_LEAST_COMPONENT = 1e-4
# Stated letters may round a direction to its main axis: up to this far from it they still agree.
_LEAST_AGREEMENT = 0.5

_BIPED_AXES = (("L", "R"), ("P", "A"), ("H", "F"))
_TRUNK_AXES = (("LE", "RT"), ("D", "V"), ("CR", "CD"))
_HEAD_AXES = (("LE", "RT"), ("D", "V"), ("R", "CD"))
# The counterpart of dorsal is palmar on a fore limb and plantar on a hind one; which it is, nobody says.
_LIMB_AXES = (("LE", "RT"), ("D", ""), ("PR", "DI"))
_HEAD_PARTS = frozenset({"HEAD", "SKULL", "BRAIN", "JAW", "MANDIBLE", "MAXILLA", "NOSE", "SINUS", "EYE", "ORBIT"})
_LIMB_PARTS = frozenset({
    "LIMB", "FORELIMB", "HINDLIMB", "FORELEG", "HINDLEG", "LEG", "ARM", "CARPUS", "TARSUS", "METACARPUS", "METATARSUS",
    "FOOT", "HAND", "HOOF", "PASTERN", "FETLOCK", "STIFLE", "HOCK", "ELBOW", "KNEE", "ANKLE", "WRIST", "RADIUSULNA",
    "TIBIAFIBULA", "DIGIT",
})  # fmt: skip

_BIPED_TOKEN = re.compile(r"[LRPAHF]")
_QUADRUPED_TOKEN = re.compile(r"LE|RT|CR|CD|PR|DI|PA|PL|[DVRML]")
_LIMB_TOKENS = frozenset({"PR", "DI", "PA", "PL", "M", "L"})
_BIPED_OPPOSITE = {"L": "R", "R": "L", "P": "A", "A": "P", "H": "F", "F": "H"}
_QUADRUPED_OPPOSITE = {
    "LE": "RT", "RT": "LE", "D": "V", "V": "D", "CR": "CD", "CD": "CR", "R": "CD", "M": "L", "L": "M", "PR": "DI",
    "DI": "PR", "PA": "D", "PL": "D",
}  # fmt: skip
_BIPED_VECTOR: dict[str, Vector] = {
    "L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0), "H": (0, 0, 1), "F": (0, 0, -1),
}  # fmt: skip
_QUADRUPED_VECTOR: dict[str, Vector] = {
    "LE": (1, 0, 0), "RT": (-1, 0, 0), "D": (0, 1, 0), "V": (0, -1, 0), "CR": (0, 0, 1), "CD": (0, 0, -1),
    "R": (0, 0, 1), "PR": (0, 0, 1), "DI": (0, 0, -1), "PA": (0, -1, 0), "PL": (0, -1, 0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class EdgeLabels:
    """What to write at the edges of an image; empty where it is not known."""

    left: str = ""
    right: str = ""
    top: str = ""
    bottom: str = ""

    @property
    def is_known(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.left or self.right or self.top or self.bottom)


@dataclass(frozen=True, slots=True)
class ImageOrientation:
    """How an image lies in its patient, as far as the data set says.

    Attributes:
        directions: The directions of rows and columns in the patient; None when unknown.
        patient_orientation: The two values of Patient Orientation (0020,0020); empty when absent or unreadable.
        is_quadruped: Whether Anatomical Orientation Type (0010,2210) is QUADRUPED.
        body_part: Body Part Examined (0018,0015), on which the words for a quadruped depend.
    """

    directions: tuple[Vector, Vector] | None = None
    patient_orientation: tuple[str, str] | tuple[()] = ()
    is_quadruped: bool = False
    body_part: str = ""

    @property
    def is_contradictory(self) -> bool:
        """Whether directions and letters both exist and disagree; the directions are used, and that must be said."""
        if self.directions is None or not self.patient_orientation:
            return False
        return not all(
            _agrees(direction, value, is_quadruped=self.is_quadruped)
            for direction, value in zip(self.directions, self.patient_orientation, strict=True)
        )

    def edge_labels(self, display: DisplayMatrix = AS_STORED) -> EdgeLabels:
        """Return what to write at the edges of the image under the matrix that displays it.

        Only the directions of the matrix count, not its zoom; pixels are taken to be shown with their true aspect.
        """
        steps = _steps_to_the_right_and_down(display)
        if steps is None:
            return EdgeLabels()
        if self.directions is not None:
            row, column = self.directions
            right, down = (added(scaled(row, a), scaled(column, b)) for a, b in steps)
            return self._labels_of_vectors(right, down)
        if self.patient_orientation:
            return self._labels_of_letters(*steps)
        return EdgeLabels()

    def _labels_of_vectors(self, right: Vector, down: Vector) -> EdgeLabels:
        def named(direction: Vector) -> str:
            return letters(direction, is_quadruped=self.is_quadruped, body_part=self.body_part)

        return EdgeLabels(named(scaled(right, -1)), named(right), named(scaled(down, -1)), named(down))

    def _labels_of_letters(self, right: tuple[float, float], down: tuple[float, float]) -> EdgeLabels:
        tokens = [_tokens(value, is_quadruped=self.is_quadruped) for value in self.patient_orientation]
        is_limb = any(_LIMB_TOKENS.intersection(value) for value in tokens) and self.is_quadruped

        def named(step: tuple[float, float]) -> str:
            parts = sorted(zip(map(abs, step), step, tokens, strict=True), key=lambda part: -part[0])
            words: list[str] = []
            for size, sign, value in parts:
                if size >= _LEAST_COMPONENT:
                    words += value if sign > 0 else _opposites(value, is_quadruped=self.is_quadruped, is_limb=is_limb)
            return "".join(words)

        return EdgeLabels(named((-right[0], -right[1])), named(right), named((-down[0], -down[1])), named(down))


def letters(direction: Vector, *, is_quadruped: bool = False, body_part: str = "") -> str:
    """Return the letters of a direction in the patient, the main axis first; empty for none."""
    axes = _quadruped_axes(body_part) if is_quadruped else _BIPED_AXES
    length = math.hypot(*direction)
    if not length or not math.isfinite(length):
        return ""
    by_size = sorted(zip(direction, axes, strict=True), key=lambda part: -abs(part[0]))
    return "".join(
        names[0] if component > 0 else names[1]
        for component, names in by_size
        if abs(component) / length >= _LEAST_COMPONENT
    )


def orientation_from(
    image_orientation: Sequence[float],
    patient_orientation: Sequence[str],
    *,
    is_quadruped: bool = False,
    body_part: str = "",
) -> ImageOrientation:
    """Return the orientation that both attributes state; a value that is wrong is left out."""
    directions = None
    if len(image_orientation) == 6:
        a, b, c, d, e, f = image_orientation
        try:
            directions = orthonormal((a, b, c), (d, e, f))
        except DicomError:
            directions = None
    stated: tuple[str, str] | tuple[()] = ()
    if len(patient_orientation) == 2:
        row, column = (value.strip().upper() for value in patient_orientation)
        if _tokens(row, is_quadruped=is_quadruped) and _tokens(column, is_quadruped=is_quadruped):
            stated = (row, column)
    return ImageOrientation(directions, stated, is_quadruped, body_part)


def orientation_of(header: InstanceHeader) -> ImageOrientation:
    """Return the orientation of a single-frame image."""
    return orientation_from(
        header.numbers(0x00200037),
        header.values(0x00200020),
        is_quadruped=header.ascii(0x00102210).upper() == "QUADRUPED",
        body_part=header.ascii(0x00180015),
    )


def edge_labels(
    image_orientation: Sequence[float],
    patient_orientation: Sequence[str],
    display: DisplayMatrix = AS_STORED,
    *,
    is_quadruped: bool = False,
) -> EdgeLabels:
    """Return the letters at the edges for attribute values as they are stated."""
    return orientation_from(image_orientation, patient_orientation, is_quadruped=is_quadruped).edge_labels(display)


def _quadruped_axes(body_part: str) -> tuple[tuple[str, str], tuple[str, str], tuple[str, str]]:
    part = body_part.strip().upper()
    if part in _HEAD_PARTS:
        return _HEAD_AXES
    return _LIMB_AXES if part in _LIMB_PARTS else _TRUNK_AXES


def _steps_to_the_right_and_down(display: DisplayMatrix) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return the image steps (columns, rows) that go one unit right and one unit down on the screen."""
    (a, b), (c, d) = display
    determinant = a * d - b * c
    if not math.isfinite(determinant) or determinant == 0:
        return None
    right, down = (d / determinant, -c / determinant), (-b / determinant, a / determinant)
    right_length, down_length = math.hypot(*right), math.hypot(*down)
    return (
        (right[0] / right_length, right[1] / right_length),
        (down[0] / down_length, down[1] / down_length),
    )


def _tokens(value: str, *, is_quadruped: bool) -> list[str]:
    """Split a value of Patient Orientation into its words; empty when it is not made of them."""
    pattern = _QUADRUPED_TOKEN if is_quadruped else _BIPED_TOKEN
    tokens = pattern.findall(value)
    opposite = _QUADRUPED_OPPOSITE if is_quadruped else _BIPED_OPPOSITE
    is_sound = "".join(tokens) == value and len(set(tokens)) == len(tokens) <= 3
    return tokens if is_sound and not any(opposite[token] in tokens for token in tokens) else []


def _opposites(tokens: Sequence[str], *, is_quadruped: bool, is_limb: bool) -> list[str]:
    if not is_quadruped:
        return [_BIPED_OPPOSITE[token] for token in tokens]
    # On a limb dorsal faces palmar or plantar: unknown, so blank.
    return ["" if is_limb and word == "D" else _QUADRUPED_OPPOSITE[word] for word in tokens]


def _agrees(direction: Vector, value: str, *, is_quadruped: bool) -> bool:
    vectors = _QUADRUPED_VECTOR if is_quadruped else _BIPED_VECTOR
    known = [vectors[token] for token in _tokens(value, is_quadruped=is_quadruped) if token in vectors]
    if not known:
        return True  # medial and lateral depend on the limb: nothing to compare
    x, y, z = (sum(parts) for parts in zip(*known, strict=True))
    return dot(direction, (x, y, z)) / (math.hypot(x, y, z) or 1) >= _LEAST_AGREEMENT
