"""The radiographs of the disc: a chest made by summing the phantom, and a pair of mammograms."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import (
    DigitalMammographyXRayImageStorageForPresentation,
    DigitalXRayImageStorageForPresentation,
    JPEG2000Lossless,
    JPEGLossless,
)

from tests.builders.data_sets import code, set_pixels, update
from tests.builders.sample_disc import truth
from tests.builders.sample_disc.breast import breast_pixels
from tests.builders.sample_disc.canvas import FloatArray, glyph
from tests.builders.sample_disc.ct import noise
from tests.builders.sample_disc.identities import DX_STUDY, MG_STUDY, start_instance
from tests.builders.sample_disc.instance import MadeInstance
from tests.builders.sample_disc.phantom import axis_mm, phantom_slice

_BITS = 12
_HIGHEST = (1 << _BITS) - 1
_DX_COLUMNS, _DX_TOP_MM, _DX_BOTTOM_MM, _DX_STEP_MM = 1024, 30.0, -248.0, 1.2
_ATTENUATION_PER_MM = 0.02 / 1000  # of water, for HU + 1000


def draw_mark(pixels: NDArray[np.uint16], text: str, corner: tuple[int, int], dot: int, value: int) -> None:
    """Write letters into the pixels, as lead markers do; corner is row, column."""
    row, column = corner
    for letter in text:
        dots = np.kron(glyph(letter), np.ones((dot, dot), bool))
        pixels[row : row + dots.shape[0], column : column + dots.shape[1]][dots] = value
        column += dots.shape[1] + dot


def _chest_exposure() -> FloatArray:
    """Return log exposure behind the chest: high where little was absorbed."""
    x, y = axis_mm(_DX_COLUMNS, truth.DX_SPACING_MM), axis_mm(160, 1.5)
    heights = np.arange(_DX_TOP_MM, _DX_BOTTOM_MM, -_DX_STEP_MM)
    lines = [(phantom_slice(x, y, float(z), _DX_STEP_MM, is_body_only=True) + 1000).sum(axis=0) * 1.5 for z in heights]
    rows = round(len(lines) * _DX_STEP_MM / truth.DX_SPACING_MM)
    lines_mm = np.stack(lines).astype(np.float32) * np.float32(_ATTENUATION_PER_MM)
    return -np.asarray(cv2.resize(lines_mm, (_DX_COLUMNS, rows), interpolation=cv2.INTER_CUBIC), np.float32)


def _chest_pixels() -> NDArray[np.uint16]:
    exposure = _chest_exposure()
    detail = exposure - cv2.GaussianBlur(exposure, (0, 0), 25)
    values = 3800 * np.exp(0.3 * exposure) + 330 * detail
    values = np.where(exposure > -0.05, 3950, values + noise((values.shape[0], values.shape[1]), 4000, 7))
    pixels: NDArray[np.uint16] = np.clip(np.rint(values), 0, _HIGHEST).astype(np.uint16)
    draw_mark(pixels, "R", (24, 24), 5, 300)
    return pixels


def _for_presentation(data_set: Dataset, description: str, laterality: str) -> None:
    update(
        data_set,
        {
            "SeriesDescription": description,
            "ImageType": ["ORIGINAL", "PRIMARY"],
            "PresentationIntentType": "FOR PRESENTATION",
            "ImageLaterality": laterality,
            "PixelIntensityRelationship": "LOG",
            "RescaleIntercept": 0,
            "RescaleSlope": 1,
            "RescaleType": "US",
            "AcquisitionContextSequence": [],
            "DetectorType": "DIRECT",
            "DetectorID": "1",
            "PatientOrientation": ["L", "F"],
        },
    )


def chest_radiograph() -> Iterator[MadeInstance]:
    """Yield the chest: MONOCHROME1 (exposure is stored), so it must be shown inverted; JPEG 2000."""
    data_set = start_instance(DX_STUDY, DigitalXRayImageStorageForPresentation, "DX", 1, 1)
    _for_presentation(data_set, "Chest PA", "U")
    update(
        data_set,
        {
            "BodyPartExamined": "CHEST",
            "ViewPosition": "PA",
            "PhotometricInterpretation": "MONOCHROME1",
            "PresentationLUTShape": "INVERSE",
            "PixelIntensityRelationshipSign": 1,
            "WindowCenter": 2048,
            "WindowWidth": 3600,
            "VOILUTFunction": "SIGMOID",
            "ImagerPixelSpacing": [truth.DX_SPACING_MM, truth.DX_SPACING_MM],
            "DistanceSourceToDetector": 1800,
            "DistanceSourceToPatient": 1600,
            "EstimatedRadiographicMagnificationFactor": 1.125,
            "PositionerType": "NONE",
            "KVP": 120,
            "Exposure": 2,
            "AnatomicRegionSequence": [code("51185008", "SCT", "Chest")],
            "ViewCodeSequence": [code("399348003", "SCT", "Antero-posterior")],
        },
    )
    data_set.ViewCodeSequence = [code("272479007", "SCT", "Posteroanterior")]
    data_set.ViewCodeSequence[0].ViewModifierCodeSequence = []
    pixels = _chest_pixels()
    set_pixels(data_set, [pixels], JPEG2000Lossless, _BITS)
    yield MadeInstance(data_set, JPEG2000Lossless, (pixels,))


def mammograms() -> Iterator[MadeInstance]:
    """Yield the right and the left breast from above, chest walls to the middle; JPEG lossless (Process 14)."""
    for number, side in enumerate("RL", start=1):
        data_set = start_instance(MG_STUDY, DigitalMammographyXRayImageStorageForPresentation, "MG", number, 1)
        _for_presentation(data_set, f"{side} CC", side)
        update(data_set, _mammography_elements(side))
        pixels = breast_pixels(side)
        draw_mark(pixels, f"{side}CC", (40, 40 if side == "R" else truth.MG_COLUMNS - 40 - 17 * 6), 6, 3400)
        set_pixels(data_set, [pixels], JPEGLossless, _BITS)
        yield MadeInstance(data_set, JPEGLossless, (pixels,))


def _mammography_elements(side: str) -> dict[str, object]:
    view = code("399162004", "SCT", "cranio-caudal")
    view.ViewModifierCodeSequence = []
    return {
        "BodyPartExamined": "BREAST",
        "OrganExposed": "BREAST",
        "ViewPosition": "CC",
        "PatientOrientation": ["P", "L"] if side == "R" else ["A", "R"],
        "PresentationLUTShape": "IDENTITY",
        "PixelIntensityRelationshipSign": -1,
        "WindowCenter": 1700,
        "WindowWidth": 2900,
        "WindowCenterWidthExplanation": "NORMAL",
        "ImagerPixelSpacing": [truth.MG_SPACING_MM, truth.MG_SPACING_MM],
        "EstimatedRadiographicMagnificationFactor": 1.0,
        "DistanceSourceToDetector": 650,
        "DistanceSourceToPatient": 650,
        "DistanceSourceToEntrance": 600,
        "PositionerType": "MAMMOGRAPHIC",
        "PositionerPrimaryAngle": 0,
        "PositionerPrimaryAngleDirection": "CW" if side == "R" else "CC",
        "KVP": 28,
        "Exposure": 90,
        "ExposureInuAs": 90000,
        "ExposureTime": 900,
        "XRayTubeCurrent": 100,
        "AnodeTargetMaterial": "TUNGSTEN",
        "FilterMaterial": "RHODIUM",
        "FocalSpots": 0.3,
        "Grid": ["RECIPROCATING", "FOCUSED"],
        "BodyPartThickness": 52,
        "CompressionForce": 95,
        "ExposureControlMode": "AUTOMATIC",
        "BreastImplantPresent": "NO",
        "PartialView": "NO",
        "QualityControlImage": "NO",
        "AnatomicRegionSequence": [code("76752008", "SCT", "Breast")],
        "ViewCodeSequence": [view],
    }
