"""Presentation states written: dcmpschk and dciodvfy find nothing, and they read as they were meant."""

import itertools
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from tests.builders.gray_images import data_set
from tests.builders.icc_profiles import adobe_rgb_like
from viewer.base.errors import DicomError
from viewer.dicom.derived_instance import write_object
from viewer.dicom.graphic_objects import (
    GraphicLayer,
    GraphicObject,
    GraphicStyle,
    GraphicType,
    GraphicUnits,
    Justification,
    TextObject,
)
from viewer.dicom.presentation_state.reading import read_presentation_state
from viewer.dicom.presentation_state.values import (
    BlendingInput,
    DisplayedArea,
    ImageReference,
    LutData,
    MaskOperation,
    MaskSubtraction,
    PixelShift,
    PresentationState,
    SizeMode,
    StateAnnotation,
    StateKind,
    StateOverlay,
    StatePalette,
    StateRescale,
    StateShutter,
    StateTransform,
    StateVoi,
    ToLog,
)
from viewer.dicom.presentation_state.writing import presentation_state_data_set
from viewer.dicom.presentation_state.writing_labels import content_label, layer_name

CT, XA, US = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.6.1"
ONE = ImageReference(CT, "1.2.3.4.1", (), "1.2.3.1")
TWO = ImageReference(CT, "1.2.3.4.2", (), "1.2.3.1")
FRAMES = ImageReference(XA, "1.2.3.5", (1, 3), "1.2.3.1")
CHECKERS = [shutil.which("dcmpschk"), shutil.which("dciodvfy", path="/usr/bin")]
needs_checkers = pytest.mark.skipif(None in CHECKERS, reason="DCMTK or dicom3tools are not installed")


def bare(image: ImageReference) -> ImageReference:
    """Return an image as items of modules name it."""
    return replace(image, series_instance_uid="")


def table(count: int = 256, bits: int = 12, first: int = 0, kind: str = "") -> LutData:
    entries = np.linspace(0, (1 << bits) - 1, count).astype("<u2")
    return LutData(count, first, bits, entries.tobytes(), "a table", kind)


def palette(count: int = 256) -> StatePalette:
    ramps = (np.arange(count, dtype="<u2") * (65535 // (count - 1)), np.full(count, 65535, "<u2"))
    red, green, blue = (LutData(count, 0, 16, ramps[at].tobytes()) for at in (0, 1, 0))
    return StatePalette(red, green, blue, "1.2.840.10008.1.5.1")


def state(kind: StateKind = StateKind.GRAYSCALE, **values: object) -> PresentationState:
    """Return a whole state of two images."""
    made = PresentationState(
        kind,
        "1.2.3.99",
        "1.2.3",
        "1.2.3.9",
        (ONE, TWO),
        "LESION 1",
        "seen again",
        "Kim^Gildong",
        "20260102 101500",
        areas=(DisplayedArea((1, 1), (60, 40), aspect=1.0),),
        patient_id="T1",
    )
    return replace(made, **values)  # type: ignore[arg-type] # names and types are those of the fields


GRAY = (StateRescale(1.0, -1024.0, "HU"), (StateVoi((), (40.0, 400.0)),))
LAYERS = (
    GraphicLayer("MEASUREMENTS", 1, "Measurements", 0xFFFF, (255, 211, 78)),
    GraphicLayer("MEASUREMENTS 2", 2, "Group B", 0x8000),
)
GRAPHICS = (
    GraphicObject(GraphicType.POINT, ((10.5, 20.25),)),
    GraphicObject(GraphicType.POLYLINE, ((10.0, 20.0), (30.5, 20.0), (30.5, 33.75))),
    GraphicObject(GraphicType.POLYLINE, ((1.0, 1.0), (9.0, 1.0), (9.0, 9.0), (1.0, 1.0)), is_filled=True),
    GraphicObject(GraphicType.INTERPOLATED, ((1.0, 2.0), (5.0, 9.0), (12.0, 3.0), (1.0, 2.0))),
    GraphicObject(GraphicType.CIRCLE, ((20.0, 20.0), (25.0, 20.0)), units=GraphicUnits.DISPLAY),
    GraphicObject(GraphicType.ELLIPSE, ((10.0, 20.0), (30.0, 20.0), (20.0, 15.0), (20.0, 25.0))),
)
TEXTS = (
    TextObject("24.5 mm\nest.", ((30.0, 20.0), (70.0, 35.0)), (30.5, 20.0), justification=Justification.CENTER),
    TextObject("alone", None, (5.0, 6.0), is_anchor_visible=True),
    TextObject("corner", ((0.125, 0.25), (0.5, 0.5)), units=GraphicUnits.DISPLAY),
)
DRAWN = (
    StateAnnotation("MEASUREMENTS", GRAPHICS, TEXTS),
    StateAnnotation("MEASUREMENTS 2", GRAPHICS[:1], (), (bare(TWO),)),
)
MASK = MaskSubtraction(MaskOperation.AVG_SUB, (), (1, 2), 2, (PixelShift((0.5, -1.25)),))
XRAY_MASKS = (
    MaskSubtraction(
        MaskOperation.AVG_SUB,
        ((3, 5),),
        (1, 2),
        1,
        (PixelShift((0.5, 0.25), ((3, 4),), ((1.0, 2.0), (20.0, 2.0), (20.0, 30.0))),),
        to_log=(ToLog(replace(table(), type="US"), ((1, 5),)),),
        images=(bare(FRAMES),),
    ),
    MaskSubtraction(MaskOperation.REV_TID, ((6, 9),), tid_offset=2, images=(bare(FRAMES),)),
)
OVERLAY = StateOverlay(0x6000, 8, 16, bytes(range(16)), origin=(-2, 5), label="drawn", description="a plane")
RGB = adobe_rgb_like()

STATES = {
    "plain": state(),
    "windows": state(
        modality=GRAY[0],
        vois=(
            StateVoi((bare(ONE),), (40.0, 400.0), "LINEAR", "brain"),
            StateVoi((bare(TWO),), (1.5, 2.25), "SIGMOID"),
        ),
    ),
    "tables": state(
        modality=table(bits=16, kind="OD"), vois=(StateVoi((), None, "LINEAR", "a table", table(bits=16, first=65000)),)
    ),
    "presentation table": state(presentation_table=table(), vois=GRAY[1]),
    "inverse": state(is_inverse=True, modality=GRAY[0], vois=GRAY[1]),
    "areas": state(
        areas=(
            DisplayedArea((9, 5), (80, 40), SizeMode.MAGNIFY, None, 0.5, 2.5, (bare(ONE),)),
            DisplayedArea((1, 1), (60, 40), SizeMode.TRUE_SIZE, (0.5, 0.25), None, None, (bare(TWO),)),
        )
    ),
    "turned": state(
        transform=StateTransform(270, is_flipped=True), areas=(DisplayedArea((60, 40), (1, 1), aspect=1.0),)
    ),
    "flipped": state(
        transform=StateTransform(0, is_flipped=True), areas=(DisplayedArea((60, 1), (1, 40), aspect=1.0),)
    ),
    "shutter": state(
        shutters=(StateShutter((), (2, 50, 3, 30), (20.0, 30.0, 15.0), ((1, 1), (1, 60), (40, 60)), p_value=0x8000),)
    ),
    "bitmap": state(shutters=(StateShutter(overlay_group=0x6000),), overlays=(OVERLAY,)),
    "overlays": state(overlays=(OVERLAY,), activated_overlays=((0x6000, "MEASUREMENTS"),), layers=LAYERS[:1]),
    "drawn": state(layers=LAYERS, annotations=DRAWN),
    "mask": state(masks=(MASK,), images=(FRAMES,)),
    "all": state(
        modality=GRAY[0],
        vois=GRAY[1],
        is_inverse=True,
        layers=LAYERS,
        annotations=DRAWN,
        transform=StateTransform(90),
        areas=(DisplayedArea((1, 40), (60, 1), aspect=1.0),),
        shutters=(StateShutter((), (2, 50, 3, 30)),),
        overlays=(OVERLAY,),
        activated_overlays=((0x6000, "MEASUREMENTS"),),
    ),
    "colour": state(StateKind.COLOR, icc_profile=RGB, layers=LAYERS, annotations=DRAWN),
    "colour with a shutter": state(
        StateKind.COLOR, icc_profile=RGB, shutters=(StateShutter((), (2, 50, 3, 30), cielab=(0, 0x8080, 0x8080)),)
    ),
    "pseudo-colour": state(StateKind.PSEUDO_COLOR, icc_profile=RGB, palette=palette(), modality=GRAY[0], vois=GRAY[1]),
    "blending": state(
        StateKind.BLENDING,
        icc_profile=RGB,
        palette=palette(),
        opacity=0.25,
        images=(
            replace(ONE, study_instance_uid="1.2.3"),
            replace(TWO, series_instance_uid="1.2.3.2", study_instance_uid="1.2.4"),
        ),
        blending=(
            BlendingInput((replace(ONE, study_instance_uid="1.2.3"),), False, *GRAY),
            BlendingInput(
                (replace(TWO, series_instance_uid="1.2.3.2", study_instance_uid="1.2.4"),),
                True,
                StateRescale(2.0, 0.0, "BQML"),
                (StateVoi((), (5000.0, 10000.0)),),
            ),
        ),
    ),
    "angiogram": state(
        StateKind.XA_XRF,
        images=(FRAMES,),
        vois=GRAY[1],
        masks=XRAY_MASKS,
        shutters=(StateShutter((bare(FRAMES),), (2, 50, 3, 30)),),
    ),
}


def source() -> Dataset:
    made = data_set(np.zeros((40, 60), np.uint16), PatientSex="O", PatientBirthDate="19700101", StudyID="1")
    made.StudyDate, made.StudyTime, made.Manufacturer, made.Laterality = "20260101", "101010", "Test", "L"
    return made


def written(folder: Path, one: PresentationState) -> Path:
    path = folder / "state.dcm"
    with path.open("wb") as stream:
        write_object(presentation_state_data_set(one, source()), stream)
    return path


def complaints(path: Path) -> list[str]:
    """Return what checkers have against a state."""
    found = []
    lines = [["dcmpschk", str(path)], ["/usr/bin/dciodvfy", "-new", str(path)]]
    if dcmread(path).SOPClassUID == StateKind.XA_XRF.sop_class_uid:
        lines.pop()  # dciodvfy does not know states of angiograms
    for line in lines:
        done = subprocess.run(line, check=False, capture_output=True, text=True, errors="replace")
        said = (done.stdout + done.stderr).splitlines()
        found += [text for text in said if text.startswith(("E: Error", "Error", "F:"))]
    return found


@needs_checkers
@pytest.mark.parametrize("name", STATES)
def test_checkers_find_nothing(tmp_path: Path, name: str) -> None:
    assert complaints(written(tmp_path, STATES[name])) == []


@pytest.mark.parametrize("name", STATES)
def test_states_read_as_they_were_meant(tmp_path: Path, name: str) -> None:
    assert read_presentation_state(dcmread(written(tmp_path, STATES[name]))) == STATES[name]


@needs_checkers
def test_an_area_may_begin_outside_the_image(tmp_path: Path) -> None:
    one = state(areas=(DisplayedArea((-9, -5), (80, 40), aspect=1.0),))
    path = written(tmp_path, one)
    assert read_presentation_state(dcmread(path)) == one
    # dciodvfy takes a corner left of the image for one far right of it.
    assert [text for text in complaints(path) if "4294967287" not in text] == []


def test_texts_of_any_script_come_back(tmp_path: Path) -> None:
    text = TextObject("길이 12 mm\n左肺 ½ ü", ((1.0, 1.0), (9.0, 9.0)), (1.0, 1.0))
    layers = (GraphicLayer("GROUP", 1, "묶음 하나", 0xFFFF),)
    one = state(
        description="좌측 뇌 병변",
        creator="Hong^Gildong=洪^吉洞=홍^길동",
        layers=layers,
        annotations=(StateAnnotation("GROUP", (), (text,)),),
    )
    path = written(tmp_path, one)
    assert read_presentation_state(dcmread(path)) == one
    assert dcmread(path).SpecificCharacterSet == "ISO_IR 192"


def test_styles_keep_colour_width_and_dashes(tmp_path: Path) -> None:
    style = GraphicStyle(rgb=(255, 0, 0), width_px=3.0, is_dashed=True)
    one = state(
        layers=LAYERS[:1],
        annotations=(StateAnnotation("MEASUREMENTS", (replace(GRAPHICS[1], style=style),), ()),),
    )
    path = written(tmp_path, one)
    assert read_presentation_state(dcmread(path)) == one
    assert not shutil.which("dciodvfy") or complaints(path) == []


def test_what_no_state_can_be_is_refused() -> None:
    for wrong in (
        state(StateKind.PLANAR_MPR),
        state(images=()),
        state(areas=()),
        state(transform=StateTransform(45)),
        state(shutters=(StateShutter(rectangle=(1, 2, 3, 4)), StateShutter(rectangle=(1, 2, 3, 5)))),
        state(StateKind.COLOR),
        state(StateKind.PSEUDO_COLOR, icc_profile=RGB),
    ):
        with pytest.raises(DicomError):
            presentation_state_data_set(wrong, source())


@needs_checkers
def test_a_shutter_over_colours_is_black_where_nothing_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, state(StateKind.COLOR, icc_profile=RGB, shutters=(StateShutter((), (2, 50, 3, 30)),)))
    assert complaints(path) == []
    assert read_presentation_state(dcmread(path)).shutters[0].cielab == (0, 0x8080, 0x8080)


def test_labels_are_spelled_as_files_have_them() -> None:
    assert content_label("Lesion 1 (left), 홍") == "LESION 1 LEFT"
    assert content_label("a" * 30) == "A" * 16
    assert layer_name("Group A", {"GROUP A"}) == "GROUP A 2"
    assert layer_name("홍", ()) == "LAYER"
    assert layer_name("A" * 20, {"A" * 16}) == "A" * 14 + " 2"


@pytest.mark.parametrize("is_filled", [False, True])
@pytest.mark.filterwarnings("ignore:.*exceeds the size of 64 kByte")
def test_lines_of_very_many_points_come_back(tmp_path: Path, is_filled: bool) -> None:
    steps = np.arange(20_000)
    points = [(float(step % 500), float(step // 500)) for step in steps]
    points.append(points[0])
    line = GraphicObject(GraphicType.POLYLINE, tuple(points), is_filled)
    one = state(annotations=(StateAnnotation("MARKS", (line,)),), layers=(GraphicLayer("MARKS", 1),))
    back = read_presentation_state(dcmread(written(tmp_path, one))).annotations[0].graphics
    assert len(back) == (1 if is_filled else 3)
    joined = [back[0].points[0], *(point for each in back for point in each.points[1:])]
    assert joined == points
    assert all(a.points[-1] == b.points[0] for a, b in itertools.pairwise(back))
