"""What vendors say in private elements, read only where the private creator proves whose words they are (PS3.5 7.8.1).

Siemens mosaics and CSA headers, b-values of three vendors, Philips' private scale, GE's part of a complex value. Each
result names its source, so that the reader sees where a number comes from.
"""

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.csa_header import csa_header
from viewer.dicom.data_elements import element_number, element_numbers, element_text, element_texts, element_value
from viewer.dicom.image_plane import ImagePlane, Vector, added, dot, plane_from, scaled
from viewer.dicom.instance_header import InstanceHeader

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_SIEMENS_MR = "SIEMENS MR HEADER"
_SIEMENS_CSA = "SIEMENS CSA HEADER"
_GE_PARAMETERS = "GEMS_PARM_01"
_PHILIPS_IMAGING = "Philips Imaging DD 001"
_PHILIPS_MR = "Philips MR Imaging DD 001"

_DIFFUSION_B_VALUE = 0x00189087
# GE adds flags in the billions to the b-value of some sequences.
_GE_FLAGS = 1_000_000_000
_GREATEST_B_VALUE = 100_000


@dataclass(frozen=True, slots=True)
class BValue:
    """A diffusion weighting in s/mm², and the element it was read from."""

    value: float
    source: str


@dataclass(frozen=True, slots=True)
class PhilipsScale:
    """Philips' own scale, by which values can be compared between scans (creator Philips MR Imaging DD 001).

    Attributes:
        slope: Scale Slope (2005,xx0E).
        intercept: Scale Intercept (2005,xx0D).
    """

    slope: float
    intercept: float

    def precise_value(self, rescaled: float, rescale_slope: float) -> float:
        """Return the comparable value of a rescaled one: it undoes the per-image scaling for display."""
        return rescaled / (rescale_slope * self.slope)


@dataclass(frozen=True, slots=True)
class Mosaic:
    """Slices of one volume tiled into one Siemens image.

    Attributes:
        tile_count: How many tiles hold slices.
        tiles_across: Tiles in a row, and in a column, of the image.
        tile_rows: Rows of one slice.
        tile_columns: Columns of one slice.
        first_plane: Where the first slice lies.
        step: From one slice to the next, in mm.
        is_direction_assumed: Whether the slices' direction was not stated and the plane's normal stands in for it.
    """

    tile_count: int
    tiles_across: int
    tile_rows: int
    tile_columns: int
    first_plane: ImagePlane
    step: Vector
    is_direction_assumed: bool = False

    def tile_origin(self, index: int) -> tuple[int, int]:
        """Return row and column in the mosaic of the first pixel of a slice, counted from 0."""
        down, across = divmod(index, self.tiles_across)
        return down * self.tile_rows, across * self.tile_columns

    def plane(self, index: int) -> ImagePlane:
        """Return where a slice lies, counted from 0."""
        return self.first_plane.moved_to(added(self.first_plane.position, scaled(self.step, index)))


def private_tag(data_set: "Dataset", group: int, creator: str, element: int) -> int | None:
    """Return the tag of a private element of a creator; None when the data set has no such block or element."""
    for block in range(0x10, 0x100):
        tag = group << 16 | block
        if tag in data_set and element_text(data_set, tag).strip() == creator:
            found = group << 16 | block << 8 | element
            if found in data_set:
                return found
    return None


def header_private_value(header: InstanceHeader, group: int, creator: str, element: int) -> bytes:
    """Return the raw value of a private element that a header kept; empty when the creator does not vouch for it."""
    for tag, raw in header.elements.items():
        if tag >> 16 == group and 0x10 <= tag & 0xFFFF < 0x100 and raw.strip(b" \0") == creator.encode("ascii"):
            value = header.elements.get(group << 16 | (tag & 0xFF) << 8 | element)
            if value is not None:
                return value
    return b""


def b_value(data_set: "Dataset") -> BValue | None:
    """Return the diffusion weighting of an image; None when it has none that is sound."""
    stated = element_number(data_set, _DIFFUSION_B_VALUE)
    if stated is not None:
        return _b_value(stated, "(0018,9087)")
    for group, creator, element, source in _B_VALUE_ELEMENTS:
        tag = private_tag(data_set, group, creator, element)
        if tag is not None:
            number = _first_number(element_value(data_set, tag))
            return _b_value(_without_flags(number, creator), source)
    return None


def b_value_of(header: InstanceHeader) -> BValue | None:
    """Return the diffusion weighting of an image from its header alone."""
    raw = header.elements.get(_DIFFUSION_B_VALUE, b"")
    if raw:
        return _b_value(_first_number(raw, is_double=True), "(0018,9087)")
    for group, creator, element, source in _B_VALUE_ELEMENTS:
        raw = header_private_value(header, group, creator, element)
        if raw:
            return _b_value(_without_flags(_first_number(raw), creator), source)
    return None


_B_VALUE_ELEMENTS = (
    (0x0019, _SIEMENS_MR, 0x0C, "(0019,xx0C) " + _SIEMENS_MR),
    (0x0043, _GE_PARAMETERS, 0x39, "(0043,xx39) " + _GE_PARAMETERS),
    (0x2001, _PHILIPS_IMAGING, 0x03, "(2001,xx03) " + _PHILIPS_IMAGING),
)


def philips_scale(data_set: "Dataset") -> PhilipsScale | None:
    """Return Philips' private scale; None when it is absent or has no slope."""
    slope_tag = private_tag(data_set, 0x2005, _PHILIPS_MR, 0x0E)
    intercept_tag = private_tag(data_set, 0x2005, _PHILIPS_MR, 0x0D)
    slope = _first_number(element_value(data_set, slope_tag)) if slope_tag else None
    intercept = _first_number(element_value(data_set, intercept_tag)) if intercept_tag else None
    return PhilipsScale(slope, intercept or 0.0) if slope else None


_GE_PARTS = ("magnitude", "phase", "real", "imaginary")


def ge_complex_part(data_set: "Dataset") -> str:
    """Return which part of a complex value a GE MR image shows; empty when it does not say."""
    tag = private_tag(data_set, 0x0043, _GE_PARAMETERS, 0x2F)
    number = _first_number(element_value(data_set, tag)) if tag else None
    return _GE_PARTS[int(number)] if number is not None and 0 <= number < len(_GE_PARTS) else ""


def is_mosaic(data_set: "Dataset") -> bool:
    """Return whether an image says that it is a Siemens mosaic."""
    return "MOSAIC" in element_texts(data_set, 0x00080008) and bool(
        private_tag(data_set, 0x0019, _SIEMENS_MR, 0x0A) or private_tag(data_set, 0x0029, _SIEMENS_CSA, 0x10)
    )


def siemens_mosaic(data_set: "Dataset") -> Mosaic | None:
    """Return the tiles of a Siemens mosaic; None when the image is none.

    Raises:
        DicomError: The image says it is a mosaic, but not soundly how it is tiled or where it lies.
    """
    if not is_mosaic(data_set):
        return None
    csa = _image_csa(data_set)
    count = _tile_count(data_set, csa)
    rows, columns = (int(element_number(data_set, tag) or 0) for tag in (0x00280010, 0x00280011))
    across = math.isqrt(count - 1) + 1
    if rows % across or columns % across or not rows or not columns:
        raise DicomError(
            _("A mosaic of {columns} × {rows} pixels does not divide into {across} × {across} tiles").format(
                columns=columns, rows=rows, across=across
            )
        )
    plane = plane_from(
        element_numbers(data_set, 0x00200032),
        element_numbers(data_set, 0x00200037),
        element_numbers(data_set, 0x00280030),
    )
    tile_rows, tile_columns = rows // across, columns // across
    # Siemens states the position as if the whole mosaic were one slice about the same centre.
    first = plane.moved_to(plane.point_patient((columns - tile_columns) / 2, (rows - tile_rows) / 2))
    distance = element_number(data_set, 0x00180088)
    if not distance or distance <= 0:
        raise DicomError(_("A mosaic without Spacing Between Slices"))
    normal = _slice_direction(csa, plane)
    return Mosaic(
        count, across, tile_rows, tile_columns, first, scaled(normal or plane.normal, distance), normal is None
    )


def _image_csa(data_set: "Dataset") -> dict[str, tuple[str, ...]]:
    tag = private_tag(data_set, 0x0029, _SIEMENS_CSA, 0x10)
    raw = element_value(data_set, tag) if tag else None
    return csa_header(raw) if isinstance(raw, bytes) else {}


def _tile_count(data_set: "Dataset", csa: dict[str, tuple[str, ...]]) -> int:
    tag = private_tag(data_set, 0x0019, _SIEMENS_MR, 0x0A)
    number = _first_number(element_value(data_set, tag)) if tag else None
    if number is None and csa.get("NumberOfImagesInMosaic"):
        number = _first_number(csa["NumberOfImagesInMosaic"][0])
    if number is None or not 1 <= number <= 65536:
        raise DicomError(_("A mosaic that does not say of how many slices"))
    return int(number)


def _slice_direction(csa: dict[str, tuple[str, ...]], plane: ImagePlane) -> Vector | None:
    """Return the plane's normal, turned the way the CSA header says the slices go; None when it does not say."""
    parts = [_first_number(text) for text in csa.get("SliceNormalVector", ())]
    x, y, z = parts if len(parts) == 3 else (None, None, None)
    if x is None or y is None or z is None:
        return None
    cosine = dot((x, y, z), plane.normal)
    if abs(cosine) < 0.99:
        raise DicomError(_("A mosaic whose slices do not follow each other along its normal"))
    return plane.normal if cosine > 0 else scaled(plane.normal, -1)


def _b_value(number: float | None, source: str) -> BValue | None:
    return BValue(number, source) if number is not None and 0 <= number <= _GREATEST_B_VALUE else None


def _without_flags(number: float | None, creator: str) -> float | None:
    return number % _GE_FLAGS if number is not None and creator == _GE_PARAMETERS else number


def _first_number(value: object, *, is_double: bool = False) -> float | None:
    """Return the first number of a value of whatever form: a number, a list, text, or the bytes of an FL or FD."""
    if isinstance(value, bytes):
        return _number_of_bytes(value, is_double=is_double)
    if isinstance(value, str):
        value = value.strip(" \0").split("\\")[0]
    elif hasattr(value, "__getitem__"):
        value = value[0]
    try:
        number = float(value)  # type: ignore[arg-type] # what is no number raises
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _number_of_bytes(raw: bytes, *, is_double: bool) -> float | None:
    form = "<d" if is_double and len(raw) == 8 else "<f"
    text = raw.split(b"\\")[0].strip(b" \0")
    try:
        return float(text.decode("ascii"))  # a decimal string is by far the likelier to look like one
    except ValueError:
        number = float(struct.unpack(form, raw)[0]) if len(raw) == struct.calcsize(form) else math.nan
    return number if math.isfinite(number) else None
