"""What a data set states about its grey values: modality transform, windows, VOI LUTs, padding (PS3.3 C.11.1, C.11.2).

Signs of descriptors are decided from the stage a table stands in, never from the VR a reader guessed (C.11.1.1).
"""

import math
from dataclasses import replace

from viewer.base.errors import DicomError
from viewer.base.translation import N_, _
from viewer.imaging.data_set_values import DataSet, integer, items, macro, number, numbers, text, texts, value
from viewer.imaging.lookup_table import MAX_BITS, LookupTable, descriptor_words, lut_data, signed_word
from viewer.imaging.modality_lut import IDENTITY, STORED_VALUES, ModalityLut, ModalityTransform, Rescale, output_range
from viewer.imaging.padding import Padding, float_padding, integer_padding
from viewer.imaging.stored_frame import PixelDescription
from viewer.imaging.voi_lut import (
    VoiFunction,
    VoiLut,
    VoiOption,
    VoiOrigin,
    Window,
    exact_window_between,
    window_between,
)

PIXEL_VALUE_TRANSFORMATION = 0x00289145
FRAME_VOI_LUT = 0x00289132
RT_DOSE_STORAGE = "1.2.840.10008.5.1.4.1.1.481.2"

PROJECTION_MODALITIES = frozenset({"MG", "DX", "IO", "CR", "PX", "RG"})
"""Their VOI LUT is what they want to be seen with, and without any they are P-values already."""

BACKWARD_MODALITIES = frozenset({"XA", "XRF", "RF"})
"""Where a modality LUT may lead back to linear intensity and is then not for display (C.8.7.1.1.2)."""

_DOSE_UNITS = {"GY": "Gy", "RELATIVE": N_("relative")}
"""Dose Units (3004,0002)."""

_MEANINGLESS_TYPES = frozenset({"", "US", "UNSPECIFIED"})


def modality_transform(
    data_set: DataSet, index: int, pixels: PixelDescription, warnings: list[str]
) -> ModalityTransform:
    """Return the transform of a frame counted from 0, functional groups before the top level."""
    modality = text(data_set, 0x00080060)
    if modality == "RTDOSE" or text(data_set, 0x00080016) == RT_DOSE_STORAGE:
        return _dose(data_set, warnings)
    group = macro(data_set, index, PIXEL_VALUE_TRANSFORMATION)
    if group is not None:
        return _rescale(group, modality, pixels, warnings)
    if modality in BACKWARD_MODALITIES and text(data_set, 0x00281040) != "LIN":
        return IDENTITY
    sequence = items(data_set, 0x00283000)
    if sequence:
        try:
            table = lookup_table(sequence[0], is_signed=pixels.is_signed, data_set=data_set)
        except DicomError as error:
            warnings.append(_("Modality LUT cannot be used: {reason}").format(reason=error))
            return IDENTITY
        return ModalityLut(table, rescaled_unit(text(sequence[0], 0x00283004)))
    return _rescale(data_set, modality, pixels, warnings)


def _dose(data_set: DataSet, warnings: list[str]) -> Rescale:
    """Return the way from stored values to dose: Dose Grid Scaling (3004,000E), C.8.8.3."""
    scaling = number(data_set, 0x3004000E)
    if scaling is None or scaling <= 0.0:
        warnings.append(_("Dose Grid Scaling is missing or not above zero: stored values are shown"))
        return IDENTITY
    unit = _DOSE_UNITS.get(text(data_set, 0x30040002).upper(), "")
    return Rescale(scaling, unit=_(unit) if unit else "")


def _rescale(source: DataSet, modality: str, pixels: PixelDescription, warnings: list[str]) -> Rescale:
    unit_name = text(source, 0x00281054) or text(source, 0x00541001)
    if value(source, 0x00281053) is None and value(source, 0x00281052) is None:
        return Rescale(unit=rescaled_unit(unit_name) or STORED_VALUES)
    slope, intercept = number(source, 0x00281053), number(source, 0x00281052)
    if slope is None or intercept is None or slope == 0.0:
        warnings.append(_("Rescale Slope or Intercept is missing or zero: stored values are shown"))
        return IDENTITY
    # A CT image that is not in HU has to say so (C.8.2.1): only silence stands for HU, not "US" for unspecified.
    if modality == "CT" and not unit_name and (intercept != 0.0 or pixels.is_signed):
        return Rescale(slope, intercept, "HU")
    rescale = Rescale(slope, intercept, rescaled_unit(unit_name))
    return replace(rescale, unit=STORED_VALUES) if rescale.is_identity and not rescale.unit else rescale


def rescaled_unit(rescale_type: str) -> str:
    """Return Rescale Type (0028,1054) as it may be shown; empty where it says nothing."""
    return "" if rescale_type in _MEANINGLESS_TYPES else rescale_type


def lookup_table(item: DataSet, *, is_signed: bool, data_set: DataSet) -> LookupTable:
    """Return the table of a LUT item.

    Args:
        item: With LUT Descriptor (0028,3002) and LUT Data (0028,3006).
        is_signed: Whether the first mapped value is to be read as signed.
        data_set: The whole, for its byte order.

    Raises:
        DicomError: If descriptor or data are missing or do not fit.
    """
    is_little = is_little_endian(data_set)
    count, first, bits = descriptor_words(value(item, 0x00283002), is_little_endian=is_little)
    data = value(item, 0x00283006)
    if data is None:
        raise DicomError(_("it has no data"))
    if not 1 <= bits <= MAX_BITS:
        bits = MAX_BITS
    entries = lut_data(data, count, bits, is_little_endian=is_little)
    return LookupTable(signed_word(first) if is_signed else first, entries, bits, text(item, 0x00283003))


def is_little_endian(data_set: DataSet) -> bool:
    """Return the byte order that values still in bytes have."""
    return bool(getattr(data_set, "original_encoding", (None, None))[1] is not False)


def voi_options(
    data_set: DataSet, index: int, pixels: PixelDescription, transform: ModalityTransform, warnings: list[str]
) -> tuple[VoiOption, ...]:
    """Return what the reader can choose from for a frame counted from 0; the first is the default."""
    source = macro(data_set, index, FRAME_VOI_LUT) or data_set
    modality = text(data_set, 0x00080060)
    windows = _windows(source, warnings)
    tables = _tables(source, data_set, pixels, transform, warnings)
    is_projection = modality in PROJECTION_MODALITIES
    stated = [*tables, *windows] if is_projection else [*windows, *tables]
    if pixels.is_float:
        return (*stated, VoiOption(None, _("Automatic"), VoiOrigin.AUTO))
    whole = _label_range(data_set) or full_range(pixels, transform)
    full = VoiOption(whole, _("Full range"), VoiOrigin.FULL_RANGE)
    auto = VoiOption(None, _("Automatic"), VoiOrigin.AUTO)
    is_ready = is_projection or modality in BACKWARD_MODALITIES or pixels.bits_stored <= 8
    return (*stated, full, auto) if is_ready else (*stated, auto, full)


def _label_range(data_set: DataSet) -> Window | None:
    """Return the window over the labels of a label map (C.8.20.2): its values are segment numbers, mostly few."""
    if text(data_set, 0x00620001) != "LABELMAP":
        return None
    numbers_of_segments = [integer(item, 0x00620004) or 0 for item in items(data_set, 0x00620002)]
    highest = max(numbers_of_segments, default=0)
    return window_between(0, highest) if highest > 0 else None


def full_range(pixels: PixelDescription, transform: ModalityTransform) -> Window:
    """Return the window over all that integer pixels can hold, in modality units."""
    if isinstance(transform, ModalityLut):
        return window_between(0, transform.table.maximum)
    low, high = output_range(transform, *pixels.stored_range)
    is_whole = math.fmod(transform.slope, 1.0) == 0.0 and math.fmod(transform.intercept, 1.0) == 0.0
    return window_between(low, high) if is_whole else exact_window_between(low, high)


def _windows(source: DataSet, warnings: list[str]) -> list[VoiOption]:
    centers, widths = numbers(source, 0x00281050), numbers(source, 0x00281051)
    if len(centers) != len(widths) or (not centers and value(source, 0x00281050) is not None):
        warnings.append(_("Window Center and Window Width do not match: what has no partner is ignored"))
    function = _function(text(source, 0x00281056), warnings)
    explanations = texts(source, 0x00281055)
    options = []
    for position, (center, width) in enumerate(zip(centers, widths, strict=False)):
        if width <= 0:
            warnings.append(_("A Window Width of {width} is ignored").format(width=f"{width:g}"))
            continue
        # LINEAR below 1 is not defined; windows in SUV are written so and mean what LINEAR_EXACT says.
        is_narrow = function is VoiFunction.LINEAR and width < 1
        window = Window(center, width, VoiFunction.LINEAR_EXACT if is_narrow else function)
        options.append(VoiOption(window, explanations[position] if position < len(explanations) else ""))
    return options


def _function(name: str, warnings: list[str]) -> VoiFunction:
    if not name:
        return VoiFunction.LINEAR
    try:
        return VoiFunction(name.upper())
    except ValueError:
        warnings.append(_("The VOI LUT Function {name} is not known: LINEAR is used").format(name=name))
        return VoiFunction.LINEAR


def _tables(
    source: DataSet,
    data_set: DataSet,
    pixels: PixelDescription,
    transform: ModalityTransform,
    warnings: list[str],
) -> list[VoiOption]:
    options: list[VoiOption] = []
    sequence = items(source, 0x00283010)
    if not sequence:
        return options
    # A table's output is never negative; a rescale's can be, and then the first mapped value is signed.
    is_signed = not isinstance(transform, ModalityLut) and (
        pixels.is_float or text(data_set, 0x00080060) == "CT" or output_range(transform, *pixels.stored_range)[0] < 0
    )
    for item in sequence:
        try:
            table = lookup_table(item, is_signed=is_signed, data_set=data_set)
        except DicomError as error:
            warnings.append(_("A VOI LUT cannot be used: {reason}").format(reason=error))
            continue
        options.append(VoiOption(VoiLut(table), table.explanation))
        highest = int(table.entries.max())
        if 0 < highest < 1 << (table.bits - 1):
            fitting = LookupTable(table.first, table.entries, highest.bit_length(), table.explanation)
            words = _("{explanation} (depth as its content)").format(explanation=table.explanation or "LUT")
            options.append(VoiOption(VoiLut(fitting), words))
    return options


def padding(data_set: DataSet, pixels: PixelDescription) -> Padding | None:
    """Return the stored values that are no pixels; grey only."""
    if not pixels.is_monochrome:
        return None
    if pixels.is_float:
        for value_tag, limit_tag in ((0x00280122, 0x00280124), (0x00280123, 0x00280125)):
            found = float_padding(number(data_set, value_tag), number(data_set, limit_tag))
            if found is not None:
                return found
        return None
    return integer_padding(integer(data_set, 0x00280120), integer(data_set, 0x00280121), pixels)
