"""What display sets are made of: one image with the values it is split and sorted by.

For a classic file the values come from its header; for a frame of an enhanced object from its functional groups.
"""

import functools
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field

from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.image_ref import ImageRef

_POSITION, _ORIENTATION, _PIXEL_SPACING = 0x00200032, 0x00200037, 0x00280030
_ROWS, _COLUMNS, _SAMPLES = 0x00280010, 0x00280011, 0x00280002
_ORTHONORMAL_TOLERANCE = 1e-2
_PARALLEL = 1 - 1e-4
NOTHING: Mapping[str, Hashable] = {}

Vector = tuple[float, float, float]


@dataclass(slots=True, eq=False)
class ImageFacts:
    """One image and what it is split and sorted by.

    Attributes:
        position: Image Position (Patient); None when absent or not three numbers.
        orientation: Image Orientation (Patient); None when absent, or not two unit vectors at a right angle.
        values: Attributes that its frame states; they come before those of the header.
        order: Where it stands in its file when nothing else orders it.
    """

    image: ImageRef
    position: Vector | None = None
    orientation: tuple[float, ...] | None = None
    values: Mapping[str, Hashable] = field(default_factory=lambda: NOTHING)
    order: tuple[int, ...] = ()

    def value(self, name: str) -> Hashable:
        """Return an attribute; None when it is not stated."""
        if name in self.values:
            return self.values[name]
        return ATTRIBUTES[name](self.image.header)


def facts_of_header(header: InstanceHeader) -> ImageFacts:
    """Return the facts of a classic single-frame file."""
    position = header.numbers(_POSITION)
    return ImageFacts(
        ImageRef(header),
        (position[0], position[1], position[2]) if len(position) == 3 else None,
        sound_orientation(header.numbers(_ORIENTATION)),
    )


@functools.lru_cache(maxsize=8192)
def sound_orientation(numbers: tuple[float, ...]) -> tuple[float, ...] | None:
    """Return six direction cosines, or None where they are not two unit vectors at a right angle."""
    if len(numbers) != 6:
        return None
    x, y = numbers[:3], numbers[3:]
    off = (sum(a * a for a in x) - 1, sum(a * a for a in y) - 1, sum(a * b for a, b in zip(x, y, strict=True)))
    return numbers if max(map(abs, off)) <= 2 * _ORTHONORMAL_TOLERANCE else None


@functools.lru_cache(maxsize=8192)
def normal_of(orientation: tuple[float, ...]) -> Vector:
    """Return row × column of an orientation, of length 1."""
    a, b, c, d, e, f = orientation
    x, y, z = b * f - c * e, c * d - a * f, a * e - b * d
    length = (x * x + y * y + z * z) ** 0.5
    return x / length, y / length, z / length


def is_parallel(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Return whether two orientations agree in rows and columns (dot ≥ 1 − 1e-4)."""
    rows = sum(a * b for a, b in zip(one[:3], other[:3], strict=True))
    columns = sum(a * b for a, b in zip(one[3:], other[3:], strict=True))
    return rows >= _PARALLEL and columns >= _PARALLEL


def number_of(header: InstanceHeader) -> float:
    """Return the Instance Number; infinity when absent, so that it sorts last."""
    number = header.number(0x00200013)
    return float("inf") if number is None else number


def time_of(header: InstanceHeader) -> tuple[str, str, str]:
    """Return (date, time, date and time) of acquisition as text that sorts."""
    date_time = header.ascii(0x0008002A)
    date = header.ascii(0x00080022) or date_time[:8]
    return date, header.ascii(0x00080032) or date_time[8:], header.ascii(0x00080033)


def _raw(*tags: int) -> Callable[[InstanceHeader], Hashable]:
    def read(header: InstanceHeader) -> Hashable:
        get = header.elements.get
        values = tuple([(get(tag) or b"").strip(b" \0") for tag in tags])
        return values if any(values) else None

    return read


def _image_type(header: InstanceHeader) -> Hashable:
    # The further values tell flavours of one acquisition (GE adds slices in a part of a head); they split repeats only.
    values = header.elements.get(0x00080008, b"").strip(b" \0").upper().split(b"\\")
    return tuple([value.strip() for value in values[:3]])


def _number(tag: int) -> Callable[[InstanceHeader], Hashable]:
    return lambda header: header.number(tag)


def _b_value(header: InstanceHeader) -> Hashable:
    from viewer.dicom.private_dialects import b_value_of

    weighting = b_value_of(header)
    return None if weighting is None else weighting.value


def _size(header: InstanceHeader) -> Hashable:
    get = header.elements.get
    return get(_ROWS), get(_COLUMNS), get(_SAMPLES)


@functools.lru_cache(maxsize=1024)
def _rounded(numbers: tuple[float, ...]) -> Hashable:
    # Decimal strings of one spacing differ in their last digits from file to file.
    return tuple(float(f"{number:.4g}") for number in numbers)


ATTRIBUTES: Mapping[str, Callable[[InstanceHeader], Hashable]] = {
    "sop_class": _raw(0x00080016),
    "size": _size,
    "pixel_spacing": lambda header: _rounded(header.numbers(_PIXEL_SPACING)),
    "frame_of_reference": _raw(0x00200052),
    "image_type": _image_type,
    "image_type_rest": _raw(0x00080008),
    "b_value": _b_value,
    "diffusion_direction": _raw(0x00189089),
    "echo": _raw(0x00180086, 0x00180081),
    "inversion_time": _number(0x00180082),
    "kernel": _raw(0x00181210),
    "temporal_position": _number(0x00200100),
    "frame_time": _number(0x00541300),
    "trigger_time": _number(0x00181060),
    "acquisition": _number(0x00200012),
    "energy": _number(0x00180060),
    "stack": _raw(0x00209056),
    "frame_type": lambda header: None,  # noqa: ARG005 - only frames have these
    "complex_component": _raw(0x00089208),
    "segment": lambda header: None,  # noqa: ARG005
    "frame_laterality": lambda header: None,  # noqa: ARG005
}

# The elements some of them are read from, and nothing else.
HEADER_TAGS: Mapping[str, tuple[int, ...]] = {
    "sop_class": (0x00080016,),
    "size": (_ROWS, _COLUMNS, _SAMPLES),
    "pixel_spacing": (_PIXEL_SPACING,),
    "frame_of_reference": (0x00200052,),
    "image_type": (0x00080008,),
}

# What orders images that lie at one position (digest 6.3), the most telling first.
PHASE_ORDER: tuple[Callable[[ImageFacts], Hashable], ...] = (
    lambda facts: facts.value("temporal_position"),
    lambda facts: facts.value("trigger_time"),
    lambda facts: facts.image.header.number(0x00189241),
    lambda facts: facts.value("b_value"),
    lambda facts: facts.image.header.number(0x00180081),
    lambda facts: facts.value("frame_time"),
    lambda facts: time_of(facts.image.header)[:2] if any(time_of(facts.image.header)[:2]) else None,
    lambda facts: facts.value("acquisition"),
    lambda facts: time_of(facts.image.header)[2] or None,
    lambda facts: facts.image.header.number(0x00200013),
)
