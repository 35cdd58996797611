"""What is read from data sets, in both VR encodings; DCMTK is the second opinion on rendered pixels."""

import subprocess
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, JPEGLosslessSV1, JPEGLSLossless

from tests.builders.gray_images import data_set, lut_item, read, words, write
from viewer.imaging.display_shutter import Circle, Polygon, Rectangle
from viewer.imaging.frame_annotations import overlay_mask, shutter_mask
from viewer.imaging.grayscale_pipeline import Stage, View, render_stage
from viewer.imaging.modality_lut import ModalityLut, Rescale
from viewer.imaging.padding import Padding
from viewer.imaging.stored_frame import FrameWarning
from viewer.imaging.voi_lut import VoiFunction, VoiLut, VoiOrigin, Window
from viewer.imaging.whole_frame import whole_stage

DCM2PNM = Path("/usr/bin/dcm2pnm")
needs_dcmtk = pytest.mark.skipif(not DCM2PNM.exists(), reason="DCMTK is not installed")

EDGES = (
    "ShutterLeftVerticalEdge",
    "ShutterRightVerticalEdge",
    "ShutterUpperHorizontalEdge",
    "ShutterLowerHorizontalEdge",
)
RAMP = np.arange(-2048, 2048, dtype=np.int16).reshape(64, 64)


def dcmtk(path: Path, *options: str) -> np.ndarray:
    out = path.with_suffix(".pgm")
    subprocess.run([DCM2PNM, "-O", *options, "+op", path, out], check=True, capture_output=True)
    data = out.read_bytes()
    header, _, rest = data.partition(b"\n255\n")
    columns, rows = (int(part) for part in header.split()[-2:])
    return np.frombuffer(rest, np.uint8).reshape(rows, columns)


def shown(path: Path, view: View | None = None) -> np.ndarray:
    stored, state = read(path)
    return np.floor(render_stage(stored, state, view or View(), Stage.P_VALUE) / 65535 * 255)


def stated(options: Any) -> list[Any]:
    return [option.voi for option in options if option.origin is VoiOrigin.IMAGE]


@needs_dcmtk
@pytest.mark.parametrize("is_implicit", [False, True])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_a_window_equals_dcmtk(tmp_path: Path, photometric: str, is_implicit: bool) -> None:
    image = data_set(
        RAMP,
        Modality="CT",
        PhotometricInterpretation=photometric,
        RescaleSlope="2",  # of fractions DCMTK keeps only the whole part
        RescaleIntercept="-1000",
        WindowCenter=["40", "-600.5"],
        WindowWidth=["400", "1500.7"],
    )
    path = write(tmp_path / "a.dcm", image, is_implicit=is_implicit)
    _stored, state = read(path)
    assert state.modality_transform == Rescale(2.0, -1000.0, "HU")
    assert stated(state.voi_options) == [Window(40, 400), Window(-600.5, 1500.7)]
    for index in (1, 2):
        found = shown(path, View(voi=state.voi_options[index - 1]))
        assert np.abs(found - dcmtk(path, "+Wi", str(index))).max() <= 1
    assert np.abs(shown(path, View(voi=Window(100, 33))) - dcmtk(path, "+Ww", "100", "33")).max() <= 1


@needs_dcmtk
@pytest.mark.parametrize("is_implicit", [False, True])
def test_a_voi_lut_that_starts_below_zero(tmp_path: Path, is_implicit: bool) -> None:
    # Another library read -1024 as 64512 from implicit VR and rendered black.
    entries = np.round(4095 * (np.arange(2048) / 2047) ** 2)
    image = data_set(RAMP, Modality="CT", RescaleSlope="1", RescaleIntercept="0")
    image.VOILUTSequence = Sequence([lut_item([2048, -1024, 12], words(entries), explanation="CURVE")])
    path = write(tmp_path / "a.dcm", image, is_implicit=is_implicit)
    _stored, state = read(path)
    option = state.voi_options[0]
    assert isinstance(option.voi, VoiLut)
    assert (option.voi.table.first, option.explanation) == (-1024, "CURVE")
    assert np.abs(shown(path) - dcmtk(path, "+Wl", "1")).max() <= 1
    assert shown(path).max() == 255


@needs_dcmtk
@pytest.mark.parametrize("is_implicit", [False, True])
def test_a_modality_lut_that_starts_below_zero(tmp_path: Path, is_implicit: bool) -> None:
    entries = np.arange(4096) * 16
    image = data_set(RAMP, Modality="CR", WindowCenter="32768", WindowWidth="60000")
    item = lut_item([4096, -2048, 16], words(entries))
    item.ModalityLUTType = "OD"
    image.ModalityLUTSequence = Sequence([item])
    path = write(tmp_path / "a.dcm", image, is_implicit=is_implicit)
    stored, state = read(path)
    assert isinstance(state.modality_transform, ModalityLut)
    assert state.unit == "OD"
    expected = (RAMP.astype(int) + 2048) * 16
    assert (render_stage(stored, state, View(), Stage.MODALITY) == expected).all()
    assert np.abs(shown(path) - dcmtk(path, "+Wi", "1")).max() <= 1


def test_a_packed_voi_lut_of_octets(tmp_path: Path) -> None:
    image = data_set(np.arange(256, dtype=np.uint8).reshape(16, 16), Modality="DX")
    image.VOILUTSequence = Sequence([lut_item([256, 0, 8], bytes(range(255, -1, -1)))])
    path = write(tmp_path / "a.dcm", image)
    assert (shown(path).ravel() == np.arange(255, -1, -1)).all()


def test_a_deep_lut_with_shallow_content_offers_its_own_depth(tmp_path: Path) -> None:
    image = data_set(np.arange(256, dtype=np.uint8).reshape(16, 16), Modality="DX")
    image.VOILUTSequence = Sequence([lut_item([256, 0, 16], words(np.arange(256) * 16))])
    _stored, state = read(write(tmp_path / "a.dcm", image))
    first, second = stated(state.voi_options)
    assert (first.table.bits, second.table.bits) == (16, 12)


@pytest.mark.parametrize(("modality", "kind"), [("MG", VoiLut), ("DX", VoiLut), ("CT", Window), ("MR", Window)])
def test_which_alternative_comes_first(tmp_path: Path, modality: str, kind: type) -> None:
    image = data_set(RAMP, Modality=modality, WindowCenter="40", WindowWidth="400")
    image.VOILUTSequence = Sequence([lut_item([256, -1024, 8], bytes(256))])
    _stored, state = read(write(tmp_path / "a.dcm", image))
    assert isinstance(state.voi_options[0].voi, kind)
    assert len(stated(state.voi_options)) == 2


@pytest.mark.parametrize(
    ("center", "width", "function", "expected"),
    [
        ("2", "0.5", "LINEAR", [Window(2, 0.5, VoiFunction.LINEAR_EXACT)]),
        ("2", "4", "SIGMOID", [Window(2, 4, VoiFunction.SIGMOID)]),
        ("2", "4", "LINEAR_EXACT", [Window(2, 4, VoiFunction.LINEAR_EXACT)]),
        ("2", "4", "WOBBLY", [Window(2, 4)]),
        (["2", "3"], ["0", "4"], "LINEAR", [Window(3, 4)]),
        (["2", "3"], ["4"], "LINEAR", [Window(2, 4)]),
        ("", "4", "LINEAR", []),
    ],
)
def test_windows_as_found_in_the_wild(
    tmp_path: Path, center: Any, width: Any, function: str, expected: list[Window]
) -> None:
    image = data_set(RAMP, Modality="PT", WindowCenter=center, WindowWidth=width, VOILUTFunction=function)
    _stored, state = read(write(tmp_path / "a.dcm", image))
    assert stated(state.voi_options) == expected
    is_sound = function != "WOBBLY" and isinstance(center, str) and bool(center)
    assert bool(state.warnings) is not is_sound


@pytest.mark.parametrize(
    ("modality", "relationship", "expected"),
    [("XA", "LOG", 1.0), ("RF", "DISP", 1.0), ("XA", "", 1.0), ("XA", "LIN", 3.0), ("CT", "LOG", 3.0)],
)
def test_a_backward_map_is_not_for_display(tmp_path: Path, modality: str, relationship: str, expected: float) -> None:
    image = data_set(RAMP, Modality=modality, RescaleSlope="3", RescaleIntercept="1")
    image.PixelIntensityRelationship = relationship
    _stored, state = read(write(tmp_path / "a.dcm", image))
    assert isinstance(state.modality_transform, Rescale)
    assert state.modality_transform.slope == expected


@pytest.mark.parametrize(("slope", "intercept"), [("0", "5"), ("", "5"), ("2", None)])
def test_a_broken_rescale_is_left_out_and_said(tmp_path: Path, slope: str, intercept: str | None) -> None:
    image = data_set(RAMP, Modality="CT", RescaleSlope=slope)
    if intercept is not None:
        image.RescaleIntercept = intercept
    _stored, state = read(write(tmp_path / "a.dcm", image))
    assert state.modality_transform.is_identity
    assert state.warnings


def test_units_are_only_named_where_they_are_known(tmp_path: Path) -> None:
    unsigned = RAMP.astype(np.uint16)
    cases = [
        (data_set(unsigned, Modality="CT", RescaleSlope="1", RescaleIntercept="0"), "SV"),
        (data_set(unsigned, Modality="CT", RescaleSlope="1", RescaleIntercept="-1024"), "HU"),
        (data_set(unsigned, Modality="PT", RescaleSlope="1", RescaleIntercept="0", Units="BQML"), "BQML"),
        (data_set(unsigned, Modality="CT", RescaleSlope="1", RescaleIntercept="0", RescaleType="HU"), "HU"),
        (data_set(unsigned, Modality="OT"), "SV"),
        (data_set(unsigned, Modality="CT", RescaleSlope="1", RescaleIntercept="-1024", RescaleType="US"), ""),
        (data_set(unsigned, Modality="MR", RescaleSlope="2.5", RescaleIntercept="0", RescaleType="US"), ""),
        (data_set(unsigned, Modality="MR", RescaleSlope="2.5", RescaleIntercept="0"), ""),
    ]
    for number, (image, unit) in enumerate(cases):
        assert read(write(tmp_path / f"{number}.dcm", image))[1].unit == unit


def enhanced() -> Dataset:
    frames = np.stack([np.full((4, 4), 10, np.uint16), np.full((4, 4), 20, np.uint16)])
    image = data_set(frames, Modality="MR")
    shared, per_frame = Dataset(), []
    voi = Dataset()
    voi.WindowCenter, voi.WindowWidth = "100", "50"
    shared.FrameVOILUTSequence = Sequence([voi])
    measures = Dataset()
    measures.PixelSpacing = ["2", "1"]
    shared.PixelMeasuresSequence = Sequence([measures])
    orientation = Dataset()
    orientation.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    shared.PlaneOrientationSequence = Sequence([orientation])
    for slope, z in (("2", "5"), ("3", "8")):
        item, transform, position = Dataset(), Dataset(), Dataset()
        transform.RescaleSlope, transform.RescaleIntercept, transform.RescaleType = slope, "1", "US"
        item.PixelValueTransformationSequence = Sequence([transform])
        position.ImagePositionPatient = ["0", "0", z]
        item.PlanePositionSequence = Sequence([position])
        per_frame.append(item)
    image.SharedFunctionalGroupsSequence = Sequence([shared])
    image.PerFrameFunctionalGroupsSequence = Sequence(per_frame)
    return image


def test_every_frame_has_its_own_slope_and_place(tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", enhanced())
    for index, (slope, z) in enumerate(((2.0, 5.0), (3.0, 8.0))):
        stored, state = read(path, index)
        assert state.frame_number == index + 1
        assert state.plane is not None
        assert state.plane.position == (0.0, 0.0, z)
        assert state.aspect == 2.0
        assert stated(state.voi_options) == [Window(100, 50)]
        expected = (index + 1) * 10 * slope + 1
        assert (render_stage(stored, state, View(), Stage.MODALITY) == expected).all()


def test_padding_is_background_in_either_polarity(tmp_path: Path) -> None:
    for photometric in ("MONOCHROME1", "MONOCHROME2"):
        image = data_set(RAMP, Modality="CT", PhotometricInterpretation=photometric)
        image.WindowCenter, image.WindowWidth = "0", "4096"
        image.add_new(0x00280120, "US", 63536)
        stored, state = read(write(tmp_path / "a.dcm", image))
        assert state.padding == Padding(-2000, -2000)
        for view in (View(), View(inverted=True)):
            assert (render_stage(stored, state, view, Stage.P_VALUE)[RAMP == -2000] == 0).all()


def test_shutters_and_overlays_are_read(tmp_path: Path) -> None:
    image = data_set(RAMP, ShutterShape=["RECTANGULAR", "CIRCULAR", "POLYGONAL"])
    image.ShutterLeftVerticalEdge, image.ShutterRightVerticalEdge = "3", "60"
    image.ShutterUpperHorizontalEdge, image.ShutterLowerHorizontalEdge = "5", "50"
    image.CenterOfCircularShutter, image.RadiusOfCircularShutter = ["30", "31"], "20"
    image.VerticesOfThePolygonalShutter = ["1", "1", "1", "60", "60", "1"]
    image.ShutterPresentationValue = 40000
    image.add_new(0x60020010, "US", 2)
    image.add_new(0x60020011, "US", 4)
    image.add_new(0x60020040, "CS", "R")
    image.add_new(0x60020050, "SS", [0, -1])
    image.add_new(0x60020100, "US", 1)
    image.add_new(0x60020102, "US", 0)
    image.add_new(0x60023000, "OW", b"\xa5\0")
    _stored, state = read(write(tmp_path / "a.dcm", image))
    assert state.shutter is not None
    assert state.shutter.p_value == 40000
    assert state.shutter.shapes == (
        Rectangle(3, 60, 5, 50),
        Circle(30, 31, 20),
        Polygon(((1, 1), (1, 60), (60, 1))),
    )
    (plane,) = state.overlays
    assert (plane.group, plane.kind, plane.origin_row, plane.origin_column) == (0x6002, "R", 0, -1)
    assert plane.bitmap(0, None).astype(int).tolist() == [[1, 0, 1, 0], [0, 1, 0, 1]]


@pytest.mark.parametrize(
    ("elements", "aspect"),
    [
        ({"PixelSpacing": ["0.4", "0.2"], "PixelAspectRatio": ["1", "9"]}, 2.0),
        ({"ImagerPixelSpacing": ["0.1", "0.2"]}, 0.5),
        ({"PixelAspectRatio": ["6", "5"]}, 1.2),
        ({"PixelAspectRatio": ["0", "5"]}, 1.0),
        ({}, 1.0),
    ],
)
def test_aspect_is_vertical_over_horizontal(tmp_path: Path, elements: dict[str, Any], aspect: float) -> None:
    assert read(write(tmp_path / "a.dcm", data_set(RAMP, **elements)))[1].aspect == aspect


def test_lossiness_and_cine(tmp_path: Path) -> None:
    frames = np.zeros((3, 2, 2), np.uint8)
    image = data_set(frames, LossyImageCompression="01", LossyImageCompressionRatio=["10", "2.5"], FrameTime="40")
    _stored, state = read(write(tmp_path / "a.dcm", image))
    assert (state.lossiness.is_lossy, state.lossiness.ratio) == (True, "10:1 2.5:1")
    assert state.cine is not None
    assert (state.cine.frames_per_second, state.cine.stop, state.cine.is_stated) == (25.0, 3, True)
    image = data_set(frames, FrameTimeVector=["0", "10", "30"], RecommendedDisplayFrameRate="7", StartTrim="2")
    cine = read(write(tmp_path / "b.dcm", image))[1].cine
    assert cine is not None
    assert (cine.frame_times_ms, cine.frames_per_second, cine.start) == ((0.0, 10.0, 40.0), 7.0, 2)


def test_full_range_and_automatic_windows(tmp_path: Path) -> None:
    stored, state = read(write(tmp_path / "a.dcm", data_set(RAMP[10:20], Modality="MR")))
    assert state.voi_options[0].origin is VoiOrigin.AUTO
    voi = render_stage(stored, state, View(), Stage.VOI)
    assert (voi.min(), voi.max()) == (0.0, 1.0)
    stored, state = read(write(tmp_path / "b.dcm", data_set(RAMP[10:20].astype(np.uint16), Modality="DX")))
    assert state.voi_options[0].origin is VoiOrigin.FULL_RANGE
    assert (render_stage(stored, state, View(), Stage.P_VALUE) == stored.values).all()


@pytest.mark.parametrize(("is_octets", "is_signed"), [(True, True), (False, True), (False, False)])
def test_overlays_of_big_endian_files(tmp_path: Path, is_octets: bool, is_signed: bool) -> None:
    image = data_set(np.zeros((4, 8), ">u2"), BitsStored=12, HighBit=11)
    bits = np.random.default_rng(3).integers(0, 2, (4, 8)).astype(np.uint8)
    packed = np.packbits(bits, bitorder="little").tobytes()
    image.add_new(0x60000010, "US", 4)
    image.add_new(0x60000011, "US", 8)
    image.add_new(0x60000040, "CS", "G")
    image.add_new(0x60000050, "SS" if is_signed else "US", [0 if is_signed else 1, -1 if is_signed else 65535])
    image.add_new(0x60000100, "US", 1)
    image.add_new(0x60000102, "US", 0)
    swapped = np.frombuffer(packed, "<u2").astype(">u2").tobytes()
    image.add_new(0x60003000, "OB" if is_octets else "OW", packed if is_octets else swapped)
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    image.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    _stored, state = read(tmp_path / "a.dcm")
    (plane,) = state.overlays
    assert (plane.origin_row, plane.origin_column) == (0 if is_signed else 1, -1)
    assert plane.bitmap(0, None).tolist() == bits.astype(bool).tolist()


def test_a_grey_stream_under_a_colour_header_is_shown_grey_and_marked(tmp_path: Path) -> None:
    ramp = np.arange(64, dtype=np.uint8).reshape(8, 8)
    image = data_set(ramp, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
    image.PixelData = encapsulate([bytes(imagecodecs.jpegls_encode(ramp))])
    image["PixelData"].is_undefined_length = True
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = JPEGLSLossless
    image.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    stored, state = read(tmp_path / "a.dcm")
    assert FrameWarning.CODEC_DISAGREES in stored.warnings
    shown = render_stage(stored, state, View(), Stage.P_VALUE)
    assert shown.ravel().tolist() == np.rint(ramp.ravel() / 63 * 65535).tolist()


@pytest.mark.parametrize(
    ("shape", "elements"),
    [
        ("RECTANGULAR", {"ShutterLeftVerticalEdge": 2}),
        ("RECTANGULAR", dict(zip(EDGES, (4, 1, 1, 4), strict=True))),
        ("RECTANGULAR", dict(zip(EDGES, (-5, 0, 1, 4), strict=True))),
        ("CIRCULAR", {"CenterOfCircularShutter": [2, 2], "RadiusOfCircularShutter": 0}),
        ("POLYGONAL", {"VerticesOfThePolygonalShutter": [1, 1, 2, 2]}),
        ("BITMAP", {"ShutterOverlayGroup": 0x6002}),
        ("HEXAGONAL", {}),
    ],
)
def test_a_shutter_that_makes_no_sense_hides_nothing_and_is_said(
    tmp_path: Path, shape: str, elements: dict[str, Any]
) -> None:
    image = data_set(np.full((4, 4), 255, np.uint8), ShutterShape=shape, **elements)
    stored, state = read(write(tmp_path / "a.dcm", image))
    assert any("shutter" in warning for warning in state.warnings)
    covered, _problems = shutter_mask(stored, state)
    assert covered is None or not covered.any()


def test_a_sound_shutter_is_no_news(tmp_path: Path) -> None:
    edges = dict(zip(EDGES, (1, 2, 1, 4), strict=True))
    image = data_set(np.full((4, 4), 255, np.uint8), ShutterShape=["RECTANGULAR", "CIRCULAR"], **edges)
    image.CenterOfCircularShutter, image.RadiusOfCircularShutter = [2, 2], 9
    stored, state = read(write(tmp_path / "a.dcm", image))
    assert not state.warnings
    covered, _problems = shutter_mask(stored, state)
    assert covered is not None
    assert covered.tolist() == [[False, False, True, True]] * 4


@pytest.mark.parametrize(("value", "drawn"), [(0, False), (1, True)])
def test_an_embedded_overlay_without_a_single_bit_draws_nothing_and_is_no_news(
    tmp_path: Path, value: int, drawn: bool
) -> None:
    words_of_image = np.full((4, 4), 0x0ABC | value << 12, np.uint16)
    stored, state = read(write(tmp_path / "a.dcm", with_embedded_overlay(words_of_image)))
    mask, problems = overlay_mask(stored, state)
    assert (mask is not None and mask.all()) == drawn
    assert problems == ()


def test_an_embedded_overlay_that_an_encoder_left_out_is_missed(tmp_path: Path) -> None:
    values = np.full((4, 4), 0x0ABC, np.uint16)
    image = with_embedded_overlay(values)
    encoded = imagecodecs.jpeg8_encode(values, lossless=True, bitspersample=12, predictor=1)
    image.PixelData = encapsulate([bytes(encoded)])
    image["PixelData"].is_undefined_length = True
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    image.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    assert overlay_mask(*read(tmp_path / "a.dcm")) == (None, ("overlay 6000 cannot be drawn",))


def with_embedded_overlay(words_of_image: np.ndarray) -> Dataset:
    image = data_set(words_of_image, BitsStored=12, HighBit=11)
    for element, vr, value in (
        (0x10, "US", 4), (0x11, "US", 4), (0x40, "CS", "G"), (0x50, "SS", [1, 1]), (0x100, "US", 16), (0x102, "US", 12),
    ):  # fmt: skip
        image.add_new(0x60000000 | element, vr, value)
    return image


def test_a_frame_left_out_of_the_functional_groups_is_said(tmp_path: Path) -> None:
    image = enhanced()
    del image.PerFrameFunctionalGroupsSequence[1]
    path = write(tmp_path / "a.dcm", image)
    assert not any("functional groups" in warning for warning in read(path, 0)[1].warnings)
    assert any("functional groups" in warning for warning in read(path, 1)[1].warnings)


def test_a_colour_name_for_one_sample_is_shown_grey_and_said(tmp_path: Path) -> None:
    image = data_set(np.arange(16, dtype=np.uint8).reshape(4, 4), PhotometricInterpretation="RGB")
    stored, state = read(write(tmp_path / "a.dcm", image))
    assert "RGB does not fit one sample a pixel" in state.warnings[0]
    assert render_stage(stored, state, View(), Stage.P_VALUE).shape == (4, 4)


@pytest.mark.parametrize("photometric", ["YBR_FULL", "RGB"])
def test_rows_of_colour_that_never_came_are_black(tmp_path: Path, photometric: str) -> None:
    image = data_set(np.zeros((6, 4), np.uint8), SamplesPerPixel=3, PhotometricInterpretation=photometric)
    image.PlanarConfiguration, image.PixelData = 0, bytes([100, 128, 128] * 4 * 3)
    stored, state = read(write(tmp_path / "a.dcm", image))
    assert FrameWarning.TRUNCATED in stored.warnings
    rgb = whole_stage(stored, state, View(), Stage.DISPLAY)
    assert rgb[:3].min() >= 100
    assert not rgb[3:].any()
