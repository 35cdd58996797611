"""A CT series of any size, written fast: one header made by pydicom, patched slice by slice.

Every slice's pixels follow from its index (`ct_slice`), so that a test can tell which slice it sees.
"""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from tests.builders.data_sets import code, describe_pixels, file_meta, item, made_uid, update
from tests.builders.encoding import is_encapsulated, pixel_data

RESCALE_INTERCEPT = -1024
BITS_STORED = 12
_STEP_BETWEEN_SLICES = 7  # stored values by which neighbouring slices differ
_STEPS = 128
_INSTANCE_NUMBER = b"999999"
_NUMBER_LENGTH = 16  # the longest DS, so that a patched value always has room
_POSITION = b"-99999.123456781\\-99999.123456782\\-99999.123456783"
_LOCATION = b"-99999.123456784"

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def ct_slice(index: int, size: int = 512) -> NDArray[np.uint16]:
    """Return the stored values of slice `index`: a noisy water disc in air whose level tells the slice."""
    base = _base_slice(size)
    return base + np.uint16(index % _STEPS * _STEP_BETWEEN_SLICES)


_base_slices: dict[int, NDArray[np.uint16]] = {}


def _base_slice(size: int) -> NDArray[np.uint16]:
    if size not in _base_slices:
        rng = np.random.default_rng(size)
        axis = (np.arange(size) - (size - 1) / 2) / size
        inside = axis[:, None] ** 2 + (axis[None, :] * 1.2) ** 2 < 0.16
        values = np.where(inside, 1024, 24) + rng.integers(-20, 21, (size, size))
        values[: size // 16, : size // 16] = 2500  # a mark in the first pixel's corner
        _base_slices[size] = values.astype(np.uint16)
    return _base_slices[size]


def write_ct_series(
    folder: Path,
    count: int,
    size: int = 512,
    *,
    pixel_spacing_mm: tuple[float, float] = (0.75, 0.75),
    slice_step_mm: float | tuple[float, float, float] = 1.0,
    orientation: tuple[float, ...] = AXIAL,
    first_position_mm: tuple[float, float, float] = (-192.0, -192.0, 0.0),
    label: str = "ct",
    transfer_syntax_uid: str = ExplicitVRLittleEndian,
    elements: Mapping[str, object] | None = None,
) -> list[Path]:
    """Write `count` slices as IM000000, IM000001 ... and return their paths in order of position.

    Args:
        folder: Made when absent.
        count: Number of slices; instance numbers count from 1.
        size: Rows and columns.
        pixel_spacing_mm: Between rows, between columns.
        slice_step_mm: From one slice to the next: along the normal, or as a vector (a tilted gantry).
        orientation: Direction cosines of row and column.
        first_position_mm: Centre of the first pixel of the first slice.
        label: Tells one series' UIDs from another's.
        transfer_syntax_uid: Explicit little endian, or one of the encapsulated syntaxes of `encoding`.
        elements: Keyword to value: added to, or put in the place of, the common header.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data_set = _common_header(label, size, pixel_spacing_mm, orientation)
    update(data_set, elements or {})
    instance_root = made_uid(f"{label}/instance")
    header = _template(data_set, f"{instance_root}.999999", transfer_syntax_uid)
    normal = np.cross(orientation[:3], orientation[3:])
    step = np.asarray(slice_step_mm) if isinstance(slice_step_mm, tuple) else normal * slice_step_mm
    paths = []
    for index in range(count):
        position = np.asarray(first_position_mm) + step * index
        patched = (
            header.replace(f"{instance_root}.999999".encode(), f"{instance_root}.{100000 + index}".encode())
            .replace(b"IS\x06\x00" + _INSTANCE_NUMBER, b"IS\x06\x00" + str(index + 1).encode().ljust(6))
            .replace(_POSITION, b"\\".join(_number(value) for value in position))
            .replace(_LOCATION, _number(float(position @ normal)))
        )
        path = folder / f"IM{index:06d}"
        path.write_bytes(patched + _pixel_element(ct_slice(index, size), transfer_syntax_uid))
        paths.append(path)
    return paths


def _number(value: float) -> bytes:
    return f"{value:.9g}".encode().ljust(_NUMBER_LENGTH)


def _pixel_element(pixels: NDArray[np.uint16], transfer_syntax_uid: str) -> bytes:
    value = pixel_data([pixels], transfer_syntax_uid, BITS_STORED)
    if not is_encapsulated(transfer_syntax_uid):
        return b"\xe0\x7f\x10\x00OW\0\0" + len(value).to_bytes(4, "little") + value
    return b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff" + value + b"\xfe\xff\xdd\xe0\0\0\0\0"


def _template(data_set: Dataset, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """Write the header once, with place-holders of the length the real values are padded to."""
    data_set.SOPInstanceUID = sop_instance_uid
    data_set.file_meta = file_meta(data_set, transfer_syntax_uid)
    data_set.InstanceNumber = _INSTANCE_NUMBER.decode()
    data_set.ImagePositionPatient = _POSITION.decode().split("\\")
    data_set.SliceLocation = _LOCATION.decode()
    buffer = io.BytesIO()
    dcmwrite(buffer, data_set, enforce_file_format=True)
    return buffer.getvalue()


def _common_header(
    label: str, size: int, pixel_spacing_mm: tuple[float, float], orientation: tuple[float, ...]
) -> Dataset:
    """Return a header as long as those real scanners write."""
    data_set = item(
        SpecificCharacterSet="ISO_IR 100",
        ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
        SOPClassUID=CTImageStorage,
        StudyDate="20240305",
        SeriesDate="20240305",
        AcquisitionDate="20240305",
        ContentDate="20240305",
        StudyTime="101500",
        SeriesTime="101700",
        AcquisitionTime="101730",
        ContentTime="101731",
        AccessionNumber="A0001",
        Modality="CT",
        Manufacturer="Negatoscope",
        InstitutionName="Test Hospital",
        ReferringPhysicianName="Referrer^Ann",
        StationName="CT1",
        StudyDescription="CT for tests",
        SeriesDescription="Made series",
        ManufacturerModelName="Slice maker",
        PatientName="Series^Test",
        PatientID="TEST-CT",
        PatientBirthDate="19700101",
        PatientSex="O",
        PatientAge="054Y",
        PatientWeight=70,
        BodyPartExamined="CHEST",
        ScanOptions="HELICAL MODE",
        SliceThickness=1,
        KVP=120,
        DataCollectionDiameter=500,
        DeviceSerialNumber="1",
        SoftwareVersions="1.0",
        ProtocolName="Chest",
        ReconstructionDiameter=pixel_spacing_mm[0] * size,
        DistanceSourceToDetector=1085.6,
        DistanceSourceToPatient=595,
        GantryDetectorTilt=0,
        TableHeight=150,
        RotationDirection="CW",
        ExposureTime=500,
        XRayTubeCurrent=200,
        Exposure=100,
        FilterType="BODY",
        GeneratorPower=24,
        FocalSpots=0.7,
        ConvolutionKernel="SOFT",
        PatientPosition="HFS",
        StudyInstanceUID=made_uid(f"{label}/study"),
        SeriesInstanceUID=made_uid(f"{label}/series"),
        StudyID="1",
        SeriesNumber=2,
        AcquisitionNumber=1,
        ImageOrientationPatient=list(orientation),
        FrameOfReferenceUID=made_uid(f"{label}/frame of reference"),
        PositionReferenceIndicator="SN",
        WindowCenter=[40, -600],
        WindowWidth=[400, 1500],
        WindowCenterWidthExplanation=["SOFT", "LUNG"],
        RescaleIntercept=RESCALE_INTERCEPT,
        RescaleSlope=1,
        RescaleType="HU",
        PixelSpacing=list(pixel_spacing_mm),
        PerformedProcedureStepStartDate="20240305",
        PerformedProcedureStepStartTime="101500",
        PerformedProcedureStepID="PPS1",
        RequestAttributesSequence=[item(RequestedProcedureID="RP1", ScheduledProcedureStepID="SPS1")],
        ProcedureCodeSequence=[code("77477000", "SCT", "Computed tomography")],
    )
    describe_pixels(data_set, [_base_slice(size)], BITS_STORED)
    return data_set
