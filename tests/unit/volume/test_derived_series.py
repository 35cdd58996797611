"""Reformatted series against readers that are not ours: the same place, the same values, and clean by dciodvfy."""

import math
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from tests.builders.data_sets import code, item, made_uid
from tests.builders.phantoms import loaded_volume, ramp, turned, upright_stack, write_phantom
from viewer.base.errors import Cancelled, MediaError, VolumeError
from viewer.base.jobs import Progress, ProgressReport
from viewer.dicom.image_plane import ImagePlane
from viewer.imaging.voi_lut import VoiFunction, Window
from viewer.volume.derived_series import write_derived_series
from viewer.volume.reslice_plane import Projection, ReslicePlane, VolumeInterpolation
from viewer.volume.series_volume import SeriesVolume, VolumeCondition

GRADIENT = (3.0, -2.0, 4.0)
PET_STORAGE, MR_STORAGE = "1.2.840.10008.5.1.4.1.1.128", "1.2.840.10008.5.1.4.1.1.4"
OBLIQUE = turned((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), 33.0, (1.0, 2.0, 0.5))

PET: dict[str, object] = {
    "SOPClassUID": PET_STORAGE,
    "Modality": "PT",
    "ImageType": ["ORIGINAL", "PRIMARY"],
    "SeriesDate": "20240305",
    "SeriesTime": "101000",
    "Units": "BQML",
    "CountsSource": "EMISSION",
    "SeriesType": ["WHOLE BODY", "IMAGE"],
    "CorrectedImage": ["ATTN", "DECY"],
    "DecayCorrection": "START",
    "CollimatorType": "NONE",
    "NumberOfSlices": 12,
    "FrameReferenceTime": "450000",
    "ActualFrameDuration": "120000",
    "DecayFactor": "1.05",
    "ImageIndex": 1,
    "PatientWeight": "70",
    "RadiopharmaceuticalInformationSequence": [
        item(
            RadiopharmaceuticalStartTime="090000",
            RadionuclideTotalDose="370000000",
            RadionuclideHalfLife="6586.2",
            RadionuclideCodeSequence=[code("C-111A1", "SRT", "^18^Fluorine")],
        )
    ],
    "PatientOrientationCodeSequence": [
        item(
            CodeValue="F-10450",
            CodingSchemeDesignator="SRT",
            CodeMeaning="recumbent",
            PatientOrientationModifierCodeSequence=[code("F-10340", "SRT", "supine")],
        )
    ],
    "PatientGantryRelationshipCodeSequence": [code("F-10470", "SRT", "headfirst")],
}
MR: dict[str, object] = {
    "SOPClassUID": MR_STORAGE,
    "Modality": "MR",
    "ImageType": ["ORIGINAL", "PRIMARY", "M"],
    "ScanningSequence": "SE",
    "SequenceVariant": "NONE",
    "ScanOptions": "",
    "MRAcquisitionType": "3D",
    "EchoTime": "12",
    "RepetitionTime": "500",
    "EchoTrainLength": 1,
}

OTHER: dict[str, object] = {"Modality": "OT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}


def needed(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def errors_of(path: Path) -> list[str]:
    ended = subprocess.run([needed("dciodvfy"), str(path)], capture_output=True, text=True, errors="replace")
    return [line for line in (ended.stdout + ended.stderr).splitlines() if line.startswith("Error")]


def inconsistencies(paths: Sequence[Path]) -> str:
    ended = subprocess.run([needed("dcentvfy"), *map(str, paths)], capture_output=True, text=True, errors="replace")
    return (ended.stdout + ended.stderr).strip()


def phantom(folder: Path, **how: Any) -> SeriesVolume:
    stack = upright_stack((40, 36, 12), (1.1, 0.9, 2.5), center_mm=(-21.0, 33.0, 412.0))
    write_phantom(folder, stack.tilted(how.pop("tilt", 0.0)), ramp(GRADIENT, -1500.0), **how)
    return loaded_volume(folder)


def planes(
    volume: SeriesVolume,
    orientation: Sequence[float] = OBLIQUE,
    count: int = 4,
    *,
    size: tuple[int, int] = (15, 14),
    spacing_mm: tuple[float, float] = (0.8, 1.2),
    step_mm: float = 1.5,
    **how: Any,
) -> list[ReslicePlane]:
    """Return parallel planes about the middle of a volume."""
    right, down = np.array(orientation[:3]), np.array(orientation[3:])
    columns, rows = size
    half = right * spacing_mm[1] * (columns - 1) / 2 + down * spacing_mm[0] * (rows - 1) / 2
    made = []
    for index in range(count):
        depth = np.cross(right, down) * step_mm * (index - (count - 1) / 2)
        x, y, z = (np.array(volume.geometry.center_mm) + depth - half).tolist()
        plane = ImagePlane((x, y, z), tuple(right.tolist()), tuple(down.tolist()), *spacing_mm)
        made.append(ReslicePlane(plane, columns, rows, **how))
    return made


def read(paths: Sequence[Path]) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in paths]


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> SeriesVolume:
    return phantom(tmp_path_factory.mktemp("ct"), elements={"PatientName": "Müller^Änne", "KVP": "120"})


@pytest.mark.parametrize("tilt", [0.0, 18.0])
def test_itk_finds_every_value_where_the_ramp_has_it(tmp_path: Path, tilt: float) -> None:
    itk = pytest.importorskip("SimpleITK")
    volume = phantom(tmp_path / "source", tilt=tilt)
    paths = write_derived_series(volume, planes(volume), tmp_path / "made", description="MPR")
    image = itk.ReadImage([str(path) for path in paths])
    values = itk.GetArrayFromImage(image)
    steepest = math.hypot(*GRADIENT)
    rng = np.random.default_rng(5)
    for _point in range(100):
        index = [int(rng.integers(size)) for size in image.GetSize()]
        place = np.array(image.TransformIndexToPhysicalPoint(index))
        wrong = values[index[2], index[1], index[0]] - (place @ np.array(GRADIENT) - 1500)
        assert abs(wrong) < 0.1 * 0.8 * steepest + 0.5  # a tenth of a voxel, and rounding to whole HU


def test_our_own_volume_of_it_lies_on_the_same_place(ct: SeriesVolume, tmp_path: Path) -> None:
    made = planes(ct)
    write_derived_series(ct, made, tmp_path / "made", description="MPR")
    again = loaded_volume(tmp_path / "made")
    assert again.geometry.frame_of_reference_uid == ct.geometry.frame_of_reference_uid
    assert again.geometry.spacing_mm == pytest.approx((1.2, 0.8, 1.5), abs=1e-6)
    for index, plane in enumerate(made):
        k = index if np.dot(again.geometry.normal, plane.plane.normal) > 0 else len(made) - 1 - index
        assert again.geometry.point_patient(0, 0, k) == pytest.approx(plane.plane.position, abs=1e-6)
        values = again.modality_values()[k]
        wanted = plane.plane.point_patient(7, 3)
        assert values[3, 7] == pytest.approx(np.dot(wanted, GRADIENT) - 1500, abs=0.6)
    assert again.condition.is_plain


def test_dcm2niix_puts_it_on_the_same_place(ct: SeriesVolume, tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel")
    made = planes(ct, size=(17, 14))
    write_derived_series(ct, made, tmp_path / "made", description="MPR")
    (tmp_path / "out").mkdir()
    arguments = ["-z", "n", "-b", "n", "-f", "volume", "-o", str(tmp_path / "out"), str(tmp_path / "made")]
    subprocess.run([needed("dcm2niix"), *arguments], capture_output=True, check=True)
    image = nibabel.load(next((tmp_path / "out").glob("*.nii")))
    values = np.asarray(image.dataobj)
    rng = np.random.default_rng(6)
    for _point in range(100):
        index = [int(rng.integers(size)) for size in values.shape]
        x, y, z = (image.affine @ [*index, 1])[:3]
        assert values[tuple(index)] == pytest.approx(np.dot((-x, -y, z), GRADIENT) - 1500, abs=0.1 * 0.8 * 5.4 + 0.5)


@pytest.mark.parametrize(
    ("elements", "image_types"),
    [
        ({}, (["DERIVED", "SECONDARY", "AXIAL", "MPR"], ["DERIVED", "SECONDARY", "AXIAL", "PROJECTION IMAGE"])),
        (MR, (["DERIVED", "SECONDARY", "MPR"], ["DERIVED", "SECONDARY", "PROJECTION IMAGE"])),
        (PET, (["DERIVED", "PRIMARY", "MPR"], ["DERIVED", "PRIMARY", "PROJECTION IMAGE"])),
        (OTHER, (["DERIVED", "SECONDARY", "MPR"], ["DERIVED", "SECONDARY", "PROJECTION IMAGE"])),
    ],
    ids=["CT", "MR", "PET", "other"],
)  # fmt: skip
def test_every_kind_is_clean(tmp_path: Path, elements: dict[str, object], image_types: tuple[list[str], ...]) -> None:
    volume = phantom(tmp_path / "source", elements=elements, intercept=0.0 if elements else -1024.0)
    slab = planes(volume, thickness_mm=6.0, projection=Projection.MAXIMUM)
    for made, image_type in zip((planes(volume), slab), image_types, strict=True):
        folder = tmp_path / image_type[-1]
        paths = write_derived_series(volume, made, folder, description="MPR", window=Window(30, 350))
        for path in paths:
            assert errors_of(path) == []
        assert inconsistencies([*paths, *sorted((tmp_path / "source").iterdir())]) == ""
        assert list(read(paths)[0].ImageType) == image_type


def test_it_belongs_to_the_study_and_says_what_it_was_made_of(ct: SeriesVolume, tmp_path: Path) -> None:
    made = planes(ct, thickness_mm=8.0, projection=Projection.MINIMUM)
    (first, *others) = read(write_derived_series(ct, made, tmp_path / "made", description="자른 영상"))
    source = pydicom.dcmread(ct.images[0][0].header.source.name)
    for keyword in ("StudyInstanceUID", "FrameOfReferenceUID", "PatientName", "PatientID", "StudyDate", "KVP"):
        assert first[keyword].value == source[keyword].value
    assert first.SeriesInstanceUID != source.SeriesInstanceUID
    assert {other.SeriesInstanceUID for other in others} == {first.SeriesInstanceUID}
    assert len({each.SOPInstanceUID for each in (first, *others)}) == 4
    assert first.SeriesDescription == "자른 영상"
    assert first.SeriesNumber == 1001
    assert [each.InstanceNumber for each in (first, *others)] == [1, 2, 3, 4]
    assert (first.WindowCenter, first.WindowWidth) == (0, 2000)
    assert first.BurnedInAnnotation == "NO"
    assert (first.SliceThickness, first.SpacingBetweenSlices) == (8.0, 1.5)
    assert [each.CodeValue for each in first.DerivationCodeSequence] == ["113072", "113079"]
    assert "linear" in first.DerivationDescription
    assert "minimum of 8 mm" in first.DerivationDescription
    known = {image.header.sop_instance_uid for image in ct.images[0]}
    referenced = {each.ReferencedSOPInstanceUID for each in first.SourceImageSequence}
    assert referenced
    assert referenced <= known
    assert first.ContributingEquipmentSequence[0].PurposeOfReferenceCodeSequence[0].CodeValue == "109101"
    assert not [element for element in first if element.tag.is_private]


def test_only_the_images_in_reach_of_a_slab_are_named(ct: SeriesVolume, tmp_path: Path) -> None:
    slab = planes(ct, (1, 0, 0, 0, 1, 0), count=1, thickness_mm=4.0)
    (made,) = read(write_derived_series(ct, slab, tmp_path / "made", description="slab"))
    assert 2 <= len(made.SourceImageSequence) <= 5
    (coronal,) = read(
        write_derived_series(ct, planes(ct, (1, 0, 0, 0, 0, -1), 1, size=(9, 40)), tmp_path / "2", description="c")
    )
    assert len(coronal.SourceImageSequence) == 12


def test_the_readers_window_stands_first(ct: SeriesVolume, tmp_path: Path) -> None:
    paths = write_derived_series(ct, planes(ct), tmp_path / "1", description="w", window=Window(40, 400))
    assert list(read(paths)[0].WindowCenter) == [40, 0]
    exact = Window(1.5, 0.5, VoiFunction.LINEAR_EXACT)
    made = read(write_derived_series(ct, planes(ct), tmp_path / "2", description="w", window=exact))[0]
    assert (made.WindowCenter, made.WindowWidth, made.VOILUTFunction) == (1.5, 0.5, "LINEAR_EXACT")


def test_places_outside_the_volume_are_padding_below_every_value(ct: SeriesVolume, tmp_path: Path) -> None:
    outside = planes(ct, size=(80, 80), count=2)
    made = read(write_derived_series(ct, outside, tmp_path / "made", description="wide"))[0]
    stored = made.pixel_array
    assert stored[0, 0] == made.PixelPaddingValue
    assert stored[stored != made.PixelPaddingValue].min() > made.PixelPaddingValue
    # Stored by the source's own slope and intercept: no value was rounded twice.
    assert (made.RescaleSlope, made.RescaleIntercept) == (1, -1024)


def test_pet_keeps_what_suv_is_computed_from(tmp_path: Path) -> None:
    slopes = [0.37 + 0.011 * index for index in range(12)]
    volume = phantom(tmp_path / "source", elements=PET, intercept=0.0, slope=slopes)
    source = Path(volume.images[0][0].header.source.name)
    paths = write_derived_series(volume, planes(volume), tmp_path / "made", description="PET MPR")
    for path in paths:
        assert errors_of(path) == []
    first, *_rest = read(paths)
    original = pydicom.dcmread(source)
    for keyword in ("SeriesDate", "SeriesTime", "Units", "DecayCorrection", "PatientWeight", "FrameReferenceTime",
                    "RadiopharmaceuticalInformationSequence", "CorrectedImage", "AcquisitionTime"):  # fmt: skip
        assert first[keyword].value == original[keyword].value
    assert first.RescaleIntercept == 0
    assert first.NumberOfSlices == 4
    assert [each.ImageIndex for each in read(paths)] == [1, 2, 3, 4]
    values = first.pixel_array * float(first.RescaleSlope)
    place = np.array(planes(volume)[0].plane.point_patient(5, 6))
    assert values[6, 5] == pytest.approx(place @ np.array(GRADIENT) - 1500, abs=0.5)


def test_a_pet_that_says_little_is_clean_too(tmp_path: Path) -> None:
    sparse = {keyword: value for keyword, value in PET.items() if not keyword.endswith("Sequence")}
    volume = phantom(tmp_path / "source", elements=sparse, intercept=0.0)
    paths = write_derived_series(volume, planes(volume), tmp_path / "made", description="PET")
    assert [errors_of(path) for path in paths[:1]] == [[]]


@pytest.mark.parametrize("body_part", ["HEAD", "KNEE", "SOMETHING ELSE"])
def test_sides_are_asked_for_only_of_what_has_sides(tmp_path: Path, body_part: str) -> None:
    volume = phantom(tmp_path / "source", elements={"BodyPartExamined": body_part})
    paths = write_derived_series(volume, planes(volume, count=1), tmp_path / "made", description="x")
    assert errors_of(paths[0]) == []


def test_private_elements_stay_out_but_for_those_of_suv(tmp_path: Path) -> None:
    volume = phantom(tmp_path / "source", elements=PET, intercept=0.0)
    for image in volume.images[0]:
        path = Path(image.header.source.name)
        data_set = pydicom.dcmread(path)
        data_set.private_block(0x7053, "Philips PET Private Group", create=True).add_new(0x00, "DS", "0.000123")
        data_set.private_block(0x0029, "JUNK", create=True).add_new(0x01, "LO", "junk")
        data_set.save_as(path)
    volume = loaded_volume(tmp_path / "source")
    first = read(write_derived_series(volume, planes(volume), tmp_path / "made", description="PET"))[0]
    assert first.private_block(0x7053, "Philips PET Private Group")[0x00].value == pytest.approx(0.000123)
    assert not [element for element in first if element.tag.is_private and element.tag.group != 0x7053]


def test_the_first_acquired_image_of_a_pet_speaks_for_all(tmp_path: Path) -> None:
    volume = phantom(tmp_path / "source", elements=PET, intercept=0.0)
    for index, image in enumerate(volume.images[0]):
        path = Path(image.header.source.name)
        data_set = pydicom.dcmread(path)
        data_set.AcquisitionTime, data_set.FrameReferenceTime = f"10{30 + index * 2:02d}00", str(600000 + index)
        data_set.save_as(path)
    volume = loaded_volume(tmp_path / "source")
    for each in read(write_derived_series(volume, planes(volume), tmp_path / "made", description="PET")):
        assert (each.AcquisitionTime, each.FrameReferenceTime) == ("103000", 600000)


def test_lossy_history_is_kept_if_any_image_has_one(tmp_path: Path) -> None:
    volume = phantom(tmp_path / "source")
    path = Path(volume.images[0][2].header.source.name)
    data_set = pydicom.dcmread(path)
    data_set.LossyImageCompression, data_set.LossyImageCompressionRatio = "01", "12.5"
    data_set.LossyImageCompressionMethod = "ISO_10918_1"
    data_set.save_as(path)
    volume = loaded_volume(tmp_path / "source")
    made = read(write_derived_series(volume, planes(volume), tmp_path / "made", description="lossy"))[0]
    assert made.LossyImageCompression == "01"
    assert made.LossyImageCompressionRatio == 12.5
    assert made.LossyImageCompressionMethod == "ISO_10918_1"


def test_a_character_set_that_cannot_spell_the_name_gives_way_to_unicode(tmp_path: Path) -> None:
    volume = phantom(
        tmp_path / "source",
        elements={"SpecificCharacterSet": "ISO_IR 100", "PatientName": "Müller^Änne", "TimezoneOffsetFromUTC": "+0900"},
    )
    for name, wanted in (("Schnitt größer", "ISO_IR 100"), ("자른 영상", "ISO_IR 192")):
        paths = write_derived_series(volume, planes(volume), tmp_path / wanted, description=name)
        made = read(paths)[0]
        assert made.SpecificCharacterSet == wanted
        assert made.PatientName == "Müller^Änne"
        assert made.SeriesDescription == name
        assert errors_of(paths[0]) == []


def test_sums_and_cubic_planes_keep_their_values(ct: SeriesVolume, tmp_path: Path) -> None:
    (total,) = read(
        write_derived_series(
            ct, planes(ct, count=1, thickness_mm=6.0, projection=Projection.SUM), tmp_path / "1", description="sum"
        )
    )
    mean = planes(ct, count=1, thickness_mm=6.0)
    (average,) = read(write_derived_series(ct, mean, tmp_path / "2", description="mean"))
    sums = total.pixel_array * float(total.RescaleSlope) + float(total.RescaleIntercept)
    means = average.pixel_array + float(average.RescaleIntercept)
    count, offset = np.polyfit(means.ravel(), sums.ravel(), 1)
    assert count > 1
    assert np.abs(sums - means * count - offset).max() < 0.6 * count
    cubic = planes(ct, count=1, interpolation=VolumeInterpolation.CUBIC)
    (curved,) = read(write_derived_series(ct, cubic, tmp_path / "3", description="cubic"))
    place = np.array(cubic[0].plane.point_patient(7, 7))
    assert curved.pixel_array[7, 7] - 1024 == pytest.approx(place @ np.array(GRADIENT) - 1500, abs=0.6)


def test_planes_that_turn_have_no_spacing_between_them(ct: SeriesVolume, tmp_path: Path) -> None:
    turning = [planes(ct, turned(OBLIQUE, angle, (0, 0, 1)), 1)[0] for angle in (0.0, 10.0, 20.0)]
    paths = write_derived_series(ct, turning, tmp_path / "made", description="turn")
    assert all("SpacingBetweenSlices" not in each for each in read(paths))
    assert [errors_of(path) for path in paths] == [[], [], []]


def test_a_volume_without_frame_of_reference_gets_one_of_its_own(tmp_path: Path) -> None:
    volume = phantom(tmp_path / "source", elements={"FrameOfReferenceUID": ""})
    first, second, *_rest = read(write_derived_series(volume, planes(volume), tmp_path / "made", description="x"))
    assert first.FrameOfReferenceUID == second.FrameOfReferenceUID != ""


def test_nothing_is_overwritten_and_nothing_half_done_stays(ct: SeriesVolume, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").write_bytes(b"mine")
    with pytest.raises(MediaError) as raised:
        write_derived_series(ct, planes(ct), full, description="x")
    assert raised.value.advice
    assert [each.name for each in full.iterdir()] == ["mine"]
    told: list[ProgressReport] = []

    def stop(report: ProgressReport) -> None:
        told.append(report)
        if report.done == 2:
            progress.cancel()

    progress = Progress(stop)
    with pytest.raises(Cancelled):
        write_derived_series(ct, planes(ct), tmp_path / "gone", description="x", progress=progress)
    assert {(report.done, report.total) for report in told} == {(0, 4), (1, 4), (2, 4)}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["full"]


def test_what_cannot_be_written_is_refused_in_words(ct: SeriesVolume, tmp_path: Path) -> None:
    made = planes(ct)
    for volume, wanted, words in (
        (ct, [], "from 1 to"),
        (replace(ct, loaded=0.5), made, "still loading"),
        (replace(ct, images=()), made, "not known"),
        (replace(ct, condition=VolumeCondition(refusal="curved")), made, "curved"),
    ):
        with pytest.raises(VolumeError, match=words):
            write_derived_series(volume, wanted, tmp_path / "made", description="x")
    assert not (tmp_path / "made").exists()


def test_what_is_not_plain_about_the_volume_is_told(tmp_path: Path) -> None:
    volume = phantom(tmp_path / "source", tilt=15.0)
    made = read(write_derived_series(volume, planes(volume), tmp_path / "made", description="x"))[0]
    assert "tilted stack sheared upright" in made.DerivationDescription


def test_positions_are_written_to_the_last_digit_a_decimal_string_has(ct: SeriesVolume, tmp_path: Path) -> None:
    plane = planes(ct, count=2)
    paths = write_derived_series(ct, plane, tmp_path / "made", description="x")
    for each, wanted in zip(read(paths), plane, strict=True):
        assert [float(part) for part in each.ImagePositionPatient] == pytest.approx(wanted.plane.position, abs=1e-9)
        assert all(len(str(part)) <= 16 for part in each.ImagePositionPatient)


def test_the_uids_are_made_for_each_series_anew(ct: SeriesVolume, tmp_path: Path) -> None:
    first, second = (
        read(write_derived_series(ct, planes(ct, count=1), tmp_path / name, description="x"))[0] for name in "ab"
    )
    assert first.SeriesInstanceUID != second.SeriesInstanceUID
    assert first.SOPInstanceUID.startswith("2.25.")
    assert first.file_meta.MediaStorageSOPInstanceUID == first.SOPInstanceUID
    assert first.SOPInstanceUID != made_uid("phantom/instance")


SUV_MAPPING = item(
    LUTLabel="SUV",
    LUTExplanation="SUVbw",
    RealWorldValueFirstValueMapped=0,
    RealWorldValueLastValueMapped=32767,
    RealWorldValueIntercept=0.0,
    RealWorldValueSlope=0.001,
    MeasurementUnitsCodeSequence=[code("g/ml{SUVbw}", "UCUM", "SUVbw")],
)


def test_mappings_of_stored_values_stay_only_where_stored_values_do(tmp_path: Path) -> None:
    elements = {**PET, "RealWorldValueMappingSequence": [SUV_MAPPING]}
    slopes = [0.37 + 0.011 * index for index in range(12)]
    for name, slope, is_kept in (("one", 0.5, True), ("each", slopes, False)):
        volume = phantom(tmp_path / name, elements=elements, intercept=0.0, slope=slope)
        made = read(write_derived_series(volume, planes(volume), tmp_path / f"{name} made", description="PET"))[0]
        assert ("RealWorldValueMappingSequence" in made) == is_kept


def test_sums_are_in_nobodys_unit(ct: SeriesVolume, tmp_path: Path) -> None:
    pet = phantom(tmp_path / "pet", elements=PET, intercept=0.0)
    for name, volume in (("ct", ct), ("pet", pet)):
        slab = planes(volume, count=2, thickness_mm=6.0, projection=Projection.SUM)
        paths = write_derived_series(volume, slab, tmp_path / f"{name} made", description="sum")
        made = read(paths)[0]
        assert made.RescaleType == "US"
        assert "Units" not in made
        assert [errors_of(path) for path in paths] == [[], []]


def test_planes_beside_the_volume_are_no_series(ct: SeriesVolume, tmp_path: Path) -> None:
    away = [replace(each, plane=each.plane.moved_to((9000.0, 0.0, 0.0))) for each in planes(ct)]
    with pytest.raises(VolumeError, match="does not meet"):
        write_derived_series(ct, away, tmp_path / "made", description="x")
    assert not (tmp_path / "made").exists()


def test_the_phase_that_is_cut_speaks_for_its_images(tmp_path: Path) -> None:
    stack = upright_stack((40, 36, 12), (1.1, 0.9, 2.5), center_mm=(-21.0, 33.0, 412.0))
    for number, echo in enumerate((5, 15, 25)):
        elements = {**MR, "EchoTime": str(echo), "EchoNumbers": number + 1}
        write_phantom(tmp_path / "mr", stack, ramp(GRADIENT, 1500.0), elements=elements, first_number=1 + 12 * number)
    volume = loaded_volume(tmp_path / "mr")
    for phase, echo in enumerate((5, 15, 25)):
        made = read(write_derived_series(volume, planes(volume, phase=phase), tmp_path / str(phase), description="x"))
        assert {(each.EchoTime, each.EchoNumbers) for each in made} == {(echo, phase + 1)}
        assert f"phase {phase + 1} of 3" in made[0].DerivationDescription
