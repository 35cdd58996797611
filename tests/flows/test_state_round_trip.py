"""From the screen into a presentation state and back: DCMTK shows our picture, and so do we, to the last bit."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread

from tests.builders.data_sets import item
from tests.builders.gray_images import data_set, write
from tests.builders.presentation_states import DCMP2PGM
from tests.unit.dicom.presentation_state.test_writing import complaints, needs_checkers
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError, ViewerError
from viewer.base.jobs import Progress
from viewer.dicom.header_scan import scan_header
from viewer.dicom.presentation_state.reading import read_presentation_state
from viewer.dicom.presentation_state.values import PresentationState, SizeMode, StateKind
from viewer.imaging.decoder_pool import DecoderPool
from viewer.imaging.frame_cache import FrameCache
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.frame_state import read_frame_states
from viewer.imaging.frame_store import FrameStore
from viewer.imaging.grayscale_pipeline import Stage, View
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.presented_frame import presented
from viewer.imaging.spatial_transform import FitMode, SpatialTransform
from viewer.imaging.voi_lut import VoiFunction, Window
from viewer.imaging.whole_frame import whole_stage
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.measurement.kinds.table import kind_of
from viewer.workspace.presenting.presented_loading import under_state
from viewer.workspace.presenting.state_writing import StateWording
from viewer.workspace.presenting.state_writing_area import Lying
from viewer.workspace.presenting.state_writing_job import Looks, MakeStates, WantedImage, write_states_of_annotations

needs_dcmtk = pytest.mark.skipif(not DCMP2PGM.exists(), reason="DCMTK is not installed")
SIZE = (400, 300)
WORDING = StateWording("ROUND TRIP", "from the screen", "Kim^Gildong")
Y, X = np.mgrid[:40, :60]
REAL = (
    "ct-philips-28/I120",
    "presentation-states/signed-raw-9bit.dcm",
    "presentation-states/imageForPrLUTs.dcm",
    "presentation-states/overlay.dcm",
    "colour-and-frames/mlut_18.dcm",
    "colour-and-frames/vlut_04.dcm",
    "colour-and-frames/MR2_UNCR.dcm",
)
VIEWS = {
    "as it asks": (View(), SpatialTransform()),
    "window": (View(Window(300.0, 777.0)), SpatialTransform(90.0)),
    "exact": (View(Window(100.25, 700.5, VoiFunction.LINEAR_EXACT), inverted=True), SpatialTransform(180.0, True)),
    "sigmoid": (View(Window(200.0, 300.0, VoiFunction.SIGMOID)), SpatialTransform(270.0, True)),
    "inverted, no shutter": (View(inverted=True, show_shutter=False), SpatialTransform(0.0, True)),
}


@pytest.fixture(scope="module")
def store() -> Iterator[FrameStore]:
    with DecoderPool(workers=1) as pool:
        yield FrameStore(FrameCache(1 << 28), lambda header: FrameSource(header, pool), read_frame_states)


def image_of(path: Path, frame: int = 1) -> ImageRef:
    return ImageRef(scan_header(FileBytes(path)), frame - 1)


def saved(folder: Path, store: FrameStore, looks: Looks, *wanted: ImageRef) -> list[Path]:
    make = MakeStates(tuple(WantedImage(image) for image in wanted), looks, WORDING, store)
    return list(make(folder, Progress()))


def read(path: Path) -> PresentationState:
    return read_presentation_state(dcmread(path))


def picture(
    store: FrameStore, image: ImageRef, view: View, transform: SpatialTransform, state: PresentationState | None = None
) -> NDArray[Any]:
    """Return P-values of a whole frame as it lies, without overlays."""
    loaded = under_state(store.load(image), state, store)
    found = whole_stage(loaded.stored, loaded.state, replace(view, show_overlays=False), Stage.P_VALUE)
    turned = np.rot90(found, -round(transform.rotation_deg / 90))
    return np.fliplr(turned) if transform.is_flipped else turned


def dcmtks(folder: Path, image: Path, state: Path, frame: int = 1) -> NDArray[np.uint8]:
    out = folder / "out.pgm"
    line = [str(DCMP2PGM), "-q", "-f", str(frame), "-p", str(state), str(image), str(out)]
    subprocess.run(line, check=True, capture_output=True)
    data = out.read_bytes()
    head = re.match(rb"P5\s+(?:#.*\n)?\s*(\d+)\s+(\d+)\s+\d+\s", data)
    assert head is not None
    return np.frombuffer(data[head.end() :], np.uint8).reshape(int(head[2]), int(head[1]))


@needs_dcmtk
@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("look", VIEWS)
def test_real_images_come_back_as_dcmtk_shows_them(
    shared_data: Path, tmp_path: Path, store: FrameStore, name: str, look: str
) -> None:
    view, transform = VIEWS[look]
    image = image_of(shared_data / name)
    before = picture(store, image, view, transform)
    (path,) = saved(tmp_path, store, Looks(view, Lying(transform, SIZE)), image)
    after = read(path)
    assert np.abs(picture(store, image, View(), transform, after).astype(int) - before).max() <= 1
    if look == "sigmoid":
        return  # DCMTK takes every window of a state for a linear one
    raw = store.load(image)
    padding = raw.state.padding.mask(raw.stored.values) if raw.state.padding is not None else None
    theirs = dcmtks(tmp_path, shared_data / name, path)
    differs = np.abs(np.rint(before / 257.0) - theirs)
    if padding is not None:
        turned = np.rot90(padding, -round(transform.rotation_deg / 90))
        differs[np.fliplr(turned) if transform.is_flipped else turned] = 0  # DCMTK knows of no padding
    assert differs.max() <= 1.0


@needs_dcmtk
@needs_checkers
def test_made_images_of_every_kind_come_back(tmp_path: Path, store: FrameStore) -> None:
    """Polarity, signs, shutters, overlays, tables and odd pixels, each under every view."""
    made = {
        "plain": data_set(((X * 53 + Y * 31) % 4096).astype(np.uint16), BitsStored=12, HighBit=11),
        "inverse": data_set(((X * 53 + Y * 31) % 4096).astype(np.uint16), PhotometricInterpretation="MONOCHROME1"),
        "signed": data_set((X * 53 - Y * 31).astype(np.int16), RescaleSlope="2", RescaleIntercept="-7"),
        "shutter": data_set(
            ((X * 3 + Y) % 256).astype(np.uint8),
            ShutterShape=["RECTANGULAR", "CIRCULAR"],
            ShutterLeftVerticalEdge=5,
            ShutterRightVerticalEdge=50,
            ShutterUpperHorizontalEdge=3,
            ShutterLowerHorizontalEdge=30,
            CenterOfCircularShutter=[20, 30],
            RadiusOfCircularShutter=15,
            ShutterPresentationValue=0x8000,
        ),
        "flat pixels": data_set(((X * 3 + Y) % 256).astype(np.uint8), PixelAspectRatio=[2, 1]),
    }
    for name, data in made.items():
        data.StudyDate, data.StudyTime, data.StudyID, data.Laterality = "20260101", "1010", "1", "L"
        data.PatientSex, data.PatientBirthDate = "O", "19700101"
        file = write(tmp_path / f"{name}.dcm", data)
        for look, (view, transform) in VIEWS.items():
            image = image_of(file)
            before = picture(store, image, view, transform)
            (path,) = saved(tmp_path, store, Looks(view, Lying(transform, SIZE)), image)
            assert look != "window" or complaints(path) == [], name
            after = read(path)
            assert np.abs(picture(store, image, View(), transform, after).astype(int) - before).max() <= 1, (name, look)
            if look != "sigmoid":
                # dcmp2pgm draws no shutters.
                whole = picture(store, image, replace(view, show_shutter=False), transform)
                differs = np.abs(np.rint(whole / 257.0) - dcmtks(tmp_path, file, path))
                assert differs.max() <= 1.0, (name, look)


LYING = {
    "whole": SpatialTransform(),
    "turned": SpatialTransform(90.0),
    "turned and flipped": SpatialTransform(270.0, True),
    "pixel by pixel": SpatialTransform().at_scale(1.0),
    "magnified": SpatialTransform(180.0).at_scale(2.5),
    "magnified and moved": replace(SpatialTransform(0.0, True).at_scale(4.0), pan=(5.0, -3.0)),
    "closer": replace(SpatialTransform(), zoom=2.0),
    "closer and moved": replace(SpatialTransform(90.0), zoom=3.0, pan=(4.0, 2.0)),
    "farther": replace(SpatialTransform(), zoom=0.5),
    "filling": replace(SpatialTransform(), fit=FitMode.FILL),
}


@pytest.mark.parametrize("name", LYING)
def test_an_image_lies_where_it_lay(tmp_path: Path, store: FrameStore, name: str) -> None:
    """Corners of the image come back within half a pixel, whole and magnified ones to the last bit."""
    transform = LYING[name]
    file = write(tmp_path / "i.dcm", data_set((X + Y).astype(np.uint8)))
    image = image_of(file)
    (path,) = saved(tmp_path, store, Looks(View(), Lying(transform, SIZE)), image)
    raw = store.load(image).state
    shown = presented(raw, read(path))
    ways = [each.place(60, 40, 1.0, SIZE) for each in (transform, shown.transform)]
    away = max(
        np.hypot(*(np.subtract(way[0], way[1])))
        for corner in ((0.0, 0.0), (60.0, 0.0), (0.0, 40.0), (60.0, 40.0))
        for way in [[each.to_viewport(corner) for each in ways]]
    )
    scale = ways[0].scale_x
    assert shown.transform.display_matrix == transform.display_matrix
    if transform.zoom == 1.0 or (transform.fit is FitMode.FIXED and transform.pan == (0.0, 0.0)):
        assert away <= 1.0 + 0.5 * scale * (transform.fit is not FitMode.FIT)
    assert away <= 2.5 * scale + 1.0
    assert ways[1].scale_x == pytest.approx(scale, rel=0.06)
    if transform.fit is FitMode.FIXED:
        assert ways[1].scale_x == pytest.approx(scale, rel=1e-6)


def test_true_size_is_asked_for_with_the_spacing(tmp_path: Path, store: FrameStore) -> None:
    made = data_set(
        (X + Y).astype(np.uint8), PixelSpacing=[0.5, 0.25], SOPClassUID="1.2.840.10008.5.1.4.1.1.2", Modality="CT"
    )
    image = image_of(write(tmp_path / "i.dcm", made))
    looks = Looks(View(), Lying(SpatialTransform().at_scale(1.2), SIZE, is_true_size=True))
    (path,) = saved(tmp_path, store, looks, image)
    (area,) = read(path).areas
    assert (area.size_mode, area.spacing_mm) == (SizeMode.TRUE_SIZE, (0.5, 0.25))


def test_images_that_differ_in_window_and_size_share_a_state_and_those_scaled_apart_two(
    tmp_path: Path, store: FrameStore
) -> None:
    images, pixels = [], ((X * 53 + Y * 31) % 4096).astype(np.uint16)
    for number, (center, slope) in enumerate([(100, 1), (200, 1), (200, 1)], start=1):
        one = data_set(
            pixels[:, : 60 - number],
            SOPInstanceUID=f"1.2.3.4.{number}",
            WindowCenter=center,
            WindowWidth=400,
            RescaleSlope=slope,
            RescaleIntercept=0,
        )
        images.append(image_of(write(tmp_path / f"{number}.dcm", one)))
    (path,) = saved(tmp_path, store, Looks(), *images)
    state = read(path)
    assert [len(voi.images) for voi in state.vois] == [1, 2]
    assert len(state.areas) == 3
    for image in images:
        before = picture(store, image, View(), SpatialTransform())
        assert np.abs(picture(store, image, View(), SpatialTransform(), state).astype(int) - before).max() <= 1
    table = data_set(pixels, SOPInstanceUID="1.2.3.4.9", PhotometricInterpretation="MONOCHROME1")
    images.append(image_of(write(tmp_path / "9.dcm", table)))
    assert len(saved(tmp_path, store, Looks(), *images)) == 2


def test_slices_scaled_one_by_one_share_a_state_on_stored_values(tmp_path: Path, store: FrameStore) -> None:
    images = []
    for number, slope in enumerate(("0.5", "0.75", "1.25"), start=1):
        one = data_set(
            ((X * 53 + Y * 31) % 4096).astype(np.uint16),
            SOPInstanceUID=f"1.2.3.4.{number}",
            RescaleSlope=slope,
            RescaleIntercept="0",
        )
        images.append(image_of(write(tmp_path / f"{number}.dcm", one)))
    view = View(Window(500.0, 700.0))
    make = MakeStates(tuple(map(WantedImage, images)), Looks(view), WORDING, store)
    (path,) = make(tmp_path, Progress())
    assert len(make.notes) == 1
    state = read(path)
    for image in images:
        before = picture(store, image, view, SpatialTransform())
        assert np.abs(picture(store, image, View(), SpatialTransform(), state).astype(int) - before).max() <= 1


def test_a_palette_over_grey_comes_back_in_colour(tmp_path: Path, store: FrameStore) -> None:
    image = image_of(write(tmp_path / "i.dcm", data_set(((X * 53 + Y * 31) % 4096).astype(np.uint16))))
    view = View(Window(2000.0, 3000.0), pseudo_color="hot-iron")
    (path,) = saved(tmp_path, store, Looks(view), image)
    state = read(path)
    assert state.kind is StateKind.PSEUDO_COLOR
    loaded = store.load(image)
    before = whole_stage(loaded.stored, loaded.state, view, Stage.DISPLAY)
    shown = under_state(loaded, state, store)
    after = whole_stage(shown.stored, shown.state, View(), Stage.DISPLAY)
    assert np.abs(after.astype(int) - before).max() <= 1


@needs_checkers
@pytest.mark.parametrize("name", ["colour-and-frames/US1_UNCR.dcm", "presentation-states/ybr422-raw.dcm"])
def test_colour_images_come_back_in_their_colours(
    shared_data: Path, tmp_path: Path, store: FrameStore, name: str
) -> None:
    image = image_of(shared_data / name)
    (path,) = saved(tmp_path, store, Looks(), image)
    state = read(path)
    assert state.kind is StateKind.COLOR
    loaded = store.load(image)
    before = whole_stage(loaded.stored, loaded.state, View(), Stage.DISPLAY)
    shown = under_state(loaded, state, store)
    after = whole_stage(shown.stored, shown.state, View(), Stage.DISPLAY)
    assert np.abs(after.astype(int) - before).max() <= 1


def test_a_subtraction_comes_back(tmp_path: Path, store: FrameStore) -> None:
    frames = np.stack([(X * 11 + Y * 5 + frame * X % 97).astype(np.uint16) for frame in range(6)])
    xa = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.12.1", "Modality": "XA", "PixelIntensityRelationship": "LOG"}
    mask = {"MaskOperation": "AVG_SUB", "MaskFrameNumbers": [1, 2], "ApplicableFrameRange": [3, 6]}
    made = data_set(frames, **xa, RecommendedViewingMode="SUB", MaskSubtractionSequence=[item(**mask)])
    file = write(tmp_path / "i.dcm", made)
    image = image_of(file, 4)
    loaded = under_state(store.load(image), None, store)
    view = View(Window(0.0, 120.0))
    before = whole_stage(loaded.stored, loaded.state, view, Stage.P_VALUE)
    (path,) = saved(tmp_path, store, Looks(view), *(image_of(file, frame) for frame in range(3, 7)))
    state = read(path)
    assert (state.kind, state.images[0].frames) == (StateKind.XA_XRF, (3, 4, 5, 6))
    shown = under_state(store.load(image), state, store)
    after = whole_stage(shown.stored, shown.state, View(), Stage.P_VALUE)
    assert np.abs(after.astype(int) - before).max() <= 1
    (path,) = saved(tmp_path, store, replace(Looks(View()), is_native=True), image)
    assert read(path).masks == ()


def test_graphics_of_marks_are_those_of_their_kinds(tmp_path: Path) -> None:
    file = write(tmp_path / "i.dcm", data_set((X + Y).astype(np.uint8)))
    header = scan_header(FileBytes(file))
    anchor = ImageAnchor("1.2.3", "1.2.3.1", header.sop_class_uid, "1.2.3.4")
    marks = [
        Annotation("1.2.1", "length", anchor, ((1.5, 2.25), (30.0, 20.0)), text="길이"),
        Annotation("1.2.2", "ellipse", anchor, ((10.0, 20.0), (30.0, 20.0), (20.0, 15.0), (20.0, 25.0)), group="A"),
        Annotation("1.2.3", "text", anchor, ((5.0, 5.0),), text="words\nof two lines", colour="#ff0000"),
        Annotation("1.2.4", "length", anchor, ((1.0, 1.0), (2.0, 2.0)), group="A", is_hidden=True),
    ]
    elsewhere = Annotation("1.2.5", "length", replace(anchor, sop_instance_uid="9.9"), ((1.0, 1.0), (2.0, 2.0)))
    written = write_states_of_annotations([*marks, elsewhere], [header], tmp_path, WORDING)
    assert written.left_out == (elsewhere,)
    (path,) = written.paths
    state = read(path)
    layers = {layer.name: layer for layer in state.layers_of("1.2.3.4", 1)}
    assert len(layers) == 4
    drawn = [graphic for layer in layers.values() for graphic in layer.graphics]
    meant = [graphic for at in (0, 1, 3) for graphic in kind_of(marks[at].kind).drawing(marks[at])]
    assert [graphic.points for graphic in drawn] == [graphic.points for graphic in meant]
    texts = {text.text for layer in layers.values() for text in layer.texts}
    assert texts == {"길이", "words\nof two lines"}
    reds = [layer for layer in layers.values() if layer.rgb is not None and layer.rgb[0] == 255 and layer.rgb[1] < 5]
    assert len(reds) == 1


def test_what_cannot_be_shown_by_a_state_is_refused(tmp_path: Path, store: FrameStore, shared_data: Path) -> None:
    with pytest.raises(DicomError, match="fractions"):
        saved(tmp_path, store, Looks(), image_of(shared_data / "colour-and-frames/parametric_map_float.dcm"))
    tile = replace(image_of(write(tmp_path / "i.dcm", data_set((X + Y).astype(np.uint8)))), is_tile=True)
    with pytest.raises(DicomError, match="mosaic"):
        saved(tmp_path, store, Looks(), tile)
    with pytest.raises(ViewerError):
        saved(tmp_path, store, Looks())
