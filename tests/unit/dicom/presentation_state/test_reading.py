"""Presentation states read: graphics, texts in any character set, compound graphics, masks, blending; broken ones."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from tests.builders.data_sets import item
from tests.builders.gray_images import data_set, write
from tests.builders.presentation_states import (
    add_overlay,
    annotation,
    displayed_area,
    graphic,
    layer,
    lut,
    presentation_state,
    reference,
    table_voi,
    window,
)
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError
from viewer.dicom.cielab import cielab_to_srgb, srgb_to_cielab
from viewer.dicom.datasets import read_data_set
from viewer.dicom.graphic_objects import GraphicType, GraphicUnits, Justification
from viewer.dicom.header_scan import scan_header
from viewer.dicom.presentation_state.mask_reading import image_masks
from viewer.dicom.presentation_state.reading import read_presentation_state
from viewer.dicom.presentation_state.values import MaskOperation, PresentationState, SizeMode, StateKind

IMAGE = data_set(np.zeros((20, 30), np.uint16))


def read(folder: Path, state: Dataset, *, is_implicit: bool = False) -> PresentationState:
    path = write(folder / "state.dcm", state, is_implicit=is_implicit)
    return read_presentation_state(read_data_set(scan_header(FileBytes(path))))


def text(value: str, **elements: object) -> Dataset:
    given = {
        "BoundingBoxAnnotationUnits": "PIXEL",
        "BoundingBoxTopLeftHandCorner": [3.0, 4.0],
        "BoundingBoxBottomRightHandCorner": [20.0, 9.0],
        "BoundingBoxTextHorizontalJustification": "CENTER",
        **elements,
    }
    return item(UnformattedTextValue=value, **given)


def test_graphics_and_texts_keep_their_units_and_their_layer(tmp_path: Path) -> None:
    graphics = [
        graphic("POINT", [1, 2]),
        graphic("ELLIPSE", [1, 2, 9, 2, 5, 0, 5, 4], "DISPLAY", GraphicFilled="Y"),
        graphic("INTERPOLATED", [1, 2, 3, 4, 5, 6, 1, 2], "MATRIX"),
    ]
    anchored = item(
        UnformattedTextValue="two\r\nlines",
        AnchorPoint=[5.0, 6.0],
        AnchorPointAnnotationUnits="PIXEL",
        AnchorPointVisibility="Y",
    )
    state = presentation_state(
        IMAGE,
        GraphicLayerSequence=[layer("TOP", 2, GraphicLayerRecommendedDisplayGrayscaleValue=40000), layer("LOW", 1)],
        GraphicAnnotationSequence=[
            annotation("TOP", graphics, [text("x"), anchored]),
            annotation("LOW", [graphics[0]]),
        ],
    )
    made = read(tmp_path, state)
    low, top = made.layers_of("1.2.3.4", 1)
    assert (low.name, top.name, top.p_value) == ("LOW", "TOP", 40000)
    assert [each.type for each in top.graphics] == [GraphicType.POINT, GraphicType.ELLIPSE, GraphicType.INTERPOLATED]
    assert [each.units for each in top.graphics] == [GraphicUnits.PIXEL, GraphicUnits.DISPLAY, GraphicUnits.MATRIX]
    assert [each.is_filled for each in top.graphics] == [False, True, False]
    boxed, free = top.texts
    assert (boxed.box, boxed.justification) == (((3.0, 4.0), (20.0, 9.0)), Justification.CENTER)
    assert (free.text, free.anchor, free.is_anchor_visible) == ("two\nlines", (5.0, 6.0), True)


@pytest.mark.parametrize(
    ("character_set", "words"),
    [
        ("ISO_IR 192", "좌폐 결절 — 影 é"),
        (["", "ISO 2022 IR 149"], "좌폐 결절"),
        (["", "ISO 2022 IR 87"], "右肺結節"),
        ("ISO_IR 144", "Узел слева"),
        ("GB18030", "右肺结节"),
    ],
)
def test_texts_come_in_any_character_set(tmp_path: Path, character_set: Any, words: str) -> None:
    state = presentation_state(
        IMAGE,
        SpecificCharacterSet=character_set,
        GraphicLayerSequence=[layer("A")],
        GraphicAnnotationSequence=[annotation("A", texts=[text(words)])],
    )
    assert read(tmp_path, state).layers_of("1.2.3.4", 1)[0].texts[0].text == words


def test_an_annotation_is_drawn_on_the_frames_it_names(tmp_path: Path) -> None:
    mine = annotation("A", [graphic("POINT", [1, 2])])
    mine.ReferencedImageSequence = [reference(IMAGE, [2])]
    image = data_set(np.zeros((3, 20, 30), np.uint16))
    made = read(tmp_path, presentation_state(image, GraphicAnnotationSequence=[mine]))
    assert [len(made.layers_of("1.2.3.4", frame)[0].graphics) for frame in (1, 2, 3)] == [0, 1, 0]


def compound(kind: str, points: list[float], instance: int) -> Dataset:
    return item(
        CompoundGraphicInstanceID=instance,
        CompoundGraphicUnits="PIXEL",
        CompoundGraphicType=kind,
        GraphicDimensions=2,
        NumberOfGraphicPoints=len(points) // 2,
        GraphicData=points,
    )


def test_a_compound_graphic_is_drawn_once(tmp_path: Path) -> None:
    simple = graphic("POLYLINE", [1, 1, 9, 9], CompoundGraphicInstanceID=7)
    both = annotation("A", [simple])
    both.CompoundGraphicSequence = [compound("ARROW", [1.0, 1.0, 9.0, 9.0], 7)]
    alone = annotation("A")
    alone.CompoundGraphicSequence = [compound("RECTANGLE", [2.0, 3.0, 8.0, 6.0], 8)]
    made = read(tmp_path, presentation_state(IMAGE, GraphicAnnotationSequence=[both, alone]))
    first, second = made.layers_of("1.2.3.4", 1)[0].graphics
    assert first.points == ((1.0, 1.0), (9.0, 9.0))
    assert second.points == ((2.0, 3.0), (8.0, 3.0), (8.0, 6.0), (2.0, 6.0), (2.0, 3.0))
    assert [each.is_simple_too for each in made.compounds] == [True, False]


@pytest.mark.parametrize(
    ("kind", "points", "count"),
    [
        ("MULTILINE", [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0], 2),
        ("INFINITELINE", [0.0, 0.0, 1.0, 1.0], 1),
        ("CUTLINE", [0.0, 0.0, 8.0, 0.0], 2),
        ("RANGELINE", [0.0, 0.0, 1.0, 1.0], 2),
        ("RULER", [0.0, 0.0, 1.0, 1.0], 1),
        ("AXIS", [0.0, 0.0, 1.0, 1.0], 1),
        ("CROSSHAIR", [5.0, 5.0], 2),
        ("ARROW", [0.0, 0.0, 1.0, 1.0], 1),
        ("ELLIPSE", [0.0, 2.0, 4.0, 2.0, 2.0, 1.0, 2.0, 3.0], 1),
    ],
)
def test_every_compound_graphic_has_simple_ones(tmp_path: Path, kind: str, points: list[float], count: int) -> None:
    alone = annotation("A")
    alone.CompoundGraphicSequence = [compound(kind, points, 1)]
    made = read(tmp_path, presentation_state(IMAGE, GraphicAnnotationSequence=[alone]))
    assert len(made.layers_of("1.2.3.4", 1)[0].graphics) == count


def test_who_made_it_when_and_what_it_is_called(tmp_path: Path) -> None:
    made = read(tmp_path, presentation_state(IMAGE))
    assert (made.label, made.description, made.creator) == ("MADE", "made for a test", "Reader^One")
    assert (made.created, made.kind, made.study_instance_uid) == ("20260102 101500", StateKind.GRAYSCALE, "1.2.3")
    assert made.images[0].series_instance_uid == "1.2.3.1"


@pytest.mark.parametrize("is_implicit", [False, True])
def test_tables_are_kept_as_they_are_stored(tmp_path: Path, is_implicit: bool) -> None:
    entries = np.arange(100, 200)
    state = presentation_state(IMAGE, SoftcopyVOILUTSequence=[table_voi(lut(entries, -50, 12))])
    table = read(tmp_path, state, is_implicit=is_implicit).vois[0].table
    assert table is not None
    assert (table.count, table.first, table.bits) == (100, 65536 - 50, 12)
    assert np.array_equal(np.frombuffer(table.data, "<u2"), entries)


def test_xa_states_ignore_rescales_and_keep_masks(tmp_path: Path) -> None:
    image = data_set(np.zeros((9, 20, 30), np.uint16), SOPClassUID="1.2.840.10008.5.1.4.1.1.12.1", Modality="XA")
    region = item(MaskSubPixelShift=[0.5, -1.0], VerticesOfTheRegion=[2, 3, 2, 9, 8, 9])
    mask = item(MaskOperation="AVG_SUB", MaskFrameNumbers=[1, 2], ApplicableFrameRange=[3, 9], ContrastFrameAveraging=2)
    mask.PixelShiftSequence = [item(PixelShiftFrameRange=[4, 6], RegionPixelShiftSequence=[region])]
    state = presentation_state(image, kind="5", RescaleSlope=2, RescaleIntercept=1, MaskSubtractionSequence=[mask])
    made = read(tmp_path, state)
    assert made.modality is None
    (found,) = made.masks
    assert (found.operation, found.mask_frames, found.averaging) == (MaskOperation.AVG_SUB, (1, 2), 2)
    assert found.frame_ranges == ((3, 9),)
    assert (found.shifts[0].shift, found.shifts[0].frame_ranges) == ((0.5, -1.0), ((4, 6),))
    assert found.shifts[0].vertices == ((3.0, 2.0), (9.0, 2.0), (9.0, 8.0))


def test_an_image_is_subtracted_only_where_it_recommends_so() -> None:
    image = item(MaskSubtractionSequence=[item(MaskOperation="TID", TIDOffset=2)])
    assert image_masks(image) == ()
    image.RecommendedViewingMode = "SUB"
    assert image_masks(image)[0].tid_offset == 2
    image.RecommendedViewingMode = "NAT"
    assert image_masks(image) == ()


def test_blending_states_put_the_underlying_series_first(tmp_path: Path) -> None:
    def blended(position: str, uid: str) -> Dataset:
        named = item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2", ReferencedSOPInstanceUID=uid)
        series = item(SeriesInstanceUID=uid + ".1", ReferencedImageSequence=[named])
        voi = window(40, 400)
        return item(
            BlendingPosition=position, StudyInstanceUID="7.7", ReferencedSeriesSequence=[series],
            RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU", SoftcopyVOILUTSequence=[voi],
        )  # fmt: skip

    state = presentation_state(IMAGE, kind="4", ReferencedSeriesSequence=None, RelativeOpacity=0.4)
    state.BlendingSequence = [blended("SUPERIMPOSED", "5.2"), blended("UNDERLYING", "5.1")]
    made = read(tmp_path, state)
    assert [each.is_superimposed for each in made.blending] == [False, True]
    assert [each.sop_instance_uid for each in made.images] == ["5.1", "5.2"]
    assert made.opacity == pytest.approx(0.4)
    assert made.images[0].study_instance_uid == "7.7"


def test_displayed_areas_keep_corners_as_they_are_displayed(tmp_path: Path) -> None:
    area = displayed_area((30, -5), (1, 20), "MAGNIFY", PresentationPixelMagnificationRatio=2.0)
    made = read(tmp_path, presentation_state(IMAGE, DisplayedAreaSelectionSequence=[area]))
    found = made.area_of("1.2.3.4", 1)
    assert found is not None
    assert (found.top_left, found.bottom_right) == ((30, -5), (1, 20))
    assert (found.size_mode, found.magnification, found.aspect) == (SizeMode.MAGNIFY, 2.0, 1.0)


def test_overlays_and_their_activation(tmp_path: Path) -> None:
    state = presentation_state(IMAGE)
    add_overlay(state, 0x6000, None, "L")
    add_overlay(state, 0x6002, np.eye(20, 30), "L")
    add_overlay(state, 0x6004, np.eye(20, 30))
    made = read(tmp_path, state)
    assert made.activated_overlays == ((0x6000, "L"), (0x6002, "L"))
    assert [each.group for each in made.overlays] == [0x6002, 0x6004]


BROKEN: dict[str, dict[str, Any]] = {
    "no images": {"ReferencedSeriesSequence": []},
    "rotation": {"ImageRotation": 45},
    "rescale": {"RescaleSlope": 0, "RescaleIntercept": 1},
    "window": {"SoftcopyVOILUTSequence": [window(5, 0)]},
    "function": {"SoftcopyVOILUTSequence": [window(5, 10, function="CUBIC")]},
    "empty voi": {"SoftcopyVOILUTSequence": [item(WindowCenter=5)]},
    "shape": {"PresentationLUTShape": "LIN OD"},
    "true size": {"DisplayedAreaSelectionSequence": [displayed_area((1, 1), (9, 9), "TRUE SIZE")]},
    "magnify": {"DisplayedAreaSelectionSequence": [displayed_area((1, 1), (9, 9), "MAGNIFY")]},
    "size mode": {"DisplayedAreaSelectionSequence": [displayed_area((1, 1), (9, 9), "STRETCH")]},
    "shutter": {"ShutterShape": "CIRCULAR"},
    "shutter kind": {"ShutterShape": "HEXAGONAL"},
    "graphic": {"GraphicAnnotationSequence": [annotation("A", [graphic("CIRCLE", [1, 2])])]},
    "graphic kind": {"GraphicAnnotationSequence": [annotation("A", [graphic("STAR", [1, 2, 3, 4])])]},
    "units": {"GraphicAnnotationSequence": [annotation("A", [graphic("POINT", [1, 2], "INCH")])]},
    "text": {"GraphicAnnotationSequence": [annotation("A", texts=[item(UnformattedTextValue="x")])]},
    "mask": {"MaskSubtractionSequence": [item(MaskOperation="AVG_SUB")]},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_module_without_sense_refuses_the_whole_state(tmp_path: Path, name: str) -> None:
    with pytest.raises(DicomError):
        read(tmp_path, presentation_state(IMAGE, **BROKEN[name]))


def test_a_table_that_is_cut_off_refuses_the_state(tmp_path: Path) -> None:
    table = lut(np.arange(100))
    table.LUTDescriptor = [200, 0, 16]
    with pytest.raises(DicomError, match="cut off"):
        read(tmp_path, presentation_state(IMAGE, SoftcopyVOILUTSequence=[table_voi(table)]))


def test_an_image_is_no_state(tmp_path: Path) -> None:
    with pytest.raises(DicomError, match="no presentation state"):
        read(tmp_path, data_set(np.zeros((2, 2), np.uint16)))


@pytest.mark.parametrize("rgb", [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (12, 99, 201), (255, 211, 78)])
def test_colours_go_to_cielab_and_back(rgb: tuple[int, int, int]) -> None:
    back = cielab_to_srgb(srgb_to_cielab(rgb))
    assert max(abs(one - other) for one, other in zip(rgb, back, strict=True)) <= 1


def test_a_volumetric_state_names_its_images_and_what_is_not_applied(tmp_path: Path) -> None:
    state = presentation_state(IMAGE, kind="6", ReferencedSeriesSequence=None)
    inputs = item(ReferencedImageSequence=[reference(IMAGE)], PresentationInputType="VOLUME")
    state.VolumetricPresentationStateInputSequence = [inputs]
    made = read(tmp_path, state)
    assert [each.sop_instance_uid for each in made.images] == ["1.2.3.4"]
    assert "not applied" in made.problems[0]


def test_what_an_angiography_state_says_of_playing_is_told_as_left_out(tmp_path: Path) -> None:
    display = item(StartTrim=1, StopTrim=4, SkipFrameRangeFlag="SKIP", DisplayFilterPercentage=30.0)
    state = presentation_state(IMAGE, kind="5")
    state.MultiFramePresentationSequence = [item(FrameDisplaySequence=[display])]
    assert len(read(tmp_path, state).omissions) == 3
    assert read(tmp_path, presentation_state(IMAGE, kind="5")).omissions == ()
