"""ICC profiles by LittleCMS, against matrices worked out by hand."""

import io

import numpy as np
import pytest
from PIL import ImageCms

from tests.builders.icc_profiles import one_way_profile
from viewer.base.errors import DicomError
from viewer.imaging.display_calibration import DisplayColor, RenderingIntent
from viewer.imaging.icc_profile import changes_nothing, is_usable, to_display


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def lab_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def swapped_profile() -> bytes:
    """sRGB with the colorants of red and green exchanged: the display must exchange the channels."""
    data = srgb_profile()
    count = int.from_bytes(data[128:132], "big")
    table = bytearray(data)
    entries = {data[132 + 12 * k : 136 + 12 * k]: 132 + 12 * k for k in range(count)}
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    table[red + 4 : red + 12], table[green + 4 : green + 12] = data[green + 4 : green + 12], data[red + 4 : red + 12]
    return bytes(table)


def test_srgb_changes_nothing() -> None:
    for intent in RenderingIntent:
        assert changes_nothing(b"", srgb_profile(), intent)
        assert changes_nothing(srgb_profile(), b"", intent)
    rgb = np.random.default_rng(1).integers(0, 256, (4, 50, 3), dtype=np.uint8)
    assert np.abs(to_display(rgb, srgb_profile()).astype(int) - rgb).max() <= 1


def test_exchanged_colorants_exchange_channels() -> None:
    profile = swapped_profile()
    assert not changes_nothing(profile, b"", RenderingIntent.PERCEPTUAL)
    assert not changes_nothing(b"", profile, RenderingIntent.RELATIVE)
    rgb = np.random.default_rng(2).integers(0, 256, (4, 50, 3), dtype=np.uint8)
    assert np.abs(to_display(rgb, profile).astype(int) - rgb[..., [1, 0, 2]]).max() <= 2


def test_the_displays_own_profile_undoes_the_images() -> None:
    profile = swapped_profile()
    rgb = np.random.default_rng(3).integers(0, 256, (2, 9, 3), dtype=np.uint8)
    assert np.abs(to_display(rgb, profile, DisplayColor(profile)).astype(int) - rgb).max() <= 2


def test_a_display_profile_needs_no_way_back() -> None:
    rgb = np.random.default_rng(4).integers(60, 220, (5, 40, 3), dtype=np.uint8)
    found = to_display(rgb, b"", DisplayColor(one_way_profile())).astype(int)
    assert np.abs(found - rgb[..., [1, 0, 2]]).max() <= 6


@pytest.mark.parametrize("profile", [b"nonsense", b"\0" * 200, lab_profile()])
def test_what_is_no_rgb_profile_is_refused(profile: bytes) -> None:
    assert not is_usable(profile)
    with pytest.raises(DicomError):
        to_display(np.zeros((1, 1, 3), np.uint8), profile)


def test_a_profile_from_a_stream_is_usable() -> None:
    assert is_usable(io.BytesIO(srgb_profile()).getvalue())
