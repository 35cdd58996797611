"""A carotid duplex cine: a tissue fan, a colour flow box over the pulsating vessel, a Doppler spectrum below."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, UltrasoundMultiFrameImageStorage

from tests.builders.data_sets import item, set_pixels, update
from tests.builders.sample_disc import truth
from tests.builders.sample_disc.canvas import FloatArray
from tests.builders.sample_disc.identities import US_STUDY, start_instance
from tests.builders.sample_disc.instance import MadeInstance

_BITS = 8
_WALL_CM = 0.07
_GRID_GREY, _BASE_LINE_GREY, _FRAME_GREY = 70, 130, 200


def _pulse(phase: NDArray[np.float64] | float) -> FloatArray:
    """Return the flow over a beat, 0..1: a steep rise, a notch, a slow fall."""
    share = np.asarray(phase, np.float64) % 1.0
    systole = np.exp(-(((share - 0.16) / 0.075) ** 2))
    notch = 0.34 * np.exp(-(((share - 0.42) / 0.09) ** 2))
    return np.asarray(np.clip(0.2 + 0.8 * systole + notch - 0.12 * share, 0.05, 1), np.float32)


def _tissue(frame: int) -> tuple[FloatArray, FloatArray]:
    """Return grey levels of the tissue region, and the signed place across the vessel (-1..1 inside)."""
    left, top, right, bottom = truth.US_TISSUE.bounds
    height, width = bottom - top + 1, right - left + 1
    phase = truth.US_BEATS * frame / truth.US_FRAMES
    x = np.arange(width, dtype=np.float32)[None, :] * np.float32(truth.US_CM_PER_PIXEL)
    y = np.arange(height, dtype=np.float32)[:, None] * np.float32(truth.US_CM_PER_PIXEL)
    middle = truth.US_VESSEL_TOP_CM + 0.14 * np.sin(0.8 * x - 1)
    radius = truth.US_VESSEL_RADIUS_CM * (1 + 0.12 * float(_pulse(phase)))
    place = (y - middle) / radius
    wall = np.exp(-(((np.abs(y - middle) - radius - _WALL_CM / 2) / (_WALL_CM / 2)) ** 2))
    layers = 70 + 28 * np.sin(y * 5.5 + 0.8 * np.sin(x * 1.6)) + 22 * np.sin(y * 13 + np.sin(x * 3))
    bright = layers + 120 * wall + 60 * np.exp(-(((y - 0.45) / 0.09) ** 2))
    grey = np.where(np.abs(place) < 1, 7, bright) * np.exp(-0.12 * y)
    rng = np.random.default_rng([truth.SEED, 7000])
    size = (height + 8, width)
    waves = [cv2.GaussianBlur(rng.standard_normal(size, np.float32), (0, 0), sigmaX=2.2, sigmaY=1.1) for _ in "ri"]
    speckle = np.hypot(waves[0], waves[1])
    shift = round(2 * float(_pulse(phase)))  # the tissue moves with the beat
    speckle = speckle[shift : shift + height] / float(speckle.mean())
    return np.asarray(grey * (0.35 + 0.65 * speckle), np.float32), np.asarray(place, np.float32)


def _fan(height: int, width: int) -> NDArray[np.bool_]:
    """Return where a slightly curved probe sees."""
    x = np.arange(width)[None, :] - (width - 1) / 2
    y = np.arange(height)[:, None]
    radius = np.hypot(x, y + 260)
    return np.asarray((radius > 268) & (radius < 452) & (np.abs(np.arctan2(x, y + 260)) < 0.36), np.bool_)


def _frame(frame: int) -> NDArray[np.uint8]:
    image = np.zeros((truth.US_ROWS, truth.US_COLUMNS, 3), np.float32)
    left, top, right, bottom = truth.US_TISSUE.bounds
    grey, place = _tissue(frame)
    seen = _fan(*grey.shape)
    tissue = np.where(seen, grey, 0)[:, :, None].repeat(3, axis=2)
    _paint_flow(tissue, place, frame)
    image[top : bottom + 1, left : right + 1] = tissue
    _paint_rulers(image)
    _paint_spectrum(image, frame)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def _paint_flow(tissue: FloatArray, place: FloatArray, frame: int) -> None:
    """Colour the blood inside the flow box: red towards the probe's right, blue in the eddy behind the stenosis."""
    left, top, right, bottom = (
        bound - truth.US_TISSUE.bounds[index % 2] for index, bound in enumerate(truth.US_FLOW.bounds)
    )
    part = np.s_[top : bottom + 1, left : right + 1]
    across = place[part]
    speed = (1 - across**2) * float(_pulse(truth.US_BEATS * frame / truth.US_FRAMES))
    columns = np.linspace(-1, 1, across.shape[1])[None, :]
    eddy = 0.9 * np.exp(-(((columns - 0.45) / 0.22) ** 2 + ((across - 0.6) / 0.4) ** 2))
    velocity = speed - eddy
    color = np.zeros((*across.shape, 3), np.float32)
    strength = np.clip(np.abs(velocity) * 1.2, 0, 1)
    color[..., 0] = np.where(velocity > 0, 90 + 165 * strength, 0)
    color[..., 1] = np.where(velocity > 0, 170 * strength**2, 200 * strength**2)
    color[..., 2] = np.where(velocity > 0, 0, 90 + 165 * strength)
    is_flow = (np.abs(across) < 0.97) & (np.abs(velocity) > 0.06)
    tissue[part][is_flow] = color[is_flow]
    tissue[[top, bottom], left : right + 1] = _FRAME_GREY
    tissue[top : bottom + 1, [left, right]] = _FRAME_GREY


def _paint_rulers(image: FloatArray) -> None:
    """Draw a tick each centimetre of depth, and the colour bar."""
    _, top, right, bottom = truth.US_TISSUE.bounds
    per_cm = round(1 / truth.US_CM_PER_PIXEL)
    for row in range(top, bottom + 1, per_cm):
        image[row, right + 8 : right + 16] = 200
    bar = np.linspace(1, -1, 80)[:, None]
    image[30:110, 440:452, 0] = np.where(bar > 0, 90 + 165 * np.abs(bar), 0)
    image[30:110, 440:452, 1] = 170 * bar**2
    image[30:110, 440:452, 2] = np.where(bar > 0, 0, 90 + 165 * np.abs(bar))


def _paint_spectrum(image: FloatArray, frame: int) -> None:
    """Draw the velocities over time; the newest column sweeps to the right as the cine plays."""
    left, top, right, bottom = truth.US_SPECTRUM.bounds
    height, width = bottom - top + 1, right - left + 1
    column = np.arange(width)
    base = truth.US_SPECTRUM.reference_pixel[1]
    envelope = truth.US_PEAK_VELOCITY_CM_S * _pulse(truth.US_BEATS * column / width)[None, :]
    velocity = ((np.arange(height) - base) * truth.US_SPECTRUM.deltas[1])[:, None]
    rng = np.random.default_rng([truth.SEED, 7001])
    grain = cv2.GaussianBlur(rng.standard_normal((height, width), np.float32), (0, 0), 0.8)
    band = np.exp(-(((velocity - 0.82 * envelope) / (0.16 * envelope + 2)) ** 2))
    level = (190 * band + 45) * ((velocity > 0) & (velocity <= envelope)) * (0.75 + 0.6 * grain)
    newest = round((frame + 1) / truth.US_FRAMES * width)
    level[:, newest:] = 0
    level[:, min(newest, width - 1)] = _GRID_GREY
    level[base % 20 :: 20, :4] = _GRID_GREY
    level[base] = _BASE_LINE_GREY
    image[top : bottom + 1, left : right + 1] = level[:, :, None]


def _region(region: truth.Region) -> Dataset:
    left, top, right, bottom = region.bounds
    return item(
        RegionSpatialFormat=region.spatial_format,
        RegionDataType=region.data_type,
        RegionFlags=region.flags,
        RegionLocationMinX0=left,
        RegionLocationMinY0=top,
        RegionLocationMaxX1=right,
        RegionLocationMaxY1=bottom,
        ReferencePixelX0=region.reference_pixel[0],
        ReferencePixelY0=region.reference_pixel[1],
        PhysicalUnitsXDirection=region.units[0],
        PhysicalUnitsYDirection=region.units[1],
        ReferencePixelPhysicalValueX=0.0,
        ReferencePixelPhysicalValueY=0.0,
        PhysicalDeltaX=region.deltas[0],
        PhysicalDeltaY=region.deltas[1],
        TransducerFrequency=7500,
        PulseRepetitionFrequency=5000,
    )


def duplex_cine() -> Iterator[MadeInstance]:
    """Yield the cine: colour, JPEG 2000 with the reversible colour transform."""
    data_set = start_instance(US_STUDY, UltrasoundMultiFrameImageStorage, "US", 1, 1)
    frames = [_frame(frame) for frame in range(truth.US_FRAMES)]
    update(
        data_set,
        {
            "SeriesDescription": "Carotid, colour and pulsed Doppler",
            "ImageType": ["ORIGINAL", "PRIMARY", "VASCULAR", "0001"],
            "BodyPartExamined": "NECK",
            "PatientOrientation": "",
            "NumberOfFrames": len(frames),
            "FrameIncrementPointer": 0x00181063,
            "FrameTime": truth.US_FRAME_TIME_MS,
            "CineRate": round(1000 / truth.US_FRAME_TIME_MS),
            "RecommendedDisplayFrameRate": round(1000 / truth.US_FRAME_TIME_MS),
            "UltrasoundColorDataPresent": 1,
            "TransducerType": "LINEAR",
            "HeartRate": round(60000 * truth.US_BEATS / (truth.US_FRAMES * truth.US_FRAME_TIME_MS)),
            "SequenceOfUltrasoundRegions": [
                _region(one) for one in (truth.US_TISSUE, truth.US_FLOW, truth.US_SPECTRUM)
            ],
        },
    )
    set_pixels(data_set, frames, JPEG2000Lossless, _BITS)
    data_set.PhotometricInterpretation = "YBR_RCT"
    yield MadeInstance(data_set, JPEG2000Lossless, tuple(frames))
