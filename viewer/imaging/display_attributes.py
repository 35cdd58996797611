"""What a data set states about its display: shutters, overlays, palette, profile, aspect, lossiness, cine."""

from collections.abc import Iterator

import numpy as np

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.imaging.data_set_values import DataSet, integer, items, macro, number, numbers, text, texts, value
from viewer.imaging.display_shutter import Circle, DisplayShutter, Polygon, Rectangle
from viewer.imaging.frame_state import DEFAULT_FRAMES_PER_SECOND, Cine, Lossiness
from viewer.imaging.grayscale_attributes import is_little_endian
from viewer.imaging.lookup_table import LookupTable, descriptor_words, lut_data, signed_word
from viewer.imaging.overlay_plane import OverlayPlane
from viewer.imaging.palette_color_lut import PaletteColorLut, expand_segments
from viewer.imaging.stored_frame import PixelDescription

FRAME_DISPLAY_SHUTTER = 0x00189472
ICC_PROFILE = 0x00282000
OPTICAL_PATHS, OPTICAL_PATH_IDENTIFIER, OPTICAL_PATH_OF_FRAME = 0x00480105, 0x00480106, 0x00480207
OVERLAY_GROUPS = range(0x6000, 0x6020, 2)
MAX_VERTICES = 10000


def display_shutter(data_set: DataSet, index: int, warnings: list[str]) -> DisplayShutter | None:
    """Return the shutter of a frame counted from 0; None when it has none. Shapes that make no sense are left out."""
    source = macro(data_set, index, FRAME_DISPLAY_SHUTTER) or data_set
    kinds = {kind.upper() for kind in texts(source, 0x00181600)}
    if not kinds:
        return None
    group = integer(source, 0x00181623) or 0
    cielab = tuple(int(part) & 0xFFFF for part in numbers(source, 0x00181624))
    fill = integer(source, 0x00181622) or 0
    shapes = tuple(_shapes(source, kinds))
    has_bitmap = "BITMAP" in kinds and any(group << 16 | element in data_set for element in (0x0010, 0x0102))
    if len(shapes) + has_bitmap < len(kinds):
        warnings.append(_("A display shutter cannot be read: what it should cover may be visible"))
    return DisplayShutter(
        shapes,
        group if "BITMAP" in kinds else 0,
        fill & 0xFFFF,
        (cielab[0], cielab[1], cielab[2]) if len(cielab) == 3 else None,
    )


def _shapes(source: DataSet, kinds: set[str]) -> Iterator[Rectangle | Circle | Polygon]:
    """Yield the shapes that leave something to see."""
    stated = (integer(source, tag) for tag in (0x00181602, 0x00181604, 0x00181606, 0x00181608))
    edges = [edge for edge in stated if edge is not None]
    if "RECTANGULAR" in kinds and len(edges) == 4:
        left, right, upper, lower = edges
        if left <= right >= 1 and upper <= lower >= 1:
            yield Rectangle(left, right, upper, lower)
    center, radius = numbers(source, 0x00181610), number(source, 0x00181612)
    if "CIRCULAR" in kinds and len(center) == 2 and radius is not None and radius > 0:
        yield Circle(center[0], center[1], radius)
    points = [int(part) for part in numbers(source, 0x00181620)][: 2 * MAX_VERTICES]
    if "POLYGONAL" in kinds and len(points) >= 6:
        yield Polygon(tuple(zip(points[::2], points[1::2], strict=False)))


def overlay_planes(data_set: DataSet, pixels: PixelDescription, warnings: list[str]) -> tuple[OverlayPlane, ...]:
    """Return the overlay planes of an image; those that cannot be read are left out with a warning."""
    planes = []
    for group in OVERLAY_GROUPS:
        if (group << 16 | 0x0010) not in data_set and (group << 16 | 0x0102) not in data_set:
            continue
        plane = _overlay(data_set, group << 16, pixels)
        if plane is None:
            warnings.append(_("Overlay {group} cannot be read").format(group=f"{group:04X}"))
        else:
            planes.append(plane)
    return tuple(planes)


def _overlay(data_set: DataSet, base: int, pixels: PixelDescription) -> OverlayPlane | None:
    rows = integer(data_set, base | 0x0010) or pixels.rows
    columns = integer(data_set, base | 0x0011) or pixels.columns
    origin = numbers(data_set, base | 0x0050)
    data = value(data_set, base | 0x3000)
    bit_position = integer(data_set, base | 0x0102) or 0
    # Words (OW) of a big endian file lie swapped, octets (OB) do not.
    is_swapped = bool(data) and not is_little_endian(data_set) and data_set[base | 0x3000].VR != "OB"
    packed = _packed(data, is_little=not is_swapped)
    if not packed and not 0 < bit_position < pixels.bits_allocated:
        return None
    return OverlayPlane(
        group=base >> 16,
        rows=rows,
        columns=columns,
        kind=text(data_set, base | 0x0040) or "G",
        origin_row=_position(origin[0]) if len(origin) == 2 else 1,
        origin_column=_position(origin[1]) if len(origin) == 2 else 1,
        first_frame=max(1, integer(data_set, base | 0x0051) or 1),
        frame_count=max(1, integer(data_set, base | 0x0015) or 1),
        bits=packed,
        bit_position=0 if packed else bit_position,
        label=text(data_set, base | 0x1500),
        description=text(data_set, base | 0x0022),
        reported=(number(data_set, base | 0x1301), number(data_set, base | 0x1302), number(data_set, base | 0x1303)),
    )


def _position(stated: float) -> int:
    """Return an origin, which may be 0 or less, also where a writer took SS for US (60xx,0050)."""
    return signed_word(int(stated) & 0xFFFF)


def _packed(data: object, *, is_little: bool) -> bytes:
    if not isinstance(data, bytes) or is_little:
        return data if isinstance(data, bytes) else b""
    return np.frombuffer(data[: len(data) // 2 * 2], ">u2").astype("<u2").tobytes()


def palette(data_set: DataSet, pixels: PixelDescription, warnings: list[str]) -> PaletteColorLut | None:
    """Return the palette of an image, plain, segmented or supplemental; None when it has none."""
    is_plain = pixels.photometric_interpretation == "PALETTE COLOR"
    is_supplemental = (
        pixels.photometric_interpretation == "MONOCHROME2"
        and text(data_set, 0x00089205) in {"COLOR", "MIXED"}
        and value(data_set, 0x00281101) is not None
    )
    if not is_plain and not is_supplemental:
        return None
    try:
        red, green, blue = (_channel(data_set, offset, pixels) for offset in range(3))
    except DicomError as error:
        if is_plain:
            raise
        warnings.append(_("The supplemental palette cannot be used: {reason}").format(reason=error))
        return None
    return PaletteColorLut(red, green, blue, is_supplemental)


def _channel(data_set: DataSet, offset: int, pixels: PixelDescription) -> LookupTable:
    is_little = is_little_endian(data_set)
    count, first, bits = descriptor_words(value(data_set, 0x00281101 + offset), is_little_endian=is_little)
    plain, segmented = value(data_set, 0x00281201 + offset), value(data_set, 0x00281221 + offset)
    bits = bits if bits in {8, 16} else 16
    if plain is not None:
        entries = lut_data(plain, count, bits, is_little_endian=is_little)
    elif segmented is not None:
        entries = expand_segments(_words(segmented, bits, is_little=is_little), count, bits)
    else:
        raise DicomError(_("A palette has no data"))
    return LookupTable(signed_word(first) if pixels.is_signed else first, entries, bits)


def _words(data: object, bits: int, *, is_little: bool) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    """Return the words of a segmented palette; with 8-bit entries its segments are octets (C.7.9.2)."""
    if isinstance(data, bytes):
        words = np.frombuffer(data[: len(data) // 2 * 2], "<u2" if is_little else ">u2").astype("<u2")
        return words.view(np.uint8 if bits == 8 else "<u2").astype(np.int64)
    try:
        return np.asarray(data, np.int64) & 0xFFFF
    except (TypeError, ValueError) as error:
        raise DicomError(_("A segmented palette cannot be read")) from error


def icc_profile(data_set: DataSet, index: int) -> bytes:
    """Return the ICC profile of a frame counted from 0; empty when it has none.

    Whole-slide images keep it with the optical path that their frames name (C.8.12.5).
    """
    for source in (data_set, *_optical_paths(data_set, index)[:1]):
        found = value(source, ICC_PROFILE)
        if isinstance(found, bytes):
            stated = int.from_bytes(found[:4], "big")  # what follows only makes the length even
            return found[:stated] if 0 < stated < len(found) else found
    return b""


def _optical_paths(data_set: DataSet, index: int) -> tuple[DataSet, ...]:
    """Return the optical path of a frame, or all where it names none of them."""
    paths = items(data_set, OPTICAL_PATHS)
    named = macro(data_set, index, OPTICAL_PATH_OF_FRAME) if len(paths) > 1 else None
    identifier = "" if named is None else text(named, OPTICAL_PATH_IDENTIFIER)
    return tuple(path for path in paths if text(path, OPTICAL_PATH_IDENTIFIER) == identifier) or paths


def aspect_ratio(data_set: DataSet, spacing: tuple[float, ...], region: tuple[float, ...] = ()) -> float:
    """Return height over width of a pixel for display (digest of 10.7, C.7.6.3.1.7).

    Args:
        data_set: For the attributes that state it.
        spacing: Pixel Spacing of the frame; empty when it has none.
        region: Height and width of a pixel by the ultrasound regions, which go first; empty without.
    """
    stated = [region, spacing, *(numbers(data_set, tag) for tag in (0x00181164, 0x00182010, 0x00280034))]
    for pair in stated:
        if len(pair) == 2 and pair[0] > 0 and pair[1] > 0 and 0.01 <= pair[0] / pair[1] <= 100:
            return pair[0] / pair[1]
    return 1.0


LOSSY_METHODS = {
    "ISO_10918_1": "JPEG",
    "ISO_14495_1": "JPEG-LS",
    "ISO_15444_1": "JPEG 2000",
    "ISO_15444_15": "HTJ2K",
    "ISO_13818_2": "MPEG-2",
    "ISO_14496_10": "H.264",
    "ISO_23008_2": "HEVC",
    "ISO_18181_1": "JPEG XL",
}
"""Lossy Image Compression Method (0028,2114), PS3.3 C.7.6.1.1.5.1."""


def lossiness(data_set: DataSet, *, is_lossy_syntax: bool) -> Lossiness:
    """Return whether information was lost in compression, and the ratios and methods stated."""
    if not is_lossy_syntax and text(data_set, 0x00282110) != "01":
        return Lossiness()
    ratios = " ".join(f"{ratio:.3g}:1" for ratio in numbers(data_set, 0x00282112) if ratio > 0)
    methods = (LOSSY_METHODS.get(method.upper(), method) for method in texts(data_set, 0x00282114))
    return Lossiness(is_lossy=True, ratio=ratios, method=", ".join(method for method in methods if method))


def cine(data_set: DataSet, frame_count: int) -> Cine | None:
    """Return how a multi-frame image wants to be played; None for one frame."""
    if frame_count < 2:
        return None
    vector, delay = numbers(data_set, 0x00181065), number(data_set, 0x00181066) or 0.0
    frame_time = number(data_set, 0x00181063)
    times: tuple[float, ...] = ()
    if len(vector) == frame_count and all(step >= 0 for step in vector) and sum(vector[1:]) > 0:
        times = tuple(float(time) for time in delay + np.cumsum([0.0, *vector[1:]]))
        frame_time = sum(vector[1:]) / (frame_count - 1)
    rate = number(data_set, 0x00082144) or (1000.0 / frame_time if frame_time and frame_time > 0 else None)
    rate = rate or number(data_set, 0x00180040)
    start, stop = integer(data_set, 0x00082142) or 1, integer(data_set, 0x00082143) or frame_count
    is_range = 1 <= start < stop <= frame_count
    return Cine(
        rate if rate and rate > 0 else DEFAULT_FRAMES_PER_SECOND,
        times,
        start if is_range else 1,
        stop if is_range else frame_count,
        is_sweep=integer(data_set, 0x00181244) == 1,
        is_stated=bool(rate and rate > 0),
    )
