"""Whether all images are there and lie as a stack should: gaps, duplicates, counts, tilt (digest 5.3).

Each function returns warnings; an empty answer means that nothing speaks against it, not that nothing is missing.
"""

import itertools
import math
import statistics
from collections.abc import Iterable, Sequence

from viewer.base.number_ranges import ranges_text
from viewer.base.translation import N_
from viewer.dicom.instance_header import InstanceHeader
from viewer.workspace.display_set import SetWarning, StackGeometry, WarningCode
from viewer.workspace.image_facts import ImageFacts, normal_of
from viewer.workspace.slice_order import distance_of

_INSTANCE_NUMBER, _IMAGES_IN_ACQUISITION, _ACQUISITION_NUMBER = 0x00200013, 0x00201002, 0x00200012
_NUMBER_OF_SLICES, _TEMPORAL_POSITIONS, _TEMPORAL_POSITION = 0x00540081, 0x00200105, 0x00200100
_THICKNESS = 0x00180050
_ROWS, _COLUMNS, _BITS, _SAMPLES = 0x00280010, 0x00280011, 0x00280100, 0x00280002
_PART_NUMBER, _PARTS = 0x00209162, 0x00209163

REGULAR_MM, REGULAR_SHARE = 0.01, 0.01
SHEAR_SHARE = 0.01
THICKER_FROM = 1.2
MULTIPLE_TOLERANCE = 0.1
_LISTED = 6

GAP = N_("Between images {0} and {1} lie {2} mm instead of {3} mm: about {4} images are missing")
IRREGULAR = N_("The slices are not equally far apart: {0} to {1} mm")
TILTED = N_("The stack is tilted (gantry): slices slide by {0} mm from one to the next")
UNEVEN = N_("Not every position has the same number of images")
DUPLICATE = N_("Positions with more than one image: {0}")
NO_POSITIONS = N_("The images do not say where they lie; they are ordered by number")
REPEATED = N_("Files that repeat an image already open: {0}")
BAD_ORIENTATION = N_("Images whose orientation is not two directions at a right angle: {0}")
FEWER = N_("{0} of {1} images are here")
MORE = N_("{0} images are here, though only {1} are announced")
NUMBERS = N_("Image numbers {0} are not here")
TIMES = N_("{0} of {1} points in time are here")
FRAMES = N_("The file announces {0} frames but holds {1}")
UNCUT_MOSAIC = N_("The image is a mosaic of slices that does not say soundly how it is laid out: it is shown whole")
PARTS = N_("{0} of {1} parts of the image are here")


def geometry_of(facts: Sequence[ImageFacts]) -> StackGeometry | None:
    """Return how a sorted stack lies; None without positions or for fewer than two images."""
    if len(facts) < 2 or any(each.position is None or each.orientation is None for each in facts):
        return None
    positions = tuple(map(distance_of, facts))
    steps = [after - before for before, after in itertools.pairwise(positions)]
    spacing = statistics.median(steps)
    tolerance = max(REGULAR_MM, REGULAR_SHARE * spacing)
    is_regular = all(abs(step - spacing) <= tolerance for step in steps)
    shears = [_shear(before, after) for before, after in itertools.pairwise(facts)]
    shear = statistics.median(shears)
    is_sheared = shear > SHEAR_SHARE * math.hypot(spacing, shear)
    normal = normal_of(facts[0].orientation or ())
    return StackGeometry(spacing, positions, shear if is_sheared else 0.0, is_regular, normal)


def geometry_warnings(geometry: StackGeometry | None, facts: Sequence[ImageFacts] = ()) -> list[SetWarning]:
    """Return what is wrong with how a stack lies.

    Args:
        geometry: Of the stack.
        facts: Its images: where thicker slices follow each other without a gap, wider steps are no gap.
    """
    if geometry is None:
        return []
    positions, spacing = geometry.positions_mm, geometry.spacing_mm
    steps = [after - before for before, after in itertools.pairwise(positions)]
    thicknesses = [each.image.header.number(_THICKNESS) for each in facts]
    warnings = []
    irregular = []
    for index, step in enumerate(steps):
        missing = round(step / spacing) - 1
        is_multiple = missing >= 1 and abs(step / spacing - missing - 1) <= MULTIPLE_TOLERANCE
        if is_multiple and not _is_thicker_there(thicknesses, index, step):
            texts = (str(index + 1), str(index + 2), f"{step:.4g}", f"{spacing:.4g}", str(missing))
            warnings.append(SetWarning(WarningCode.GAP, GAP, texts, after_image=index))
        elif abs(step - spacing) > max(REGULAR_MM, REGULAR_SHARE * spacing):
            irregular.append(step)
    if irregular:
        lowest, highest = min([spacing, *irregular]), max([spacing, *irregular])
        warnings.append(SetWarning(WarningCode.IRREGULAR_SPACING, IRREGULAR, (f"{lowest:.4g}", f"{highest:.4g}")))
    if geometry.shear_mm:
        warnings.append(SetWarning(WarningCode.TILTED, TILTED, (f"{geometry.shear_mm:.3g}",)))
    return warnings


def number_warnings(headers: Iterable[InstanceHeader]) -> list[SetWarning]:
    """Return the image numbers that are left out in a series that otherwise counts without gaps.

    Numbers that step by two or more, or lie far apart, are a habit of the scanner and say nothing.
    """
    numbers = {int(number) for header in headers if (number := header.number(_INSTANCE_NUMBER)) is not None}
    if len(numbers) < 2:
        return []
    ordered = sorted(numbers)
    missing = [number for number in range(ordered[0], ordered[-1] + 1) if number not in numbers]
    # A series that begins at 2 or 3 has lost its head; one that begins at 101 counts on from another.
    if 1 < ordered[0] <= 1 + max(1, len(ordered) // 10):
        missing = [*range(1, ordered[0]), *missing]
    if not missing or len(missing) >= len(numbers):
        return []
    return [SetWarning(WarningCode.MISSING_NUMBERS, NUMBERS, (ranges_text(missing, _LISTED, "–"),))]


def announced_warnings(headers: Sequence[InstanceHeader], received: int | None = None) -> list[SetWarning]:
    """Return where the files announce another number of images than there are.

    Args:
        headers: Of one series, without repeats.
        received: How many there are, when it is not the number of headers.
    """
    warnings = []
    by_acquisition: dict[bytes | None, list[InstanceHeader]] = {}
    for header in headers:
        by_acquisition.setdefault(header.elements.get(_ACQUISITION_NUMBER), []).append(header)
    for group in by_acquisition.values():
        announced = {header.number(_IMAGES_IN_ACQUISITION) for header in group}
        only = announced.pop() if len(announced) == 1 else None
        if only and only > len(group):
            warnings.append(_fewer(len(group), int(only)))
    slices = headers[0].unsigned_short(_NUMBER_OF_SLICES) if headers else None
    if slices and headers[0].modality == "PT":
        count = len(headers) if received is None else received
        if count % slices:
            whole = -(-count // slices) * slices
            warnings.append(_fewer(count, whole))
    times = {header.number(_TEMPORAL_POSITION) for header in headers} - {None}
    wanted = max((int(header.number(_TEMPORAL_POSITIONS) or 0) for header in headers), default=0)
    if times and wanted > len(times):
        warnings.append(SetWarning(WarningCode.FEWER_THAN_EXPECTED, TIMES, (str(len(times)), str(wanted))))
    return warnings


def expected_warnings(received: int, expected: int | None) -> list[SetWarning]:
    """Return where a directory or an archive names another number of images than came."""
    if expected is None or received == expected:
        return []
    if received < expected:
        return [_fewer(received, expected)]
    return [SetWarning(WarningCode.MORE_THAN_EXPECTED, MORE, (str(received), str(expected)))]


def frame_warnings(header: InstanceHeader) -> list[SetWarning]:
    """Return whether a file with uncompressed frames holds fewer of them than it announces."""
    location = header.pixel_data
    if location is None or location.is_encapsulated or header.frame_count < 2:
        return []
    sizes = [header.unsigned_short(tag) for tag in (_ROWS, _COLUMNS, _BITS)]
    rows, columns, bits = (size or 0 for size in sizes)
    frame_bits = rows * columns * bits * (header.unsigned_short(_SAMPLES) or 1)
    if not frame_bits:
        return []
    held = min(location.length * 8 // frame_bits, header.frame_count)
    if held >= header.frame_count:
        return []
    return [SetWarning(WarningCode.FRAME_COUNT, FRAMES, (str(header.frame_count), str(held)))]


def part_warnings(headers: Sequence[InstanceHeader]) -> list[SetWarning]:
    """Return whether parts of a concatenation are missing (C.7.6.16.2.2.4)."""
    numbers = {header.unsigned_short(_PART_NUMBER) for header in headers} - {None}
    total = max((header.unsigned_short(_PARTS) or 0 for header in headers), default=0)
    wanted = max(total, max((number or 0 for number in numbers), default=0))
    if not numbers or len(numbers) >= wanted:
        return []
    return [SetWarning(WarningCode.MISSING_PARTS, PARTS, (str(len(numbers)), str(wanted)))]


def _fewer(received: int, expected: int) -> SetWarning:
    return SetWarning(WarningCode.FEWER_THAN_EXPECTED, FEWER, (str(received), str(expected)))


def _shear(before: ImageFacts, after: ImageFacts) -> float:
    if before.position is None or after.position is None or before.orientation is None:
        return 0.0
    (ax, ay, az), (bx, by, bz) = before.position, after.position
    x, y, z = bx - ax, by - ay, bz - az
    nx, ny, nz = normal_of(before.orientation)
    along = x * nx + y * ny + z * nz
    return math.hypot(x - along * nx, y - along * ny, z - along * nz)


def _is_thicker_there(thicknesses: Sequence[float | None], index: int, step: float) -> bool:
    """Return whether a step is wide because slices are thicker there (a head: thin below, thick above)."""
    known = [thickness for thickness in thicknesses if thickness]
    if not known or len(known) != len(thicknesses):
        return False
    here = (known[index] + known[index + 1]) / 2
    return here >= THICKER_FROM * min(known) and abs(step - here) <= MULTIPLE_TOLERANCE * here
