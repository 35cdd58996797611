"""A large digital radiograph: 13.6 million 16-bit pixels, as big mammography and chest detectors write."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian

from tests.builders.data_sets import code, item, made_uid, set_pixels, update, write_part_10

LARGE_ROWS, LARGE_COLUMNS = 4256, 3200  # 13.6 Mpixel
_SEED = 13


def large_dx_pixels(rows: int = LARGE_ROWS, columns: int = LARGE_COLUMNS) -> NDArray[np.uint16]:
    """Return the stored values: a smooth 16-bit ramp with waves, edges and noise."""
    rng = np.random.default_rng(_SEED)
    down = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    across = np.linspace(0, 1, columns, dtype=np.float32)[None, :]
    values = 30000 * down + 20000 * across + 6000 * np.sin(40 * across) * np.cos(30 * down)
    values += np.where((across * 16).astype(int) % 2 == (down * 16).astype(int) % 2, 3000, 0)
    values += rng.integers(-200, 201, (rows, columns))
    pixels: NDArray[np.uint16] = np.clip(values, 0, 65535).astype(np.uint16)
    return pixels


def write_large_dx(
    path: Path,
    rows: int = LARGE_ROWS,
    columns: int = LARGE_COLUMNS,
    *,
    transfer_syntax_uid: str = ExplicitVRLittleEndian,
    elements: Mapping[str, object] | None = None,
) -> Path:
    """Write a DX image for presentation of `large_dx_pixels`.

    Args:
        path: The file.
        rows: Height.
        columns: Width.
        transfer_syntax_uid: Explicit little endian, or one of the encapsulated syntaxes of `encoding`.
        elements: Keyword to value: added to, or put in the place of, the header.
    """
    data_set = item(
        SpecificCharacterSet="ISO_IR 192",
        ImageType=["ORIGINAL", "PRIMARY"],
        SOPClassUID=DigitalXRayImageStorageForPresentation,
        SOPInstanceUID=made_uid("large dx/instance"),
        StudyDate="20240305",
        SeriesDate="20240305",
        AcquisitionDate="20240305",
        ContentDate="20240305",
        StudyTime="111500",
        SeriesTime="111500",
        AcquisitionTime="111500",
        ContentTime="111500",
        AccessionNumber="A0002",
        Modality="DX",
        PresentationIntentType="FOR PRESENTATION",
        Manufacturer="Negatoscope",
        ReferringPhysicianName="",
        StudyDescription="DX for tests",
        SeriesDescription="Large detector",
        PatientName="Large^Detector",
        PatientID="TEST-DX",
        PatientBirthDate="19700101",
        PatientSex="O",
        BodyPartExamined="CHEST",
        ImagerPixelSpacing=[0.1, 0.1],
        PositionerType="NONE",
        DetectorType="DIRECT",
        StudyInstanceUID=made_uid("large dx/study"),
        SeriesInstanceUID=made_uid("large dx/series"),
        StudyID="1",
        SeriesNumber=1,
        InstanceNumber=1,
        PatientOrientation=["L", "F"],
        ImageLaterality="U",
        BurnedInAnnotation="NO",
        PixelIntensityRelationship="LOG",
        PixelIntensityRelationshipSign=-1,
        WindowCenter=32768,
        WindowWidth=65536,
        RescaleIntercept=0,
        RescaleSlope=1,
        RescaleType="US",
        LossyImageCompression="00",
        PresentationLUTShape="IDENTITY",
        AcquisitionContextSequence=[],
        AnatomicRegionSequence=[code("51185008", "SCT", "Chest")],
        ViewCodeSequence=[item(ViewModifierCodeSequence=[])],
    )
    update(data_set["ViewCodeSequence"].value[0], {"CodeValue": "399348003", "CodingSchemeDesignator": "SCT"})
    data_set["ViewCodeSequence"].value[0].CodeMeaning = "Antero-posterior"
    update(data_set, elements or {})
    set_pixels(data_set, [large_dx_pixels(rows, columns)], transfer_syntax_uid)
    return write_part_10(path, data_set, transfer_syntax_uid)
