"""A CT and a PET series of one phantom in one frame of reference, on grids of their own, written as files."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from tests.builders.pet_headers import CT, pet_data_set

HOT_MM = (12.0, -7.0, 20.0)
"""Middle of the hot spot, in LPS millimetres."""
SIGMA_MM = 7.0
FRAME = "2.25.77"
PEAK_BQ_ML = 20_000.0
CT_ORIGIN, CT_SPACING, CT_SHAPE = (-45.0, -50.0, 0.0), (1.5, 1.5, 4.0), (11, 64, 64)
PET_ORIGIN, PET_SPACING, PET_SHAPE = (-50.0, -52.0, -3.0), (4.0, 4.0, 3.3), (15, 26, 26)
"""Origin and spacing along x, y, z; shape as slices, rows, columns."""


def hot_spot(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 0 to 1: how hot places (…, 3) are."""
    squared = ((places - np.array(HOT_MM)) ** 2).sum(axis=-1)
    found: NDArray[np.float64] = np.exp(-squared / (2 * SIGMA_MM**2))
    return found


def write_ct(folder: Path, *, frame: str = FRAME, **changes: Any) -> list[Path]:
    """Write the CT: the hot spot stands out of water by 400 HU."""
    values = np.rint(_sampled(CT_ORIGIN, CT_SPACING, CT_SHAPE) * 400).astype(np.int16)
    elements = {"SOPClassUID": CT, "Modality": "CT", "SeriesInstanceUID": "2.25.1", "SeriesNumber": 2, **changes}
    return [
        _write(folder, index, _plain(elements), plane + 1024, CT_ORIGIN, CT_SPACING, frame, (1.0, -1024.0))
        for index, plane in enumerate(values)
    ]


def write_pet(folder: Path, *, frame: str = FRAME, **changes: Any) -> list[Path]:
    """Write the PET in Bq/ml, each slice with a slope of its own."""
    values = _sampled(PET_ORIGIN, PET_SPACING, PET_SHAPE) * PEAK_BQ_ML
    paths = []
    for index, plane in enumerate(values):
        slope = max(float(plane.max()), 1.0) / 30_000
        stored = np.rint(plane / slope).astype(np.int16)
        elements = {"SeriesInstanceUID": "2.25.2", "SeriesNumber": 3, "NumberOfSlices": len(values), **changes}
        data_set = pet_data_set(**elements)
        paths.append(_write(folder, index, data_set, stored, PET_ORIGIN, PET_SPACING, frame, (slope, 0.0)))
    return paths


def _sampled(
    origin: tuple[float, float, float], spacing: tuple[float, float, float], shape: tuple[int, int, int]
) -> NDArray[np.float64]:
    k, j, i = np.indices(shape)
    places = np.stack([i, j, k], axis=-1) * np.array(spacing) + np.array(origin)
    return hot_spot(places)


def _plain(elements: dict[str, Any]) -> Dataset:
    data_set = Dataset()
    for keyword, value in elements.items():
        setattr(data_set, keyword, value)
    return data_set


def _write(
    folder: Path,
    index: int,
    data_set: Dataset,
    stored: NDArray[np.int16],
    origin: tuple[float, float, float],
    spacing: tuple[float, float, float],
    frame: str,
    rescale: tuple[float, float],
) -> Path:
    data_set.PatientName, data_set.PatientID = "Phantom^Hot", "HOT1"
    data_set.StudyInstanceUID, data_set.FrameOfReferenceUID = "2.25.3", frame
    data_set.SOPInstanceUID = f"{data_set.SeriesInstanceUID}.{index + 1}"
    data_set.InstanceNumber = index + 1
    data_set.ImagePositionPatient = [origin[0], origin[1], round(origin[2] + index * spacing[2], 4)]
    data_set.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    data_set.PixelSpacing = [spacing[1], spacing[0]]
    data_set.SliceThickness = spacing[2]
    data_set.Rows, data_set.Columns = stored.shape
    data_set.SamplesPerPixel, data_set.PhotometricInterpretation = 1, "MONOCHROME2"
    data_set.BitsAllocated = data_set.BitsStored = 16
    data_set.HighBit, data_set.PixelRepresentation = 15, 1
    data_set.RescaleSlope, data_set.RescaleIntercept = f"{rescale[0]:.10g}", f"{rescale[1]:.10g}"
    data_set.add_new(0x7FE00010, "OW", stored.astype("<i2").tobytes())
    data_set.ensure_file_meta()
    data_set.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{data_set.Modality}{index:03d}.dcm"
    data_set.save_as(path, enforce_file_format=True)
    return path
