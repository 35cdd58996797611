"""Enhanced CT and MR multi-frame instances with functional groups and dimensions (PS3.3 A.38, A.36, C.7.6.16/17)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import EnhancedCTImageStorage, EnhancedMRImageStorage, ExplicitVRLittleEndian

from tests.builders.data_sets import code, item, made_uid, set_pixels, update, write_part_10

_BITS_STORED = 12
_STACK_ID, _IN_STACK, _TIME = (Tag(0x0020, 0x9056), Tag(0x0020, 0x9057), Tag(0x0020, 0x9128))
_FRAME_CONTENT = Tag(0x0020, 0x9111)
_TIME_STEP_S = 2.0
CT_SLOPE, CT_INTERCEPT = 1.0, -1024.0


def enhanced_frame(position: int, time: int, size: int) -> NDArray[np.uint16]:
    """Return the stored values of the frame at an in-stack position and a time, both counted from 0."""
    axis = np.arange(size, dtype=np.uint16)
    square = (axis[:, None] // 8 + axis[None, :] // 8) % 2 * np.uint16(200)
    return (square + np.uint16(800 + 20 * (position % 50) + 5 * (time % 50))).astype(np.uint16)


def write_enhanced_ct(
    path: Path,
    positions: int = 8,
    size: int = 64,
    *,
    slice_step_mm: float = 2.5,
    order: Sequence[int] | None = None,
    transfer_syntax_uid: str = ExplicitVRLittleEndian,
    elements: Mapping[str, object] | None = None,
) -> Path:
    """Write an Enhanced CT image.

    Args:
        path: The file.
        positions: Number of frames, one for each position.
        size: Rows and columns.
        slice_step_mm: Between positions, towards the head.
        order: Position of each frame as stored, when not ascending.
        transfer_syntax_uid: Explicit little endian, or one of the encapsulated syntaxes of `encoding`.
        elements: Keyword to value: added to, or put in the place of, the top level.
    """
    data_set = _common(EnhancedCTImageStorage, "CT", "enhanced ct")
    update(data_set, {"MultienergyCTAcquisition": "NO"})
    shared = _shared_groups(size, slice_step_mm)
    update(shared, _ct_groups())
    frames = [(position, 0) for position in (order or range(positions))]
    return _write(path, data_set, shared, frames, size, slice_step_mm, transfer_syntax_uid, elements)


def write_enhanced_mr(
    path: Path,
    positions: int = 8,
    times: int = 1,
    size: int = 64,
    *,
    slice_step_mm: float = 4.0,
    order: Sequence[tuple[int, int]] | None = None,
    transfer_syntax_uid: str = ExplicitVRLittleEndian,
    elements: Mapping[str, object] | None = None,
) -> Path:
    """Write an Enhanced MR image.

    Args:
        path: The file.
        positions: Number of positions.
        times: Number of temporal positions, each with every position.
        size: Rows and columns.
        slice_step_mm: Between positions, towards the head.
        order: (position, time) of each frame as stored, when time is not to vary slowest.
        transfer_syntax_uid: Explicit little endian, or one of the encapsulated syntaxes of `encoding`.
        elements: Keyword to value: added to, or put in the place of, the top level.
    """
    data_set = _common(EnhancedMRImageStorage, "MR", "enhanced mr")
    update(data_set, _mr_elements())
    shared = _shared_groups(size, slice_step_mm)
    update(shared, _mr_groups())
    frames = list(order or [(position, time) for time in range(times) for position in range(positions)])
    return _write(path, data_set, shared, frames, size, slice_step_mm, transfer_syntax_uid, elements)


def _write(
    path: Path,
    data_set: Dataset,
    shared: Dataset,
    frames: Sequence[tuple[int, int]],
    size: int,
    slice_step_mm: float,
    transfer_syntax_uid: str,
    elements: Mapping[str, object] | None,
) -> Path:
    has_times = len({time for _, time in frames}) > 1
    update(data_set, _dimensions(data_set.Modality, has_times=has_times))
    data_set.NumberOfFrames = len(frames)
    data_set.SharedFunctionalGroupsSequence = [shared]
    per_frame = [_frame_groups(position, time, slice_step_mm, has_times=has_times) for position, time in frames]
    data_set.PerFrameFunctionalGroupsSequence = per_frame
    update(data_set, elements or {})
    pixels = [enhanced_frame(position, time, size) for position, time in frames]
    set_pixels(data_set, pixels, transfer_syntax_uid, _BITS_STORED)
    return write_part_10(path, data_set, transfer_syntax_uid)


def _common(sop_class_uid: str, modality: str, label: str) -> Dataset:
    return item(
        SpecificCharacterSet="ISO_IR 192",
        ImageType=["DERIVED", "PRIMARY", "VOLUME", "NONE"],
        SOPClassUID=sop_class_uid,
        SOPInstanceUID=made_uid(f"{label}/instance"),
        StudyDate="20240305",
        SeriesDate="20240305",
        ContentDate="20240305",
        AcquisitionDateTime="20240305121500",
        StudyTime="121500",
        SeriesTime="121500",
        ContentTime="121500",
        AccessionNumber="A0003",
        Modality=modality,
        Manufacturer="Negatoscope",
        ReferringPhysicianName="",
        SeriesDescription=f"Made {label}",
        ManufacturerModelName="Frame maker",
        PixelPresentation="MONOCHROME",
        VolumetricProperties="VOLUME",
        VolumeBasedCalculationTechnique="NONE",
        PatientName="Frames^Many",
        PatientID=f"TEST-E{modality}",
        PatientBirthDate="19700101",
        PatientSex="O",
        ContentQualification="PRODUCT",
        DeviceSerialNumber="1",
        SoftwareVersions="1.0",
        PatientPosition="HFS",
        StudyInstanceUID=made_uid(f"{label}/study"),
        SeriesInstanceUID=made_uid(f"{label}/series"),
        StudyID="1",
        SeriesNumber=1,
        AcquisitionNumber=1,
        InstanceNumber=1,
        FrameOfReferenceUID=made_uid(f"{label}/frame of reference"),
        PositionReferenceIndicator="",
        BurnedInAnnotation="NO",
        LossyImageCompression="00",
        PresentationLUTShape="IDENTITY",
        AcquisitionContextSequence=[],
    )


def _dimensions(modality: str, *, has_times: bool) -> dict[str, object]:
    organization = made_uid(f"enhanced {modality}/dimensions")
    pointers = [_STACK_ID, _IN_STACK, *([_TIME] if has_times else [])]
    index = [
        item(
            DimensionIndexPointer=pointer,
            FunctionalGroupPointer=_FRAME_CONTENT,
            DimensionOrganizationUID=organization,
        )
        for pointer in pointers
    ]
    return {
        "DimensionOrganizationSequence": [item(DimensionOrganizationUID=organization)],
        "DimensionIndexSequence": index,
    }


def _frame_groups(position: int, time: int, slice_step_mm: float, *, has_times: bool) -> Dataset:
    content = item(
        FrameAcquisitionNumber=1,
        FrameReferenceDateTime=f"202403051215{time * _TIME_STEP_S:05.2f}",
        FrameAcquisitionDateTime=f"202403051215{time * _TIME_STEP_S:05.2f}",
        FrameAcquisitionDuration=500.0,
        DimensionIndexValues=[1, position + 1, *([time + 1] if has_times else [])],
        StackID="1",
        InStackPositionNumber=position + 1,
    )
    if has_times:
        content.TemporalPositionIndex = time + 1
    place = item(ImagePositionPatient=[-40, -30, round(-10 + position * slice_step_mm, 6)])
    return item(FrameContentSequence=[content], PlanePositionSequence=[place])


def _shared_groups(size: int, slice_step_mm: float) -> Dataset:
    spacing = round(80 / size, 6)
    return item(
        PixelMeasuresSequence=[item(PixelSpacing=[spacing, spacing], SliceThickness=slice_step_mm)],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        FrameAnatomySequence=[
            item(FrameLaterality="U", AnatomicRegionSequence=[code("69536005", "SCT", "Head")]),
        ],
        FrameVOILUTSequence=[item(WindowCenter=40, WindowWidth=400)],
    )


def _frame_type() -> Dataset:
    return item(
        FrameType=["DERIVED", "PRIMARY", "VOLUME", "NONE"],
        PixelPresentation="MONOCHROME",
        VolumetricProperties="VOLUME",
        VolumeBasedCalculationTechnique="NONE",
    )


def _ct_groups() -> dict[str, object]:
    transformation = item(RescaleIntercept=CT_INTERCEPT, RescaleSlope=CT_SLOPE, RescaleType="HU")
    return {
        "CTImageFrameTypeSequence": [_frame_type()],
        "PixelValueTransformationSequence": [transformation],
        "IrradiationEventIdentificationSequence": [item(IrradiationEventUID=made_uid("enhanced ct/irradiation"))],
    }


def _mr_elements() -> dict[str, object]:
    return {
        "ResonantNucleus": "1H",
        "KSpaceFiltering": "NONE",
        "MagneticFieldStrength": 3.0,
        "ApplicableSafetyStandardAgency": "IEC",
        "ComplexImageComponent": "MAGNITUDE",
        "AcquisitionContrast": "T1",
    }


def _mr_groups() -> dict[str, object]:
    frame_type = _frame_type()
    update(frame_type, {"ComplexImageComponent": "MAGNITUDE", "AcquisitionContrast": "T1"})
    transformation = item(RescaleIntercept=0, RescaleSlope=1, RescaleType="US")
    return {"MRImageFrameTypeSequence": [frame_type], "PixelValueTransformationSequence": [transformation]}
