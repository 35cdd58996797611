"""What is on screen is what is measured, with the refusals of what cannot be."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from tests.builders.plain_volumes import geometry_of, plain_volume
from viewer.dicom.pixel_spacing import PixelSpacing
from viewer.imaging.frame_state import FrameState, Lossiness, PatientIdentity
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.stored_frame import PixelDescription, StoredFrame
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.measurement.body_measures import SUV_TYPES
from viewer.measurement.ground import Ground
from viewer.measurement.suv_result import SuvFactor
from viewer.measurement.user_calibration import UserCalibration
from viewer.volume.plane_frame import PlaneFrame, plane_state
from viewer.volume.series_volume import SeriesVolume, VolumeCondition
from viewer.workspace.measuring.annotation_book import AnnotationBook
from viewer.workspace.measuring.calibration_book import uid_of
from viewer.workspace.measuring.measuring import (
    anchor_of_image,
    anchor_of_look,
    ground_of_displayed,
    ground_of_look,
    ground_of_plane,
    measured,
)
from viewer.workspace.measuring.reading_texts import label_lines
from viewer.workspace.suv_display import in_suv
from viewer.workspace.viewport_state import DisplayedImage
from viewer.workspace.volume_look import VolumeLook, look_at
from viewer.workspace.volume_view import CurvedPath, RenderingView, VolumeKind, VolumeView


class Header(SimpleNamespace):
    """What an anchor asks of a header."""

    def ascii(self, tag: int) -> str:
        return {0x00200052: "1.9"}.get(tag, "")


HEADER = Header(
    study_instance_uid="1.1", series_instance_uid="1.2", sop_class_uid="1.3", sop_instance_uid="1.4", source=None
)
IMAGE = ImageRef(cast("Any", HEADER), 2)
VALUES = np.arange(60.0).reshape(3, 4, 5)


def look(volume: SeriesVolume, **view: Any) -> VolumeLook:
    return look_at(volume, VolumeView(**{"center_mm": (2.0, 2.0, 1.0), **view}))


def ground(looked: VolumeLook) -> Ground:
    volume, plane = looked.volume, looked.plane
    if plane is None:
        return ground_of_look(looked, volume.state, None)
    return ground_of_look(looked, plane_state(volume, plane), PlaneFrame(volume, plane))


def test_a_plane_measures_in_its_own_spacing_and_counts_only_where_there_are_voxels() -> None:
    volume = plain_volume(VALUES, geometry_of((3, 4, 5), (0.5, 0.7, 2.0)), rescale=Rescale(1.0, -10.0, "HU"))
    looked = look(volume, center_mm=(1.0, 1.05, 2.0))
    found = ground(looked)
    assert found.refusal == found.value_refusal == ""
    assert looked.plane is not None
    assert found.spacing.column_mm == looked.plane.plane.column_spacing_mm
    assert found.read_values is not None
    given = found.read_values()
    assert given.unit.symbol == "HU"
    assert given.counts is not None
    assert np.isfinite(given.values[given.counts]).all()
    # Every voxel of the middle slice is hit somewhere: their extremes are those of the array.
    middle = VALUES[1] - 10.0
    assert given.values[given.counts].min() == pytest.approx(middle.min(), abs=0.6)
    assert given.values[given.counts].max() == pytest.approx(middle.max(), abs=0.6)


def test_a_mark_on_a_plane_is_measured_the_same_where_no_viewport_shows_it() -> None:
    volume = plain_volume(VALUES, geometry_of((3, 4, 5), (0.5, 0.7, 2.0)))
    looked = look(volume, center_mm=(1.0, 1.05, 2.0), thickness_mm=2.0)
    anchor = anchor_of_look(IMAGE, looked)
    assert anchor is not None
    assert (anchor.thickness_mm, anchor.projection, anchor.is_deep) == (2.0, "mean", False)
    assert (anchor.study_instance_uid, anchor.series_instance_uid, anchor.frame_of_reference_uid) == (
        "1.1",
        "1.2",
        "1.9",
    )
    shown, alone = ground(looked), ground_of_plane(volume, anchor)
    assert (shown.spacing, shown.value_cautions, shown.plane) == (alone.spacing, alone.value_cautions, alone.plane)
    assert "Values of a slab: mean of 2.0 mm" in shown.value_cautions
    assert shown.read_values is not None
    assert alone.read_values is not None
    assert np.array_equal(shown.read_values().values, alone.read_values().values, equal_nan=True)
    mark = Annotation("u", "length", anchor, ((0.0, 0.0), (1.0, 0.0)))
    assert measured(mark, shown).readings == measured(mark, alone).readings


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ({"kind": VolumeKind.RENDERING}, "Nothing is measured on renderings"),
        ({"kind": VolumeKind.RENDERING, "rendering": RenderingView(is_perspective=True)}, "perspective"),
        (
            {"kind": VolumeKind.CURVED, "path": CurvedPath(((0.0, 0.0, 0.0), (4.0, 3.0, 2.0)))},
            "Nothing is measured on curved planes",
        ),
    ],
)
def test_nothing_is_measured_where_lengths_are_not_those_in_the_patient(view: dict[str, Any], words: str) -> None:
    looked = look(plain_volume(VALUES), **view)
    found = ground(looked)
    assert words in found.refusal
    assert found.refusal == found.value_refusal
    assert anchor_of_look(IMAGE, looked) is None
    mark = Annotation("u", "length", ImageAnchor("1", "2", "3", "4"), ((0.0, 0.0), (1.0, 0.0)))
    (reading,) = measured(mark, found).readings
    assert reading.value is None
    assert reading.refusal == found.refusal


def test_a_curved_plane_that_has_no_line_yet_is_the_plane_its_points_are_picked_on() -> None:
    looked = look(plain_volume(VALUES), kind=VolumeKind.CURVED)
    assert ground(looked).refusal == ""
    assert anchor_of_look(IMAGE, looked) is not None


def test_a_projection_through_the_whole_depth_gives_lengths_in_its_plane_and_no_values() -> None:
    looked = look(plain_volume(VALUES), kind=VolumeKind.PROJECTION)
    found = ground(looked)
    assert found.refusal == ""
    assert "not those of one place" in found.value_refusal
    assert any("lengths hold in its plane only" in each for each in found.cautions)
    anchor = anchor_of_look(IMAGE, looked)
    assert anchor is not None
    assert anchor.is_deep


def test_a_volume_whose_geometry_may_not_be_measured_says_so() -> None:
    volume = plain_volume(VALUES, condition=VolumeCondition(refusal="slices are missing"))
    assert ground(look(volume)).refusal == "slices are missing"


def test_an_ultrasound_volumes_planes_do_not_measure_by_the_regions_of_its_first_image() -> None:
    volume = plain_volume(VALUES)
    volume = replace(volume, state=replace(volume.state, regions=cast("Any", ("a region",))))
    assert ground(look(volume)).regions == ()


def _state(unit: str = "BQML", frame_number: int = 3) -> FrameState:
    return FrameState(
        PatientIdentity(),
        "1.4",
        "1.3",
        "PT",
        frame_number,
        PixelDescription(4, 5),
        modality_transform=Rescale(2.0, 0.0, unit),
    )


def _displayed(state: FrameState) -> DisplayedImage:
    stored = StoredFrame(np.arange(20, dtype=np.uint16).reshape(4, 5), "MONOCHROME2")
    return DisplayedImage(IMAGE, cast("Any", SimpleNamespace(state=state)), stored)


def test_pet_that_is_shown_in_suv_is_measured_in_suv_with_its_code() -> None:
    factor = SuvFactor(SUV_TYPES[0], 0.25)
    plain, suv = (
        ground_of_displayed(_displayed(state), AnnotationBook()) for state in (_state(), in_suv(_state(), factor))
    )
    assert plain.read_values is not None
    assert suv.read_values is not None
    assert plain.read_values().unit.symbol == "Bq/ml"
    given = suv.read_values()
    assert (given.unit.ucum, given.source) == ("g/ml{SUVbw}", "SUVbw")
    assert np.array_equal(given.values, plain.read_values().values * 0.25)


def test_a_readers_scale_holds_for_its_image_alone() -> None:
    book = AnnotationBook()
    assert not ground_of_displayed(_displayed(_state()), book).spacing.is_known
    scale = UserCalibration("1.1", "1.4", ((0.0, 0.0), (10.0, 0.0)), 5.0)
    book.calibrations.apply("1.1", {uid_of(scale): scale})
    found = ground_of_displayed(_displayed(_state()), book)
    assert (found.spacing.row_mm, found.spacing.column_mm) == (0.5, 0.5)
    mark = measured(Annotation("u", "length", anchor_of_image(IMAGE), ((0.0, 0.0), (4.0, 0.0))), found)
    assert mark.readings[0].value == 2.0
    assert mark.provenance.calibration == "mm (cal. fiducial): known length 5 mm"
    of_frame = replace(scale, frame_number=1, known_mm=7.0)
    book.calibrations.apply("1.1", {uid_of(of_frame): of_frame})
    assert ground_of_displayed(_displayed(_state()), book).spacing.row_mm == 0.5


def test_a_mark_says_on_which_frame_or_tile_it_lies() -> None:
    assert anchor_of_image(IMAGE) == ImageAnchor("1.1", "1.2", "1.3", "1.4", 3, 0, "1.9")
    assert anchor_of_image(ImageRef(IMAGE.header, 2, is_tile=True)) == ImageAnchor(
        "1.1", "1.2", "1.3", "1.4", 1, 3, "1.9"
    )


def test_a_kind_this_version_does_not_know_is_left_as_it_is() -> None:
    mark = Annotation("u", "hologram", ImageAnchor("1", "2", "3", "4"), ())
    assert measured(mark, Ground(2, 2)) == mark


def test_what_must_be_said_of_lengths_and_of_values_stands_beside_each_of_their_numbers() -> None:
    slab = ground(look(plain_volume(VALUES), center_mm=(2.0, 2.0, 1.0), thickness_mm=2.0))
    lossy = replace(_state("HU"), lossiness=Lossiness(is_lossy=True), spacing=PixelSpacing(problem="3 of 0 mm"))
    image = ground_of_displayed(_displayed(lossy), AnnotationBook())
    for found, of_lengths, of_values in ((slab, "", "Values of a slab"), (image, "3 of 0 mm", "Lossy")):
        mark = Annotation("u", "rectangle", anchor_of_image(IMAGE), ((0.0, 0.0), (3.0, 3.0)))
        readings = {each.title: each for each in measured(mark, found).readings}
        assert of_lengths in readings["Area"].caution
        assert (readings["Area"].caution == "") == (of_lengths == "")
        assert of_values in readings["Mean"].caution
        assert of_values not in readings["Area"].caution
    point = measured(Annotation("u", "point", anchor_of_image(IMAGE), ((1.0, 1.0),)), image)
    assert "Lossy" in point.readings[0].caution
    lines = label_lines(measured(mark, image))
    assert sum("3 of 0 mm" in line for line in lines) == 1


def test_values_that_are_not_the_images_own_are_told() -> None:
    other = replace(_state("US"), presentation_uid="1.8", presentation_title="MINE", is_rescaled_by_state=True)
    for state, words in ((other, "MINE"), (replace(_state(""), is_subtracted=True), "subtracted")):
        found = ground_of_displayed(_displayed(state), AnnotationBook())
        mark = measured(Annotation("u", "point", anchor_of_image(IMAGE), ((1.0, 1.0),)), found)
        assert words in mark.readings[0].caution
    plain = ground_of_displayed(_displayed(replace(other, is_rescaled_by_state=False)), AnnotationBook())
    assert plain.value_cautions == ()
