"""Every module of a presentation state, alone and together: as dcmp2pgm renders it, or by a formula."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms
from pydicom.dataset import Dataset

from tests.builders.gray_images import data_set, read, write
from tests.builders.icc_profiles import adobe_rgb_like
from tests.builders.presentation_states import (
    DCMP2PGM,
    add_overlay,
    annotation,
    displayed_area,
    graphic,
    layer,
    lut,
    presentation_state,
    rendered_by_dcmtk,
    table_voi,
    window,
)
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError
from viewer.dicom.datasets import read_data_set
from viewer.dicom.header_scan import scan_header
from viewer.dicom.presentation_state.reading import read_presentation_state
from viewer.imaging.grayscale_pipeline import Stage
from viewer.imaging.presented_frame import Presented, presented, presented_pixels
from viewer.imaging.presented_picture import whole_picture
from viewer.imaging.spatial_transform import FitMode
from viewer.imaging.stored_frame import StoredFrame
from viewer.imaging.voi_lut import VoiOrigin

needs_dcmtk = pytest.mark.skipif(not DCMP2PGM.exists(), reason="DCMTK is not installed")

ROWS, COLUMNS = 30, 44
RNG = np.random.default_rng(7)
Y, X = np.mgrid[:ROWS, :COLUMNS]
UNSIGNED = ((X * 83 + Y * 17) % 4096).astype(np.uint16)
SIGNED = (UNSIGNED.astype(np.int32) - 2048).astype(np.int16)


def image_of(pixels: NDArray[Any], **elements: Any) -> Dataset:
    return data_set(pixels, **{"BitsStored": 12, "HighBit": 11, **elements})


def shown(folder: Path, image: Dataset, state: Dataset, index: int = 0) -> tuple[StoredFrame, Presented]:
    stored, own = read(write(folder / "image.dcm", image), index)
    made = read_presentation_state(read_data_set(scan_header(FileBytes(write(folder / "state.dcm", state)))))

    def frame(number: int) -> NDArray[Any]:
        return read(folder / "image.dcm", number - 1)[0].values

    return presented_pixels(presented(own, made), stored, frame)


def p_values(folder: Path, image: Dataset, state: Dataset, index: int = 0) -> NDArray[np.float64]:
    """Return our picture in the steps of 256 levels."""
    stored, under = shown(folder, image, state, index)
    return np.asarray(whole_picture(stored, under, under.view, Stage.P_VALUE), np.float64) / 257.0


def off_dcmtk(folder: Path, image: Dataset, state: Dataset, index: int = 0) -> NDArray[np.float64]:
    """Return how many of its 256 levels each pixel is off dcmp2pgm, which truncates."""
    theirs = rendered_by_dcmtk(folder, image, state, index + 1)
    ours = np.rint(p_values(folder, image, state, index))
    assert ours.shape == theirs.shape
    return np.asarray(np.abs(ours - theirs), np.float64)


MODALITIES: dict[str, dict[str, Any]] = {
    "identity": {},
    "rescale": {"RescaleSlope": 2, "RescaleIntercept": -1024, "RescaleType": "HU"},
    "negative": {"RescaleSlope": -1, "RescaleIntercept": 100, "RescaleType": "US"},
    "table": {"ModalityLUTSequence": [lut(RNG.integers(0, 65536, 4096), ModalityLUTType="US")]},
    "short": {"ModalityLUTSequence": [lut(RNG.integers(0, 4096, 900), 500, 12, ModalityLUTType="US")]},
    "octets": {"ModalityLUTSequence": [lut(RNG.integers(0, 256, 4096), 0, 8, ModalityLUTType="US")]},
}
VOIS: dict[str, Dataset | None] = {
    "none": None,
    "window": window(1000, 1500),
    "narrow": window(300.5, 1),
    "table": table_voi(lut(RNG.integers(0, 65536, 4096))),
    "twelve": table_voi(lut(RNG.integers(0, 4096, 2000), 700, 12)),
}
PRESENTATIONS: dict[str, Dataset | str] = {
    "straight": "IDENTITY",
    "inverse": "INVERSE",
    "same": lut(RNG.integers(0, 4096, 4096), 0, 12),
    "few": lut(RNG.integers(0, 256, 256), 0, 8),
    "many": lut(RNG.integers(0, 65536, 1024)),
}


def state_with(image: Dataset, modality: str, voi: str, presentation: str, **elements: Any) -> Dataset:
    item, last = VOIS[voi], PRESENTATIONS[presentation]
    stages: dict[str, Any] = dict(MODALITIES[modality])
    if item is not None:
        stages["SoftcopyVOILUTSequence"] = [item]
    if isinstance(last, str):
        stages["PresentationLUTShape"] = last
    else:
        stages |= {"PresentationLUTShape": None, "PresentationLUTSequence": [last]}
    return presentation_state(image, **stages, **elements)


@needs_dcmtk
@pytest.mark.parametrize("presentation", PRESENTATIONS)
@pytest.mark.parametrize("voi", VOIS)
@pytest.mark.parametrize("modality", MODALITIES)
def test_every_chain_of_stages_is_dcmtks(tmp_path: Path, modality: str, voi: str, presentation: str) -> None:
    # What the image says of its own is another thing altogether, and must not count.
    own = {"RescaleSlope": 3, "RescaleIntercept": 5, "WindowCenter": 20, "WindowWidth": 9}
    image = image_of(UNSIGNED, PhotometricInterpretation="MONOCHROME1", **own)
    state = state_with(image, modality, voi, presentation)
    off = off_dcmtk(tmp_path, image, state)
    # On the edge between two entries of a scrambled table a last bit decides.
    allowed = 0.01 if voi == "window" and presentation in {"same", "few", "many"} else 0.0
    assert (off > 1.0).mean() <= allowed


@needs_dcmtk
@pytest.mark.parametrize("voi", ["none", "window"])
def test_a_rescale_with_fractions_is_dcmtks(tmp_path: Path, voi: str) -> None:
    image = image_of(UNSIGNED)
    stages: dict[str, Any] = {"RescaleSlope": 0.5, "RescaleIntercept": -7.25, "RescaleType": "US"}
    if voi == "window":  # wide: DCMTK goes on with whole numbers, which the Standard does not
        stages["SoftcopyVOILUTSequence"] = [window(1000, 1500)]
    assert off_dcmtk(tmp_path, image, presentation_state(image, **stages)).max() <= 1.0


@needs_dcmtk
@pytest.mark.parametrize("modality", ["identity", "rescale", "signed"])
@pytest.mark.parametrize("voi", ["none", "window", "signed"])
def test_signed_pixels_are_dcmtks(tmp_path: Path, modality: str, voi: str) -> None:
    image = image_of(SIGNED)
    stages = dict(MODALITIES.get(modality, {}))
    if modality == "signed":
        stages = {"ModalityLUTSequence": [lut(RNG.integers(0, 65536, 4096), -2048, ModalityLUTType="US")]}
    item = VOIS.get(voi) or (table_voi(lut(RNG.integers(0, 65536, 3000), -1500)) if voi == "signed" else None)
    if item is not None and not (modality == "signed" and voi == "signed"):
        stages["SoftcopyVOILUTSequence"] = [item]
    state = presentation_state(image, **stages)
    off = off_dcmtk(tmp_path, image, state)
    assert off.max() <= 1.0


@needs_dcmtk
@pytest.mark.parametrize("flip", ["N", "Y"])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_turns_and_flips_are_dcmtks(tmp_path: Path, rotation: int, flip: str) -> None:
    image = image_of(UNSIGNED)
    state = presentation_state(image, ImageRotation=rotation, ImageHorizontalFlip=flip)
    assert off_dcmtk(tmp_path, image, state).max() <= 1.0


def under_a_bitmap(image: Dataset, **elements: Any) -> Dataset:
    state = state_with(image, "rescale", "window", "inverse", **elements)
    state.ShutterShape, state.ShutterOverlayGroup, state.ShutterPresentationValue = "BITMAP", 0x6000, 12345
    add_overlay(state, 0x6000, (X - 20) ** 2 + (Y - 12) ** 2 > 80)
    return state


@needs_dcmtk
def test_a_bitmap_shutter_over_all_stages_is_dcmtks(tmp_path: Path) -> None:
    image = image_of(UNSIGNED, PhotometricInterpretation="MONOCHROME1")
    assert off_dcmtk(tmp_path, image, under_a_bitmap(image)).max() <= 1.0


def test_a_bitmap_shutter_turns_with_its_image(tmp_path: Path) -> None:  # DCMTK leaves it out there
    image = image_of(UNSIGNED)
    plain = p_values(tmp_path, image, under_a_bitmap(image))
    turned = p_values(tmp_path, image, under_a_bitmap(image, ImageRotation=270, ImageHorizontalFlip="Y"))
    assert np.array_equal(turned, np.fliplr(np.rot90(plain, -3)))


@needs_dcmtk
@pytest.mark.parametrize("frame", [1, 2, 3])
def test_the_frame_asked_for_is_shown(tmp_path: Path, frame: int) -> None:
    image = image_of(np.stack([UNSIGNED, UNSIGNED[::-1], UNSIGNED // 2]), SOPClassUID="1.2.840.10008.5.1.4.1.1.3.1")
    state = state_with(image, "rescale", "window", "inverse")
    assert off_dcmtk(tmp_path, image, state, frame - 1).max() <= 1.0


@needs_dcmtk
def test_all_stages_together_turned_are_dcmtks(tmp_path: Path) -> None:
    image = image_of(UNSIGNED, PhotometricInterpretation="MONOCHROME1")
    state = state_with(image, "table", "twelve", "inverse", ImageRotation=270, ImageHorizontalFlip="Y")
    assert off_dcmtk(tmp_path, image, state).max() <= 1.0


@pytest.mark.parametrize("function", ["LINEAR_EXACT", "SIGMOID"])
def test_functions_that_dcmtk_lacks_follow_the_standards_formulas(tmp_path: Path, function: str) -> None:
    image = image_of(UNSIGNED)
    state = presentation_state(image, SoftcopyVOILUTSequence=[window(1500, 900, function=function)])
    exact = np.clip((UNSIGNED - 1500.0) / 900 + 0.5, 0, 1)
    wanted = exact if function == "LINEAR_EXACT" else 1 / (1 + np.exp(-4 * (UNSIGNED - 1500.0) / 900))
    assert np.abs(p_values(tmp_path, image, state) - wanted * 255).max() <= 0.01


def test_shutters_cover_all_but_what_every_shape_leaves(tmp_path: Path) -> None:
    image = image_of(UNSIGNED)
    state = presentation_state(
        image,
        ShutterShape=["RECTANGULAR", "CIRCULAR", "POLYGONAL"],
        ShutterLeftVerticalEdge=5,
        ShutterRightVerticalEdge=30,
        ShutterUpperHorizontalEdge=3,
        ShutterLowerHorizontalEdge=26,
        CenterOfCircularShutter=[15, 20],
        RadiusOfCircularShutter=12,
        VerticesOfThePolygonalShutter=[1, 1, 1, 44, 30, 44, 30, 1],
        ShutterPresentationValue=257 * 100,
    )
    rows, columns = Y + 1, X + 1
    rectangle = (columns >= 5) & (columns <= 30) & (rows >= 3) & (rows <= 26)
    visible = rectangle & ((rows - 15) ** 2 + (columns - 20) ** 2 <= 144)
    plain = p_values(tmp_path, image, presentation_state(image))
    assert np.array_equal(p_values(tmp_path, image, state), np.where(visible, plain, 100.0))


def test_only_activated_overlays_are_drawn_each_in_the_grey_of_its_layer(tmp_path: Path) -> None:
    image = image_of(UNSIGNED)
    add_overlay(image, 0x6000, X == 3)  # off: not activated
    add_overlay(image, 0x6002, X == 5)  # on
    add_overlay(image, 0x6004, X == 7)  # replaced by that of the state
    layers = [layer("A", 2, GraphicLayerRecommendedDisplayGrayscaleValue=257 * 50), layer("B", 1)]
    state = presentation_state(image, GraphicLayerSequence=layers)
    add_overlay(state, 0x6002, None, "A")
    add_overlay(state, 0x6004, X == 9, "B")
    add_overlay(state, 0x6006, Y == 1, "B")  # crosses A, which lies above
    plain = p_values(tmp_path, image, presentation_state(image))
    wanted = plain.copy()
    wanted[:, 9], wanted[1, :] = 255.0, 255.0
    wanted[:, 5] = 50.0
    assert np.array_equal(p_values(tmp_path, image, state), wanted)


def test_absence_is_identity_and_nothing_of_the_image_counts(tmp_path: Path) -> None:
    image = image_of(
        UNSIGNED, RescaleSlope=2, RescaleIntercept=-5, WindowCenter=9, WindowWidth=3, ShutterShape="RECTANGULAR"
    )
    image.ShutterLeftVerticalEdge, image.ShutterRightVerticalEdge = 2, 3
    image.ShutterUpperHorizontalEdge, image.ShutterLowerHorizontalEdge = 2, 3
    state = presentation_state(image)
    assert np.abs(p_values(tmp_path, image, state) - UNSIGNED / 4095 * 255).max() <= 0.01
    _stored, under = shown(tmp_path, image, state)
    assert under.state.modality_transform.is_identity
    assert under.state.voi_options[0].origin is VoiOrigin.STATE
    assert (under.state.presentation_uid, under.state.presentation_title) == ("1.2.3.99", "MADE")


def test_a_window_for_another_image_is_not_this_ones(tmp_path: Path) -> None:
    image, other = image_of(UNSIGNED), image_of(UNSIGNED, SOPInstanceUID="1.2.3.5")
    voi = [window(100, 50, other), window(1000, 1500, image)]
    state = presentation_state(image, other, SoftcopyVOILUTSequence=voi)
    option = shown(tmp_path, image, state)[1].state.voi_options[0].voi
    assert (option.center, option.width) == (1000, 1500)  # type: ignore[union-attr] # a window


def test_a_displayed_area_is_kept_with_its_corners_in_order_and_beyond_the_image(tmp_path: Path) -> None:
    image = image_of(UNSIGNED)
    area = displayed_area((50, -4), (11, 20), PresentationPixelSpacing=[0.5, 0.25])
    turned = shown(tmp_path, image, presentation_state(image, DisplayedAreaSelectionSequence=[area], ImageRotation=90))
    assert turned[1].transform.area == (10.0, -5.0, 50.0, 20.0)
    assert turned[1].transform.rotation_deg == 90.0
    assert turned[1].state.aspect == 2.0


def test_magnify_fixes_the_scale_and_true_size_states_millimetres(tmp_path: Path) -> None:
    image = image_of(UNSIGNED)
    magnified = displayed_area((11, 6), (30, 20), "MAGNIFY", PresentationPixelMagnificationRatio=2.5)
    under = shown(tmp_path, image, presentation_state(image, DisplayedAreaSelectionSequence=[magnified]))[1]
    assert (under.transform.fit, under.transform.zoom) == (FitMode.FIXED, 2.5)
    placement = under.transform.place(COLUMNS, ROWS, 1.0, (400, 300))
    assert placement.to_viewport((20.0, 12.5)) == pytest.approx((200.0, 150.0), abs=1.0)
    true = displayed_area((1, 1), (44, 30), "TRUE SIZE", PresentationPixelSpacing=[0.4, 0.3])
    under = shown(tmp_path, image, presentation_state(image, DisplayedAreaSelectionSequence=[true]))[1]
    assert under.true_size_mm == (0.4, 0.3)


def test_pseudo_colour_spreads_the_whole_window_over_the_palette(tmp_path: Path) -> None:
    image = image_of(UNSIGNED)
    channels = [np.arange(256), np.arange(256)[::-1], np.full(256, 7)]
    state = presentation_state(image, kind="3", SoftcopyVOILUTSequence=[window(2048, 4096)])
    for name, entries in zip(("Red", "Green", "Blue"), channels, strict=True):
        setattr(state, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(state, f"{name}PaletteColorLookupTableData", (entries * 257).astype("<u2").tobytes())
    stored, under = shown(tmp_path, image, state)
    rgb = whole_picture(stored, under, under.view, Stage.DISPLAY).astype(int)
    wanted = UNSIGNED / 4095 * 255
    assert np.abs(rgb[..., 0] - wanted).max() <= 1.0
    assert np.abs(rgb[..., 1] - (255 - wanted)).max() <= 1.0
    assert (rgb[..., 2] == 7).all()


def test_a_colour_state_leaves_colours_and_turns_them(tmp_path: Path) -> None:
    image, rgb = color_image()
    state = presentation_state(image, kind="2", ImageRotation=90, ImageHorizontalFlip="Y")
    stored, under = shown(tmp_path, image, state)
    picture = whole_picture(stored, under, under.view, Stage.DISPLAY)
    assert np.array_equal(picture, np.fliplr(np.rot90(rgb, -1)))


def test_grayscale_states_refuse_pixels_that_are_no_whole_grey_numbers(tmp_path: Path) -> None:
    image = data_set(UNSIGNED.astype(np.uint8), SamplesPerPixel=3, PhotometricInterpretation="RGB")
    image.PlanarConfiguration, image.PixelData = 0, bytes(ROWS * COLUMNS * 3)
    image["PixelData"].VR = "OB"
    with pytest.raises(DicomError):
        shown(tmp_path, image, presentation_state(image))


@pytest.mark.parametrize("is_slide", [False, True])
def test_graphics_of_a_whole_slide_are_not_put_onto_one_of_its_tiles(tmp_path: Path, is_slide: bool) -> None:
    sop_class = "1.2.840.10008.5.1.4.1.1.77.1.6" if is_slide else "1.2.840.10008.5.1.4.1.1.3.1"
    image = image_of(np.stack([UNSIGNED, UNSIGNED]), SOPClassUID=sop_class)
    both = annotation("A", [graphic("POINT", [900, 900], "MATRIX"), graphic("POINT", [3, 4])])
    under = shown(tmp_path, image, presentation_state(image, GraphicAnnotationSequence=[both]))[1]
    assert len(under.state.graphics[0].graphics) == (1 if is_slide else 2)
    assert any("slide" in note for note in under.notes) == is_slide


def test_a_state_with_another_patients_id_says_so(tmp_path: Path) -> None:
    image = image_of(UNSIGNED)
    assert shown(tmp_path, image, presentation_state(image))[1].notes == ()
    assert "another patient ID" in shown(tmp_path, image, presentation_state(image, PatientID="T2"))[1].notes[0]


def color_image() -> tuple[Dataset, NDArray[np.uint8]]:
    rgb = np.stack([X * 5, Y * 8, 255 - X - Y], axis=-1).astype(np.uint8)
    image = data_set(UNSIGNED.astype(np.uint8), SamplesPerPixel=3, PhotometricInterpretation="RGB")
    image.PlanarConfiguration, image.PixelData = 0, rgb.tobytes()
    image["PixelData"].VR = "OB"
    return image, rgb


def test_the_profile_of_a_colour_state_takes_its_colours_to_the_display(tmp_path: Path) -> None:
    image, rgb = color_image()
    profile = adobe_rgb_like()
    stored, under = shown(tmp_path, image, presentation_state(image, kind="2", ICCProfile=profile))
    picture = whole_picture(stored, under, under.view, Stage.DISPLAY).astype(int)
    way = ImageCms.buildTransform(io.BytesIO(profile), ImageCms.createProfile("sRGB"), "RGB", "RGB")
    wanted = np.asarray(ImageCms.applyTransform(Image.fromarray(rgb), way), int)
    assert np.abs(picture - wanted).max() <= 1
    assert np.abs(picture - rgb).max() > 10


def test_a_profile_that_cannot_be_used_refuses_the_state(tmp_path: Path) -> None:
    image, _rgb = color_image()
    with pytest.raises(DicomError, match="profile"):
        shown(tmp_path, image, presentation_state(image, kind="2", ICCProfile=b"\0\0\0\x08none"))


@pytest.mark.parametrize(("slope", "is_other"), [(2, False), (3, True), (None, True)])
def test_other_modality_values_than_the_images_own_are_told(
    tmp_path: Path, slope: int | None, *, is_other: bool
) -> None:
    image = image_of(UNSIGNED, RescaleSlope=2, RescaleIntercept=-1024)
    stage: dict[str, Any] = (
        {} if slope is None else {"RescaleSlope": slope, "RescaleIntercept": -1024, "RescaleType": "US"}
    )
    _stored, found = shown(tmp_path, image, presentation_state(image, **stage))
    assert found.state.is_rescaled_by_state is is_other
