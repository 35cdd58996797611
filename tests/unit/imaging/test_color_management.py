"""Colours from an image's profile to the display's: against LittleCMS used directly and matrices worked out by hand."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.builders.displays import measured
from tests.builders.gray_images import data_set, gray_frame, gray_state, read, write
from tests.builders.icc_profiles import (
    ADOBE_GAMMA,
    ADOBE_RGB,
    DISPLAY_P3,
    SRGB,
    adobe_rgb_like,
    colorants,
    matrix_profile,
)
from viewer.imaging import color_transform as transforms
from viewer.imaging.color_transform import ColorTransform, color_transform
from viewer.imaging.display_calibration import UNCALIBRATED, DisplayCalibration, DisplayColor, RenderingIntent
from viewer.imaging.display_shutter import DisplayShutter, Rectangle
from viewer.imaging.frame_state import FrameState
from viewer.imaging.geometry_cache import GeometryCache
from viewer.imaging.grayscale_pipeline import Stage, View
from viewer.imaging.icc_profile import to_display
from viewer.imaging.lookup_table import LookupTable
from viewer.imaging.palette_color_lut import PaletteColorLut
from viewer.imaging.pseudo_color import palette
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.imaging.stored_frame import FrameWarning, PixelDescription, StoredFrame
from viewer.imaging.viewport_image import Interpolation, RenderedViewport, RenderRequest, render_viewport
from viewer.imaging.voi_lut import Window
from viewer.imaging.whole_frame import fitted_stage, whole_stage

ROWS, COLUMNS = 40, 50
OCTETS = PixelDescription(ROWS, COLUMNS, 1, 3, "RGB", bits_allocated=8, bits_stored=8, high_bit=7)
ADOBE = adobe_rgb_like()
P3 = matrix_profile(DISPLAY_P3, 2.2)
INTENTS = {
    RenderingIntent.PERCEPTUAL: ImageCms.Intent.PERCEPTUAL,
    RenderingIntent.RELATIVE: ImageCms.Intent.RELATIVE_COLORIMETRIC,
}
CODED = np.arange(256) / 255
SRGB_LIGHT = np.where(CODED <= 0.04045, CODED / 12.92, ((CODED + 0.055) / 1.055) ** 2.4)


def colors(seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (ROWS, COLUMNS, 3), dtype=np.uint8)


def on_display(profile: bytes, intent: RenderingIntent = RenderingIntent.PERCEPTUAL) -> DisplayCalibration:
    return replace(measured("gamma 2.2"), color=DisplayColor(profile, intent))


def by_lcms(rgb: np.ndarray, source: bytes, target: bytes, intent: RenderingIntent) -> np.ndarray:
    given: list[Any] = [
        ImageCms.ImageCmsProfile(io.BytesIO(each)) if each else ImageCms.createProfile("sRGB")
        for each in (source, target)
    ]
    done = ImageCms.profileToProfile(
        Image.fromarray(np.ascontiguousarray(rgb)), given[0], given[1], INTENTS[intent], "RGB"
    )
    return np.asarray(done)


def rendered(
    stored: StoredFrame,
    state: FrameState,
    calibration: DisplayCalibration,
    cache: GeometryCache | None = None,
    **changes: Any,
) -> RenderedViewport:
    request = replace(RenderRequest("a", (COLUMNS, ROWS), SpatialTransform().at_scale(1.0)), **changes)
    return render_viewport(stored, state, request, cache or GeometryCache(), calibration)


def state_of_color(profile: bytes = b"", **changes: Any) -> FrameState:
    return gray_state(OCTETS, voi_options=(), icc_profile=profile, **changes)


def test_a_wide_gamut_display_by_its_matrix() -> None:
    """SRGB to Adobe RGB: both have a matrix and a curve, and every sRGB colour is within."""
    rgb = colors()
    light = SRGB_LIGHT[rgb] @ colorants(SRGB).T @ np.linalg.inv(colorants(ADOBE_RGB)).T
    expected = 255 * light.clip(0, 1) ** (1 / ADOBE_GAMMA)
    found = to_display(rgb, b"", DisplayColor(ADOBE))
    assert np.abs(found - expected).max() <= 1.5
    assert np.abs(found.astype(int) - rgb).max() > 20


def test_an_image_in_a_wide_gamut_on_an_ordinary_display() -> None:
    rgb = colors()
    light = CODED[rgb] ** ADOBE_GAMMA @ colorants(ADOBE_RGB).T @ np.linalg.inv(colorants(SRGB)).T
    inside = ((light >= 0) & (light <= 1)).all(axis=-1)
    held = light.clip(0, 1)
    expected = 255 * np.where(held <= 0.0031308, held * 12.92, 1.055 * held ** (1 / 2.4) - 0.055)
    found = to_display(rgb, ADOBE)
    assert inside.sum() > 500
    assert np.abs(found - expected)[inside].max() <= 1.5


@pytest.mark.parametrize("intent", RenderingIntent)
@pytest.mark.parametrize(("source", "target"), [(b"", P3), (ADOBE, b""), (ADOBE, P3), (P3, ADOBE)])
def test_any_two_profiles_as_littlecms_has_it(source: bytes, target: bytes, intent: RenderingIntent) -> None:
    found = to_display(colors(), source, DisplayColor(target, intent))
    assert (found == by_lcms(colors(), source, target, intent)).all()


def test_greys_black_and_white_stay_what_they_are() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    found = to_display(ramp, b"", DisplayColor(P3))
    assert (found[0, 0] == 0).all()
    assert (found[0, 255] == 255).all()
    assert np.ptp(found[0].astype(int), axis=1).max() <= 1


@pytest.mark.parametrize(
    ("profile", "display"), [(b"", b""), (ADOBE, ADOBE), (matrix_profile(SRGB, list(SRGB_LIGHT)), b"")]
)
def test_what_needs_no_change_is_not_touched(profile: bytes, display: bytes) -> None:
    rgb = colors()
    assert to_display(rgb, profile, DisplayColor(display)) is rgb


def test_the_table_of_all_answers_is_littlecms_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transforms, "PIXELS_WORTH_A_TABLE", 1)
    transform = ColorTransform(ADOBE, P3, RenderingIntent.RELATIVE)
    table = transforms._table_of(transform)
    for _slice in range(16):
        assert (transform.apply(colors()) == transform.compute(colors())).all()
    assert table.fill_further()
    every = np.random.default_rng(7).integers(0, 256, (600, 700, 3), dtype=np.uint8)
    assert (transform.apply(every) == transform.compute(every)).all()
    part = every[10:50, 20:60]  # not contiguous
    assert (transform.apply(part) == transform.compute(part)).all()
    transforms._table_of.cache_clear()


def test_transforms_are_remembered() -> None:
    made = color_transform(ADOBE, P3, RenderingIntent.PERCEPTUAL)
    assert color_transform(bytes(bytearray(ADOBE)), P3, RenderingIntent.PERCEPTUAL) is made
    assert color_transform(ADOBE, P3, RenderingIntent.RELATIVE) is not made


@pytest.mark.parametrize("interpolation", Interpolation)
@pytest.mark.parametrize(("profile", "display"), [(ADOBE, b""), (b"", P3), (ADOBE, P3)])
def test_a_viewport_shows_managed_colours(profile: bytes, display: bytes, interpolation: Interpolation) -> None:
    stored, calibration = StoredFrame(colors(), "RGB"), on_display(display)
    expected = by_lcms(colors(), profile, display, RenderingIntent.PERCEPTUAL)
    state = state_of_color(profile)
    found = rendered(stored, state, calibration, interpolation=interpolation)
    assert (found.pixels == expected).all()
    assert (whole_stage(stored, state, View(), Stage.DISPLAY, calibration) == expected).all()
    fitted = fitted_stage(stored, state, View(), Stage.DISPLAY, (COLUMNS, ROWS), calibration)
    assert (fitted == expected).all()


def test_each_display_has_its_own_colours_also_out_of_one_cache() -> None:
    cache, stored, state = GeometryCache(), StoredFrame(colors(), "RGB"), state_of_color(ADOBE)
    for display in (b"", P3, ADOBE):
        for intent in RenderingIntent:
            found = rendered(stored, state, on_display(display, intent), cache)
            expected = colors() if display == ADOBE else by_lcms(colors(), ADOBE, display, intent)
            assert (found.pixels == expected).all()


def test_what_is_no_image_stays_black() -> None:
    lifted = matrix_profile(DISPLAY_P3, [0.05 + 0.95 * each for each in SRGB_LIGHT])  # black of an image is not its 0
    display = DisplayColor(intent=RenderingIntent.RELATIVE)
    assert to_display(np.zeros((1, 1, 3), np.uint8), lifted, display).min() > 10
    stored = StoredFrame(np.zeros((ROWS, COLUMNS, 3), np.uint8), "RGB", frozenset({FrameWarning.TRUNCATED}), 5)
    found = rendered(stored, state_of_color(lifted), replace(UNCALIBRATED, color=display), size=(90, 80)).pixels
    assert found[20:55, 20:70].min() > 10
    assert not found[55:60].any()
    found[20:60, 20:70] = 0
    assert not found.any()


def test_greys_are_never_managed() -> None:
    stored = gray_frame(np.arange(ROWS * COLUMNS, dtype=np.int16).reshape(ROWS, COLUMNS))
    state = gray_state(PixelDescription(ROWS, COLUMNS, is_signed=True), icc_profile=ADOBE)
    plain = rendered(stored, state, on_display(b""))
    managed = rendered(stored, state, on_display(P3))
    assert (managed.pixels == plain.pixels).all()
    assert managed.color_note == ""


def test_pseudo_colour_goes_from_srgb_to_the_display() -> None:
    ramp = np.tile(np.linspace(0, 255, COLUMNS).astype(np.uint8), (ROWS, 1))
    description = PixelDescription(ROWS, COLUMNS, bits_allocated=8, bits_stored=8, high_bit=7)
    view = View(voi=Window(-1024 + 128, 256), pseudo_color="hot-iron")
    found = rendered(gray_frame(ramp), gray_state(description, icc_profile=ADOBE), on_display(P3), view=view)
    expected = by_lcms(palette("hot-iron")[ramp], b"", P3, RenderingIntent.PERCEPTUAL)
    assert (found.pixels == expected).all()
    assert found.color_note == "monitor profile"


def test_a_palettes_colours_are_managed_and_the_greys_beside_them_are_not() -> None:
    red, blue = LookupTable(0, np.arange(256), 8), LookupTable(0, np.arange(255, -1, -1), 8)
    indices = np.tile(np.arange(COLUMNS, dtype=np.uint8) * 5, (ROWS, 1))
    description = PixelDescription(
        ROWS, COLUMNS, photometric_interpretation="PALETTE COLOR", bits_allocated=8, bits_stored=8, high_bit=7
    )
    plain = np.stack([indices, indices, 255 - indices], axis=-1)
    state = gray_state(description, voi_options=(), icc_profile=ADOBE, palette=PaletteColorLut(red, red, blue))
    found = rendered(StoredFrame(indices, "PALETTE COLOR"), state, on_display(P3)).pixels
    expected = by_lcms(plain, ADOBE, P3, RenderingIntent.PERCEPTUAL)
    assert (found == expected).all()

    table = LookupTable(100, np.arange(256), 8)
    mixed = gray_state(
        replace(description, photometric_interpretation="MONOCHROME2"),
        palette=PaletteColorLut(table, table, LookupTable(100, np.arange(255, -1, -1), 8), is_supplemental=True),
        icc_profile=ADOBE,
    )
    over = rendered(gray_frame(indices), mixed, on_display(P3)).pixels
    plain_over = rendered(gray_frame(indices), replace(mixed, icc_profile=b""), on_display(b"")).pixels
    is_gray = indices < 100
    assert (over[is_gray] == plain_over[is_gray]).all()
    assert (over[~is_gray] == by_lcms(plain_over, ADOBE, P3, RenderingIntent.PERCEPTUAL)[~is_gray]).all()


def test_a_shutters_colour_is_brought_to_the_display_too() -> None:
    shutter = DisplayShutter((Rectangle(10, 40, 10, 30),), cielab=(40000, 60000, 30000))
    stored = StoredFrame(colors(), "RGB")
    in_srgb = rendered(stored, state_of_color(shutter=shutter), on_display(b"")).pixels[0, 0]
    on_p3 = rendered(stored, state_of_color(shutter=shutter), on_display(P3)).pixels[0, 0]
    assert (on_p3 == by_lcms(in_srgb[None, None], b"", P3, RenderingIntent.PERCEPTUAL)[0, 0]).all()


@pytest.mark.parametrize(
    ("profile", "display", "words"),
    [
        (b"", b"", "image taken for sRGB · monitor taken for sRGB"),
        (ADOBE, b"", "image profile · monitor taken for sRGB"),
        (b"", P3, "image taken for sRGB · monitor profile"),
        (ADOBE, P3, "image profile · monitor profile"),
    ],
)
def test_how_colours_came_to_the_display_is_said(profile: bytes, display: bytes, words: str) -> None:
    found = rendered(StoredFrame(colors(), "RGB"), state_of_color(profile), on_display(display))
    assert found.color_note == words
    assert not found.notes


@pytest.mark.parametrize("broken", [b"nonsense", ADOBE[:300], b"\0" * 500])
def test_a_displays_profile_that_cannot_be_used_is_said(broken: bytes) -> None:
    found = rendered(StoredFrame(colors(), "RGB"), state_of_color(ADOBE), on_display(broken))
    assert (found.pixels == by_lcms(colors(), ADOBE, b"", RenderingIntent.PERCEPTUAL)).all()
    assert found.notes == ("the monitor's colour profile cannot be used",)
    assert found.color_note == "image profile · monitor taken for sRGB"


def color_image(**elements: Any) -> Dataset:
    image = data_set(np.zeros((ROWS, COLUMNS), np.uint8), SamplesPerPixel=3, PhotometricInterpretation="RGB")
    image.PlanarConfiguration, image.PixelData = 0, colors().tobytes()
    for keyword, value in elements.items():
        setattr(image, keyword, value)
    return image


def test_the_images_own_profile_is_read(tmp_path: Path) -> None:
    stored, state = read(write(tmp_path / "a.dcm", color_image(ICCProfile=ADOBE + b"\0" * (len(ADOBE) % 2))))
    assert state.icc_profile == ADOBE
    found = rendered(stored, state, on_display(P3)).pixels
    assert (found == by_lcms(colors(), ADOBE, P3, RenderingIntent.PERCEPTUAL)).all()


def optical_path(identifier: str, profile: bytes) -> Dataset:
    item = Dataset()
    item.OpticalPathIdentifier, item.ICCProfile = identifier, profile
    return item


def test_frames_of_a_slide_have_the_profile_of_their_optical_path(tmp_path: Path) -> None:
    paths = Sequence([optical_path("1", ADOBE), optical_path("2", P3)])
    image = color_image(OpticalPathSequence=paths, NumberOfFrames=3, PixelData=colors().tobytes() * 3)
    groups = []
    for identifier in ("2", "1", "none of them"):
        named, group = Dataset(), Dataset()
        named.OpticalPathIdentifier = identifier
        group.OpticalPathIdentificationSequence = Sequence([named])
        groups.append(group)
    image.PerFrameFunctionalGroupsSequence = Sequence(groups)
    path = write(tmp_path / "slide.dcm", image)
    assert [read(path, index)[1].icc_profile for index in range(3)] == [P3, ADOBE, ADOBE]
    image = color_image(OpticalPathSequence=Sequence([optical_path("1", P3)]))
    assert read(write(tmp_path / "one.dcm", image))[1].icc_profile == P3


@pytest.mark.parametrize("photometric", ["RGB", "MONOCHROME2"])
def test_an_images_profile_that_cannot_be_used_is_said_where_it_means_something(
    photometric: str, tmp_path: Path
) -> None:
    image = color_image(ICCProfile=b"nonsense")
    if photometric != "RGB":
        image = data_set(np.zeros((ROWS, COLUMNS), np.uint8), ICCProfile=b"nonsense")
    stored, state = read(write(tmp_path / "a.dcm", image))
    assert state.icc_profile == b""
    assert any("ICC" in warning for warning in state.warnings) is (photometric == "RGB")
    assert rendered(stored, state, on_display(P3)).pixels.any() or photometric != "RGB"
