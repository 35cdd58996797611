"""The CT series of the disc: head and chest, its prior, a head with a tilted gantry, and the localizers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from tests.builders.data_sets import made_uid, set_pixels, update
from tests.builders.sample_disc import truth
from tests.builders.sample_disc.canvas import FloatArray
from tests.builders.sample_disc.identities import CT_STUDY, PRIOR_STUDY, TILT_STUDY, Study, start_instance
from tests.builders.sample_disc.instance import MadeInstance
from tests.builders.sample_disc.phantom import axis_mm, phantom_slice

INTERCEPT = -1024
_UNSIGNED_BITS = 12
_SCOUT_STEP_MM = 3.0
_SCOUT_CENTER, _SCOUT_WIDTH = 700, 1400


def noise(shape: tuple[int, int], label: int, sigma: float = truth.FRAME_NOISE_HU) -> FloatArray:
    """Return grainy noise as a smooth reconstruction kernel leaves it, the same for the same label."""
    white = np.random.default_rng([truth.SEED, label]).standard_normal(shape, np.float32)
    grain = cv2.GaussianBlur(white, (0, 0), 1.4)
    return np.asarray(grain * (sigma / float(grain.std())), np.float32)


def noisy(hu: FloatArray, label: int, sigma: float = truth.FRAME_NOISE_HU) -> FloatArray:
    """Add noise everywhere but in bare air (which then costs nothing to store)."""
    return hu + noise((hu.shape[0], hu.shape[1]), label, sigma) * (hu > -990)


@dataclass(frozen=True, slots=True)
class Plane:
    """Where a slice lies."""

    position_mm: tuple[float, float, float]
    orientation: tuple[float, ...]
    spacing_mm: float
    thickness_mm: float


def _ct_instance(study: Study, series: int, instance: int, plane: Plane, description: str, kernel: str) -> Dataset:
    data_set = start_instance(study, CTImageStorage, "CT", series, instance)
    normal = np.cross(plane.orientation[:3], plane.orientation[3:])
    update(
        data_set,
        {
            "SeriesDescription": description,
            "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
            "BodyPartExamined": "HEAD" if study is TILT_STUDY else "CHEST",
            "SliceThickness": plane.thickness_mm,
            "KVP": 120,
            "ReconstructionDiameter": 430,
            "GantryDetectorTilt": 0,
            "XRayTubeCurrent": 220,
            "ExposureTime": 500,
            "ConvolutionKernel": kernel,
            "PatientPosition": "HFS",
            "AcquisitionNumber": 1,
            "ImagePositionPatient": [round(value, 4) for value in plane.position_mm],
            "ImageOrientationPatient": [round(value, 8) for value in plane.orientation],
            "FrameOfReferenceUID": made_uid(f"disc/{study.label}/frame of reference"),
            "PositionReferenceIndicator": "SN",
            "SliceLocation": round(float(np.dot(plane.position_mm, normal)), 4),
            "PixelSpacing": [plane.spacing_mm, plane.spacing_mm],
            "RescaleIntercept": INTERCEPT,
            "RescaleSlope": 1,
            "RescaleType": "HU",
        },
    )
    return data_set


def _windows(data_set: Dataset, *windows: tuple[float, float, str]) -> None:
    data_set.WindowCenter = [window[0] for window in windows] if len(windows) > 1 else windows[0][0]
    data_set.WindowWidth = [window[1] for window in windows] if len(windows) > 1 else windows[0][1]
    names = [window[2] for window in windows]
    data_set.WindowCenterWidthExplanation = names if len(names) > 1 else names[0]


def _stored(hu: FloatArray) -> NDArray[np.uint16]:
    return np.clip(np.rint(hu - INTERCEPT), 0, (1 << _UNSIGNED_BITS) - 1).astype(np.uint16)


def ct_slice_hu(index: int) -> FloatArray:
    """Return slice `index` (0 at the foot end) of the head-and-chest series, with its noise."""
    axis = axis_mm(truth.CT_SIZE, truth.CT_SPACING_MM)
    z = truth.CT_FIRST_Z_MM + index * truth.CT_STEP_MM
    return noisy(phantom_slice(axis, axis, z, truth.CT_STEP_MM), index)


def head_and_chest(only: range | None = None) -> Iterator[MadeInstance]:
    """Yield the main series (JPEG-LS), instance numbers from the head down as scanners count."""
    first = -(truth.CT_SIZE - 1) / 2 * truth.CT_SPACING_MM
    for number in only or range(1, truth.CT_COUNT + 1):
        index = truth.CT_COUNT - number
        z = truth.CT_FIRST_Z_MM + index * truth.CT_STEP_MM
        plane = Plane((first, first, z), (1, 0, 0, 0, 1, 0), truth.CT_SPACING_MM, truth.CT_STEP_MM)
        data_set = _ct_instance(CT_STUDY, 2, number, plane, "Head and chest 3.0 SOFT", "SOFT")
        _windows(data_set, (40, 400, "SOFT"), (-500, 1500, "LUNG"), (400, 1800, "BONE"), (35, 90, "BRAIN"))
        yield _finish(data_set, _stored(ct_slice_hu(index)), JPEGLSLossless, _UNSIGNED_BITS)


def _finish(data_set: Dataset, pixels: NDArray[np.uint16 | np.int16], syntax: UID, bits: int) -> MadeInstance:
    set_pixels(data_set, [pixels], syntax, bits)
    return MadeInstance(data_set, syntax, (pixels,))


def prior_chest() -> Iterator[MadeInstance]:
    """Yield the earlier chest (JPEG 2000): thicker slices, coarser pixels, a smaller sphere."""
    axis = axis_mm(truth.PRIOR_SIZE, truth.PRIOR_SPACING_MM)
    for number in range(1, truth.PRIOR_COUNT + 1):
        z = truth.PRIOR_FIRST_Z_MM + (truth.PRIOR_COUNT - number) * truth.PRIOR_STEP_MM
        hu = phantom_slice(axis, axis, z, truth.PRIOR_STEP_MM, is_prior=True)
        plane = Plane((float(axis[0]), float(axis[0]), z), (1, 0, 0, 0, 1, 0), truth.PRIOR_SPACING_MM, 5.0)
        data_set = _ct_instance(PRIOR_STUDY, 2, number, plane, "Chest 5.0 SOFT", "SOFT")
        _windows(data_set, (40, 400, "SOFT"), (-500, 1500, "LUNG"))
        yield _finish(data_set, _stored(noisy(hu, 1000 + number)), JPEG2000Lossless, _UNSIGNED_BITS)


def tilted_head() -> Iterator[MadeInstance]:
    """Yield a head whose slices lean while the couch moves along z (JPEG 2000, signed, padded outside the circle)."""
    size, spacing = truth.TILT_SIZE, truth.TILT_SPACING_MM
    tilt = np.deg2rad(truth.TILT_DEG)
    down = np.array([0.0, np.cos(tilt), -np.sin(tilt)])
    across = axis_mm(size, spacing)
    is_outside = np.hypot(across[None, :], across[:, None]) > size / 2 * spacing
    for number in range(1, truth.TILT_COUNT + 1):
        middle_z = truth.TILT_FIRST_Z_MM + (number - 1) * truth.TILT_STEP_MM
        hu = _leaning_slice(across, down, middle_z)
        start = down * across[0] + (across[0], 0, middle_z)
        plane = Plane((float(start[0]), float(start[1]), float(start[2])), (1, 0, 0, *down), spacing, 3.5)
        data_set = _ct_instance(TILT_STUDY, 2, number, plane, "頭部 4.0 傾斜 (tilted)", "HEAD")
        update(data_set, {"GantryDetectorTilt": truth.TILT_DEG, "RescaleIntercept": 0})
        update(data_set, {"ReconstructionDiameter": round(size * spacing, 2), "ExposureTime": 1000})
        _windows(data_set, (35, 90, "BRAIN"), (400, 1800, "BONE"))
        values = np.where(is_outside, truth.TILT_PADDING, np.rint(noisy(hu, 2000 + number, 3.0))).astype(np.int16)
        made = _finish(data_set, values, JPEG2000Lossless, 16)
        made.data_set.add_new("PixelPaddingValue", "SS", truth.TILT_PADDING)
        yield made


def _leaning_slice(across: FloatArray, down: NDArray[np.float64], middle_z: float) -> FloatArray:
    """Cut the phantom in a leaning plane, row by row from upright slices."""
    rows = [
        phantom_slice(across, (across[row : row + 2] if row + 1 < len(across) else across[row - 1 :]) * down[1], z, 3.0)
        for row, z in enumerate(middle_z + across * down[2])
    ]
    return np.stack([rows[row][0 if row + 1 < len(rows) else 1] for row in range(len(rows))])


@cache
def _shadow(*, is_sideways: bool, is_body_only: bool = False) -> FloatArray:
    """Return the mean attenuation (water 1000) along y, or along x, of upright slices from head to foot."""
    axis = axis_mm(truth.PRIOR_SIZE, truth.PRIOR_SPACING_MM)
    heights = np.arange(244.5, -250, -_SCOUT_STEP_MM)
    lines = [
        (phantom_slice(axis, axis, float(z), 3.0, is_body_only=is_body_only) + 1000).mean(axis=1 if is_sideways else 0)
        for z in heights
    ]
    return np.stack(lines).astype(np.float32)


def _localizer(
    study: Study, plane: Plane, values: FloatArray, syntax: UID, step: Callable[[Dataset], None] | None = None
) -> MadeInstance:
    data_set = _ct_instance(study, 1, 1, plane, "Localizer", "SCOUT")
    update(data_set, {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"], "RescaleType": "US", "RescaleIntercept": 0})
    _windows(data_set, (_SCOUT_CENTER, _SCOUT_WIDTH, "SCOUT"))
    if step is not None:
        step(data_set)
    pixels = np.clip(np.rint(values), 0, 4095).astype(np.uint16)
    return _finish(data_set, pixels, syntax, _UNSIGNED_BITS)


def _scout_values(shadow: FloatArray, size: tuple[int, int], label: int) -> FloatArray:
    """Enlarge a shadow and compress its range as scanners do for a scout."""
    large = np.asarray(cv2.resize(shadow, size, interpolation=cv2.INTER_CUBIC), np.float32)
    blurred = cv2.GaussianBlur(large, (0, 0), 12)
    values = 1.1 * large + 1.4 * (large - blurred)
    return np.asarray(values * 2.4 + noise((size[1], size[0]), label, 5) * (large > 20), np.float32)


def localizers() -> Iterator[MadeInstance]:
    """Yield the scouts: frontal (JPEG 2000), frontal of the prior (RLE), lateral of the tilted head (native)."""
    frontal = _shadow(is_sideways=False)
    width, height = 512, 496
    spacing = truth.PRIOR_SPACING_MM * truth.PRIOR_SIZE / width
    x = -(width - 1) / 2 * spacing
    plane = Plane((x, 0.0, 246.0 - spacing / 2), (1, 0, 0, 0, 0, -1), spacing, 430.0)
    rows = round(len(frontal) * _SCOUT_STEP_MM / spacing)
    yield _localizer(CT_STUDY, plane, _scout_values(frontal, (width, rows), 3000) // 4 * 4, JPEG2000Lossless)
    prior = frontal[70:]
    plane = Plane((x, 0.0, 246.0 - 70 * _SCOUT_STEP_MM - spacing / 2), (1, 0, 0, 0, 0, -1), spacing, 430.0)
    rows = round(len(prior) * _SCOUT_STEP_MM / spacing)
    yield _localizer(PRIOR_STUDY, plane, _scout_values(prior, (width, rows), 3001) // 8 * 8, RLELossless)
    side = _shadow(is_sideways=True)[:76]
    spacing = 0.94
    width = height = 242
    columns = np.asarray(cv2.resize(side, (458, height), interpolation=cv2.INTER_CUBIC), np.float32)[
        :, 108 : 108 + width
    ]
    plane = Plane((0.0, -(width - 1) / 2 * spacing, 246.0 - spacing / 2), (0, 1, 0, 0, 0, -1), spacing, 230.0)
    yield _localizer(TILT_STUDY, plane, _scout_values(columns, (width, height), 3002), ExplicitVRLittleEndian)
