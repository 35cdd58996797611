"""An angiogram: contrast runs through a branching artery over bone and background; frame 1 is the mask."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.uid import JPEGLosslessSV1, XRayAngiographicImageStorage

from tests.builders.data_sets import item, set_pixels, update
from tests.builders.sample_disc import truth
from tests.builders.sample_disc.canvas import FloatArray
from tests.builders.sample_disc.identities import XA_STUDY, start_instance
from tests.builders.sample_disc.instance import MadeInstance

_BITS = 10
_CENTER = truth.XA_SIZE / 2
_BRIGHT = 860.0
_NOISE = 2.0
_FIRST_CONTRAST_FRAME, _SPEED_PX = 2.0, 34.0  # a frame
_WASH_OUT_FRAME = 17.0


@dataclass(frozen=True, slots=True)
class _Piece:
    start: tuple[float, float]
    end: tuple[float, float]
    radius_px: float
    path_px: float  # from where the contrast comes in


def _tree() -> list[_Piece]:
    rng = np.random.default_rng([truth.SEED, 6000])
    pieces: list[_Piece] = []

    def grow(start: FloatArray, angle: float, radius: float, path: float, room: int) -> None:
        if radius < 0.9 or room == 0:
            return
        bend = rng.normal(0, 0.025)
        for _ in range(int(3 + radius * 1.2)):
            end = start + np.array([np.cos(angle), np.sin(angle)]) * 6
            if np.hypot(*(end - _CENTER)) > _CENTER - 10:
                return
            pieces.append(_Piece((start[0], start[1]), (end[0], end[1]), radius, path))
            start, path, angle = end, path + 6, angle + bend + rng.normal(0, 0.05)
        spread, side = rng.uniform(0.4, 0.8), rng.choice([-1, 1])
        grow(start, angle - side * spread * 0.5, radius * rng.uniform(0.78, 0.88), path, room - 1)
        grow(start, angle + side * spread, radius * rng.uniform(0.6, 0.8), path, room - 1)

    grow(np.array([_CENTER - 14, truth.XA_SIZE - 15.0]), -np.pi / 2, 5.5, 0.0, 9)
    return pieces


def _background() -> FloatArray:
    """Return the intensity without contrast: soft tissue, a bone or two, inside a round collimator."""
    rng = np.random.default_rng([truth.SEED, 6001])
    axis = np.arange(truth.XA_SIZE, dtype=np.float32)
    x, y = axis[None, :], axis[:, None]
    cloud = cv2.GaussianBlur(rng.standard_normal((truth.XA_SIZE, truth.XA_SIZE), np.float32), (0, 0), 30)
    thickness = 0.5 + 0.1 * cloud / cloud.std() + 0.25 * (x / truth.XA_SIZE)
    spine = np.clip(1.3 - np.abs(x - 250 - 12 * np.sin(y / 60)) / 34, 0, 1) * (0.8 + 0.2 * np.sin(y / 9.5))
    skull = np.exp(-(((np.hypot((x - _CENTER) / 1.0, (y - _CENTER - 30) / 1.1) - 150) / 7) ** 2))
    return np.asarray(_BRIGHT * np.exp(-thickness - 0.28 * np.clip(spine, 0, 1) - 0.35 * skull), np.float32)


def _contrast(pieces: list[_Piece], frame: int) -> FloatArray:
    """Return iodine thickness in this frame (0-based): a bolus with a soft front and a slow tail."""
    front = (frame - _FIRST_CONTRAST_FRAME) * _SPEED_PX
    tail = (frame - _WASH_OUT_FRAME) * _SPEED_PX * 1.6
    depth = np.zeros((truth.XA_SIZE * 2, truth.XA_SIZE * 2), np.float32)
    for piece in pieces:
        fill = float(np.clip((front - piece.path_px) / 40, 0, 1) * (1 - np.clip((tail - piece.path_px) / 90, 0, 0.92)))
        if fill > 0:
            layer = np.zeros_like(depth)
            ends = [tuple(round(value * 32) for value in end) for end in (piece.start, piece.end)]
            cv2.line(layer, ends[0], ends[1], 1.0, max(1, round(piece.radius_px * 4)), cv2.LINE_AA, 4)
            depth = np.maximum(depth, layer * fill * piece.radius_px)
    half = cv2.resize(depth, (truth.XA_SIZE, truth.XA_SIZE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(half, (0, 0), 0.9), np.float32)


def angiogram_frames() -> list[NDArray[np.uint16]]:
    """Return the frames: intensity, dark where absorbed."""
    pieces, background = _tree(), _background()
    axis = np.arange(truth.XA_SIZE) - (truth.XA_SIZE - 1) / 2
    is_open = np.hypot(axis[None, :], axis[:, None]) < _CENTER - 6
    frames = []
    for frame in range(truth.XA_FRAMES):
        rng = np.random.default_rng([truth.SEED, 6100 + frame])
        grain = cv2.GaussianBlur(rng.standard_normal(background.shape, np.float32), (0, 0), 0.9)
        values = background * np.exp(-0.16 * _contrast(pieces, frame)) + grain * (_NOISE / float(grain.std()))
        frames.append(np.where(is_open, np.clip(np.rint(values), 0, 1023), 0).astype(np.uint16))
    return frames


def angiogram() -> Iterator[MadeInstance]:
    """Yield the cine: JPEG lossless, 10 bits, subtraction from frame 1 offered by its Mask module."""
    data_set = start_instance(XA_STUDY, XRayAngiographicImageStorage, "XA", 1, 1)
    update(data_set, _elements())
    frames = angiogram_frames()
    set_pixels(data_set, frames, JPEGLosslessSV1, _BITS)
    yield MadeInstance(data_set, JPEGLosslessSV1, tuple(frames))


def _elements() -> dict[str, object]:
    mask = item(
        MaskOperation="AVG_SUB",
        ApplicableFrameRange=[truth.XA_MASK_FRAME + 1, truth.XA_FRAMES],
        MaskFrameNumbers=truth.XA_MASK_FRAME,
        ContrastFrameAveraging=1,
    )
    return {
        "SeriesDescription": "Gefäßbaum, 7,5 B/s",
        "ImageType": ["ORIGINAL", "PRIMARY", "SINGLE PLANE"],
        "BodyPartExamined": "HEAD",
        "PatientOrientation": ["L", "F"],
        "NumberOfFrames": truth.XA_FRAMES,
        "FrameIncrementPointer": 0x00181063,
        "FrameTime": truth.XA_FRAME_TIME_MS,
        "CineRate": 8,
        "RecommendedDisplayFrameRate": 8,
        "PixelIntensityRelationship": "LIN",
        "ContrastBolusAgent": "Phantom contrast",
        "KVP": 80,
        "XRayTubeCurrent": 300,
        "ExposureTime": 40,
        "RadiationSetting": "GR",
        "PositionerMotion": "STATIC",
        "PositionerPrimaryAngle": 20.0,
        "PositionerSecondaryAngle": -10.0,
        "DistanceSourceToDetector": 1200,
        "DistanceSourceToPatient": 1200 / truth.XA_MAGNIFICATION,
        "EstimatedRadiographicMagnificationFactor": truth.XA_MAGNIFICATION,
        "ImagerPixelSpacing": [truth.XA_IMAGER_SPACING_MM, truth.XA_IMAGER_SPACING_MM],
        "FieldOfViewShape": "ROUND",
        "ShutterShape": "CIRCULAR",
        "CenterOfCircularShutter": [truth.XA_SIZE // 2, truth.XA_SIZE // 2],
        "RadiusOfCircularShutter": truth.XA_SIZE // 2 - 8,
        "WindowCenter": 420,
        "WindowWidth": 640,
        "RecommendedViewingMode": "NAT",
        "MaskSubtractionSequence": [mask],
    }
