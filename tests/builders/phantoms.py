"""Series whose every voxel is known by a formula: written as DICOM fast, in any place, tilt, order and hole.

    stack = upright_stack((64, 64, 40), (0.8, 0.8, 2.0))           # columns, rows, slices; mm between them
    write_phantom(tmp_path, stack.tilted(15), ramp((2, 0, 1)))     # HU = 2 x + z, sampled where the pixels lie
    volume = loaded_volume(tmp_path)                               # a viewer.volume SeriesVolume

A field is a function of LPS millimetres: points (..., 3) to values (...). A stack is where the pixels of slices lie.
"""

import io
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from tests.builders.data_sets import file_meta, item, made_uid, update
from tests.builders.encoding import is_encapsulated, pixel_data

if TYPE_CHECKING:
    from viewer.volume.series_volume import SeriesVolume

Vector = tuple[float, float, float]
Field = Callable[[NDArray[np.float64]], NDArray[np.float64]]
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)

_NUMBER_LENGTH = 16  # the longest DS, so that a patched value always has room
_INSTANCE = "9999999"
_PLACES = {
    "position": b"-99999.123456781\\-99999.123456782\\-99999.123456783",
    "slope": b"-99999.123456785",
    "intercept": b"-99999.123456786",
    "number": b"2147483646",
}


# ---- where slices lie


@dataclass(frozen=True)
class SliceStack:
    """Where the pixels of slices lie.

    Attributes:
        columns: Of a slice.
        rows: Of a slice.
        spacing_mm: Between columns, between rows.
        orientation: Direction cosines of rows and columns (0020,0037).
        positions_mm: Centre of the first pixel of every slice, in the order they are written; (n, 3).
    """

    columns: int
    rows: int
    spacing_mm: tuple[float, float]
    orientation: tuple[float, ...]
    positions_mm: NDArray[np.float64]

    @property
    def normal(self) -> NDArray[np.float64]:
        """Row × column."""
        return np.cross(self.orientation[:3], self.orientation[3:])

    @property
    def center_mm(self) -> NDArray[np.float64]:
        """The middle of all pixels."""
        middle = self.positions_mm.mean(axis=0)
        across, down = np.array(self.orientation[:3]), np.array(self.orientation[3:])
        half = across * self.spacing_mm[0] * (self.columns - 1) + down * self.spacing_mm[1] * (self.rows - 1)
        return np.asarray(middle + half / 2)

    def points_mm(self, index: int) -> NDArray[np.float64]:
        """Return where the pixels of a slice lie; (rows, columns, 3)."""
        across = np.array(self.orientation[:3]) * self.spacing_mm[0]
        down = np.array(self.orientation[3:]) * self.spacing_mm[1]
        grid = np.arange(self.columns)[None, :, None] * across + np.arange(self.rows)[:, None, None] * down
        return np.asarray(self.positions_mm[index] + grid)

    def tilted(self, degrees: float) -> "SliceStack":
        """Return the stack sheared along its columns, as a tilted gantry does: slices slide along their own rows."""
        down = np.array(self.orientation[3:])
        heights = (self.positions_mm - self.positions_mm[0]) @ self.normal
        return replace(self, positions_mm=self.positions_mm + np.outer(heights * math.tan(math.radians(degrees)), down))

    def without(self, *missing: int) -> "SliceStack":
        """Return the stack without these slices."""
        kept = [index for index in range(len(self.positions_mm)) if index not in missing]
        return replace(self, positions_mm=self.positions_mm[kept])

    def with_double(self, *doubled: int) -> "SliceStack":
        """Return the stack with these slices a second time, at its end."""
        return replace(self, positions_mm=np.concatenate([self.positions_mm, self.positions_mm[list(doubled)]]))

    def spaced(self, distances_mm: Sequence[float]) -> "SliceStack":
        """Return the stack with slices at these distances from the first along the normal."""
        return replace(self, positions_mm=self.positions_mm[0] + np.outer(distances_mm, self.normal))

    def in_order(self, order: Sequence[int]) -> "SliceStack":
        """Return the stack with its slices written in another order."""
        return replace(self, positions_mm=self.positions_mm[list(order)])


def upright_stack(
    size: tuple[int, int, int] = (32, 32, 20),
    spacing_mm: Vector = (1.0, 1.0, 1.0),
    *,
    orientation: Sequence[float] = AXIAL,
    center_mm: Vector = (0.0, 0.0, 0.0),
) -> SliceStack:
    """Return a regular stack about a centre.

    Args:
        size: Columns, rows, slices.
        spacing_mm: Between columns, rows and slices; a negative third writes the slices against the normal.
        orientation: Direction cosines of rows and columns.
        center_mm: Where its middle lies.
    """
    columns, rows, slices = size
    across, down = np.array(orientation[:3], float), np.array(orientation[3:], float)
    normal = np.cross(across, down)
    steps = (np.array(size) - 1) / 2 * spacing_mm
    first = np.array(center_mm) - across * steps[0] - down * steps[1] - normal * steps[2]
    positions = first + np.outer(np.arange(slices) * spacing_mm[2], normal)
    return SliceStack(columns, rows, (spacing_mm[0], spacing_mm[1]), tuple(map(float, orientation)), positions)


def all_orientations() -> Iterator[tuple[tuple[float, ...], int]]:
    """Yield the 48 ways to lie along the axes: 24 orientations, slices along (1) or against (−1) the normal."""
    units = [tuple(float(sign * (axis == each)) for each in range(3)) for axis in range(3) for sign in (1, -1)]
    for row, column in itertools.product(units, units):
        if not any(a * b for a, b in zip(row, column, strict=True)):
            yield (*row, *column), 1
            yield (*row, *column), -1


def turned(orientation: Sequence[float], degrees: float, axis: Vector) -> tuple[float, ...]:
    """Return an orientation turned about an axis."""
    x, y, z = np.array(axis) / np.linalg.norm(axis)
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = math.radians(degrees)
    matrix = np.eye(3) + math.sin(angle) * skew + (1 - math.cos(angle)) * skew @ skew
    return (*(matrix @ orientation[:3]).tolist(), *(matrix @ orientation[3:]).tolist())


# ---- what lies there


def ramp(gradient: Vector, value: float = 0.0) -> Field:
    """Return a field that grows by `gradient` a millimetre along x, y and z and is `value` at the origin."""
    return lambda points: points @ np.array(gradient) + value


def spheres(centers_mm: Sequence[Vector], radius_mm: float, inside: float = 1000.0, outside: float = 0.0) -> Field:
    """Return balls; their edge falls off linearly over a millimetre, half of it at the radius."""

    def field(points: NDArray[np.float64]) -> NDArray[np.float64]:
        distance = np.min([np.linalg.norm(points - np.array(center), axis=-1) for center in centers_mm], axis=0)
        return np.asarray(outside + (inside - outside) * np.clip(radius_mm - distance + 0.5, 0, 1))

    return field


def rod(through_mm: Vector, direction: Vector, radius_mm: float, inside: float = 1000.0, outside: float = 0.0) -> Field:
    """Return an endless round rod; its edge falls off linearly over a millimetre."""
    along = np.array(direction) / np.linalg.norm(direction)

    def field(points: NDArray[np.float64]) -> NDArray[np.float64]:
        offset = points - np.array(through_mm)
        distance = np.linalg.norm(offset - (offset @ along)[..., None] * along, axis=-1)
        return np.asarray(outside + (inside - outside) * np.clip(radius_mm - distance + 0.5, 0, 1))

    return field


def half_space(through_mm: Vector, normal: Vector, inside: float = 1000.0, outside: float = 0.0) -> Field:
    """Return a plane's edge: `inside` on the side the normal points to, falling off linearly over a millimetre."""
    unit = np.array(normal) / np.linalg.norm(normal)
    return lambda points: outside + (inside - outside) * np.clip((points - np.array(through_mm)) @ unit + 0.5, 0, 1)


# ---- files


def sampled(stack: SliceStack, field: Field) -> NDArray[np.float64]:
    """Return the values of a field at the pixels of a stack; (slices, rows, columns)."""
    return np.stack([field(stack.points_mm(index)) for index in range(len(stack.positions_mm))])


def write_phantom(folder: Path, stack: SliceStack, field: Field, **how: Any) -> list[Path]:
    """Write what a field has at the pixels of a stack; see write_slices for the rest."""
    return write_slices(folder, stack, sampled(stack, field), **how)


def write_slices(
    folder: Path,
    stack: SliceStack,
    values: NDArray[Any],
    *,
    slope: float | Sequence[float] = 1.0,
    intercept: float = -1024.0,
    dtype: str = "int16",
    bits_stored: int | None = None,
    label: str = "phantom",
    name: str = "IM",
    first_number: int = 1,
    transfer_syntax_uid: str = ExplicitVRLittleEndian,
    elements: Mapping[str, object] | None = None,
) -> list[Path]:
    """Write slices as DICOM files, in the order of the stack, and return their paths; some 10,000 small ones a second.

    Args:
        folder: Made when absent.
        stack: Where the slices lie.
        values: In modality units, (slices, rows, columns); stored as round((value − intercept) / slope).
        slope: Rescale Slope of all slices, or of each.
        intercept: Rescale Intercept.
        dtype: Of stored values: int16, uint16, int8 or uint8.
        bits_stored: All bits by default.
        label: Tells study, series and frame of reference from those of another call.
        name: File names begin with it.
        first_number: Instance Number of the first slice; also part of file names and UIDs.
        transfer_syntax_uid: Explicit little endian, or one of the encapsulated syntaxes of `encoding`.
        elements: Keyword to value: added to, or put in the place of, the common header.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kind = np.dtype(dtype)
    bits = bits_stored or kind.itemsize * 8
    slopes = [float(slope)] * len(values) if isinstance(slope, (int, float)) else list(slope)
    root = made_uid(f"{label}/instance")
    header = _template(stack, kind, bits, f"{root}.{_INSTANCE}", label, transfer_syntax_uid, elements or {})
    limits = np.iinfo(kind)
    paths = []
    for index, (position, its_slope) in enumerate(zip(stack.positions_mm, slopes, strict=True)):
        number = first_number + index
        cells = np.clip(np.rint((values[index] - intercept) / its_slope), limits.min, limits.max).astype(kind)
        patched = (
            header.replace(f"{root}.{_INSTANCE}".encode(), f"{root}.{1000000 + number}".encode())
            .replace(_PLACES["position"], _numbers(position))
            .replace(_PLACES["slope"], _number(its_slope))
            .replace(_PLACES["intercept"], _number(intercept))
            .replace(_PLACES["number"], str(number).encode().ljust(10))
        )
        path = folder / f"{name}{number:06d}"
        path.write_bytes(patched + _pixel_element(cells, transfer_syntax_uid, bits))
        paths.append(path)
    return paths


def write_phases(
    folder: Path,
    stack: SliceStack,
    values: NDArray[Any],
    elements: Sequence[Mapping[str, object]],
    **how: Any,
) -> list[Path]:
    """Write a stack several times over, as phases of one series; see write_slices for the rest.

    Args:
        folder: Made when absent.
        stack: Where the slices of every phase lie.
        values: In modality units, (phases, slices, rows, columns).
        elements: What tells each phase from the others.
    """
    paths: list[Path] = []
    for its_values, its_elements in zip(values, elements, strict=True):
        paths += write_slices(folder, stack, its_values, first_number=len(paths) + 1, elements=its_elements, **how)
    return paths


def loaded_volume(folder: Path) -> "SeriesVolume":
    """Return the first volume of a folder, loaded by the viewer."""
    from viewer.cli.volume_opening import opened_volumes

    with opened_volumes([folder]) as volumes:
        return volumes[0].load()


def _numbers(values: Iterable[float]) -> bytes:
    # Blanks at the end alone: some readers stumble over those between numbers.
    return b"\\".join(_number(value).rstrip() for value in values).ljust(len(_PLACES["position"]))


def _number(value: float) -> bytes:
    text = f"{value:.12g}"
    return (text if len(text) <= _NUMBER_LENGTH else f"{value:.9g}").encode().ljust(_NUMBER_LENGTH)


def _pixel_element(cells: NDArray[Any], transfer_syntax_uid: str, bits: int) -> bytes:
    value = pixel_data([cells], transfer_syntax_uid, bits)
    if is_encapsulated(transfer_syntax_uid):
        return b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff" + value + b"\xfe\xff\xdd\xe0\0\0\0\0"
    vr = b"OB" if cells.itemsize == 1 else b"OW"
    return b"\xe0\x7f\x10\x00" + vr + b"\0\0" + len(value).to_bytes(4, "little") + value


def _template(
    stack: SliceStack,
    kind: np.dtype[Any],
    bits: int,
    sop_instance_uid: str,
    label: str,
    transfer_syntax_uid: str,
    elements: Mapping[str, object],
) -> bytes:
    """Write the header once, with place-holders of the length the real values are padded to."""
    data_set = _common_header(stack, kind, bits, label)
    update(data_set, elements)
    data_set.SOPInstanceUID = sop_instance_uid
    data_set.InstanceNumber = _PLACES["number"].decode()
    data_set.ImagePositionPatient = _PLACES["position"].decode().split("\\")
    data_set.RescaleSlope = _PLACES["slope"].decode()
    data_set.RescaleIntercept = _PLACES["intercept"].decode()
    data_set.file_meta = file_meta(data_set, transfer_syntax_uid)
    buffer = io.BytesIO()
    dcmwrite(buffer, data_set, enforce_file_format=True)
    return buffer.getvalue()


def _slice_distance(stack: SliceStack) -> float:
    heights = np.sort(stack.positions_mm @ stack.normal)
    return float(np.median(np.diff(heights))) if len(heights) > 1 else 1.0


def _common_header(stack: SliceStack, kind: np.dtype[Any], bits: int, label: str) -> Dataset:
    return item(
        SpecificCharacterSet="ISO_IR 192",
        ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
        SOPClassUID=CTImageStorage,
        StudyDate="20240305",
        StudyTime="101500",
        AcquisitionDate="20240305",
        AcquisitionTime="101730",
        Modality="CT",
        Manufacturer="Negatoscope",
        SeriesDescription=label,
        PatientName="Phantom^Test",
        PatientID="PHANTOM",
        PatientBirthDate="",
        PatientSex="",
        ReferringPhysicianName="",
        AccessionNumber="",
        StudyID="1",
        StudyInstanceUID=made_uid(f"{label}/study"),
        SeriesInstanceUID=made_uid(f"{label}/series"),
        SeriesNumber=1,
        AcquisitionNumber=1,
        PatientPosition="HFS",
        KVP=120,
        SliceThickness=f"{_slice_distance(stack):.6g}",
        PositionReferenceIndicator="",
        ImageOrientationPatient=[f"{cosine:.12g}"[:_NUMBER_LENGTH] for cosine in stack.orientation],
        FrameOfReferenceUID=made_uid(f"{label}/frame of reference"),
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        Rows=stack.rows,
        Columns=stack.columns,
        PixelSpacing=[f"{stack.spacing_mm[1]:.12g}", f"{stack.spacing_mm[0]:.12g}"],
        BitsAllocated=kind.itemsize * 8,
        BitsStored=bits,
        HighBit=bits - 1,
        PixelRepresentation=1 if kind.kind == "i" else 0,
        WindowCenter=0,
        WindowWidth=2000,
        RescaleType="HU",
    )
