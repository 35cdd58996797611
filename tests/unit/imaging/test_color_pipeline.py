"""Colour spaces against the Standard's forward formulas."""

import colorsys

import numpy as np
import pytest

from viewer.base.errors import DicomError
from viewer.dicom.cielab import cielab_to_srgb
from viewer.imaging.color_pipeline import to_rgb
from viewer.imaging.stored_frame import StoredFrame


def rgb_samples() -> np.ndarray:
    rng = np.random.default_rng(7)
    corners = np.array([[r, g, b] for r in (0, 255) for g in (0, 255) for b in (0, 255)])
    return np.concatenate([corners, rng.integers(0, 256, (500, 3))]).reshape(1, -1, 3).astype(float)


def encoded(matrix: list[list[float]], offsets: list[float]) -> np.ndarray:
    exact: np.ndarray = np.rint(rgb_samples() @ np.array(matrix).T + offsets)
    octets: np.ndarray = exact.clip(0, 255).astype(np.uint8)
    return octets


FULL = [[0.2990, 0.5870, 0.1140], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]]
PARTIAL = [[0.2568, 0.5041, 0.0979], [-0.1482, -0.2910, 0.4392], [0.4392, -0.3678, -0.0714]]


@pytest.mark.parametrize("space", ["YBR_FULL", "YBR_FULL_422", "YBR_ICT"])
def test_full_range_ybr_comes_back(space: str) -> None:
    back = to_rgb(StoredFrame(encoded(FULL, [0, 128, 128]), space), 8)
    assert back.dtype == np.uint8
    assert np.abs(back - rgb_samples()).max() <= 2


def test_partial_range_ybr_comes_back() -> None:
    back = to_rgb(StoredFrame(encoded(PARTIAL, [16, 128, 128]), "YBR_PARTIAL_420"), 8)
    assert np.abs(back - rgb_samples()).max() <= 3


def test_the_reversible_transform_is_exact() -> None:
    r, g, b = (rgb_samples()[..., channel].astype(int) for channel in range(3))
    coded = np.stack([(r + 2 * g + b) // 4, b - g, r - g], axis=-1).astype(np.int16)
    assert (to_rgb(StoredFrame(coded, "YBR_RCT"), 8) == rgb_samples()).all()


def test_rgb_is_left_alone_and_deeper_samples_lose_their_lower_bits() -> None:
    rgb = rgb_samples().astype(np.uint8)
    assert (to_rgb(StoredFrame(rgb, "RGB"), 8) == rgb).all()
    deep = rgb.astype(np.uint16) << 4 | 7
    assert (to_rgb(StoredFrame(deep, "RGB"), 12) == rgb).all()
    shallow = np.array([[[0, 7, 15]]], np.uint8)
    assert to_rgb(StoredFrame(shallow, "RGB"), 4).tolist() == [[[0, 119, 255]]]


def test_deep_ybr() -> None:
    deep = np.array([[[0xFFFF, 0x8000, 0x8000], [0x8000, 0x8000, 0x8000]]], np.uint16)
    assert to_rgb(StoredFrame(deep, "YBR_FULL"), 16).tolist() == [[[255] * 3, [128] * 3]]


def test_an_unknown_space_is_named() -> None:
    with pytest.raises(DicomError, match="CMYK"):
        to_rgb(StoredFrame(np.zeros((1, 1, 3), np.uint8), "CMYK"), 8)


def test_cielab_white_black_and_red() -> None:
    def coded(lightness: float, a: float, b: float) -> tuple[int, int, int]:
        return round(lightness * 655.35), round((a + 128) * 257), round((b + 128) * 257)

    assert cielab_to_srgb(coded(100, 0, 0)) == (255, 255, 255)
    assert cielab_to_srgb(coded(0, 0, 0)) == (0, 0, 0)
    red = cielab_to_srgb(coded(54.29, 80.80, 69.89))  # sRGB red under D50
    assert np.abs(np.array(red) - (255, 0, 0)).max() <= 3
    hue, _, _ = colorsys.rgb_to_hsv(*(part / 255 for part in cielab_to_srgb(coded(60, -60, 50))))
    assert 0.25 < hue < 0.45
