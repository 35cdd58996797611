"""`negatoscope measure` is a contract: options, JSON fields, exit codes; numbers with source, refusals with reason."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import JPEG2000Lossless

from tests.builders.gray_images import data_set, write
from tests.flows.command_line import run as run_process
from tests.unit.cli.no_faces import run as run_here

VALUES = np.random.default_rng(11).integers(-1000, 2000, (48, 64)).astype(np.int16)


@pytest.fixture
def ct(tmp_path: Path) -> Path:
    """A CT of pixels twice as high as wide."""
    image = data_set(
        VALUES,
        Modality="CT",
        SOPClassUID="1.2.840.10008.5.1.4.1.1.2",
        PixelSpacing=[1.0, 0.5],
        RescaleSlope=1,
        RescaleIntercept=-24,
        RescaleType="HU",
    )
    return write(tmp_path / "ct.dcm", image)


class Here:
    """The command in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        code = run_here(self.folder, ["measure", *arguments])
        output, errors = self.capsys.readouterr()
        return code, output, errors

    def json(self, *arguments: object, code: int = 0) -> dict[str, Any]:
        ended, output, errors = self(*arguments, "--json")
        assert ended == code, errors
        assert (errors == "") is (code == 0)
        found: dict[str, Any] = json.loads(output)
        return found


@pytest.fixture
def measure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(tmp_path, capsys)


def test_a_length_as_a_process(ct: Path, tmp_path: Path) -> None:
    ended = run_process(tmp_path, "measure", ct, "--length", 10, 10, 16, 14, "--json")
    assert (ended.code, ended.errors) == (0, "")
    told = ended.json()
    assert told["value"] == pytest.approx(5)
    assert (told["unit"], told["calibration_source"], told["statistics"]) == ("mm", "patient", None)
    assert told["points"] == [[10, 10], [16, 14]]
    assert (told["kind"], told["frame"], told["refusal"]) == ("length", 1, "")


def test_an_angle_is_the_one_at_the_second_point(ct: Path, measure: Here) -> None:
    told = measure.json(ct, "--angle", 20, 10, 10, 10, 20, 15)
    assert told["value"] == pytest.approx(math.degrees(math.atan2(5, 5)))
    assert told["unit"] == "deg"


@pytest.mark.parametrize(
    ("option", "numbers", "area"),
    [
        ("--rectangle", (4, 6, 24, 16), 10 * 10),
        ("--ellipse", (24, 16, 4, 6), math.pi * 5 * 5),
        ("--polygon", (4, 6, 24, 6, 24, 16, 4, 16), 10 * 10),
        ("--polygon", (4, 6, 24, 6, 4, 16), 50),
    ],
)
def test_regions_have_areas_and_numpys_statistics(
    option: str, numbers: tuple[float, ...], area: float, ct: Path, measure: Here
) -> None:
    told = measure.json(ct, option, *numbers)
    assert (told["value"], told["unit"]) == (pytest.approx(area), "mm2")
    values = VALUES[inside(option, numbers)] - 24.0
    statistics = told["statistics"]
    assert statistics["n"] == values.size
    assert statistics["mean"] == pytest.approx(values.mean())
    assert statistics["sd"] == pytest.approx(values.std(ddof=1))
    assert (statistics["min"], statistics["max"]) == (values.min(), values.max())
    assert statistics["median"] == np.median(values)
    assert (statistics["unit"], statistics["area"], statistics["area_unit"]) == ("HU", told["value"], "mm2")
    assert sum(statistics["histogram"]["counts"]) == values.size
    assert "centre is inside" in statistics["rule"]


def inside(option: str, numbers: tuple[float, ...]) -> NDArray[np.bool_]:
    """Return the pixels whose centre lies inside, by the formulas of the shapes."""
    x, y = np.arange(64) + 0.5, (np.arange(48) + 0.5)[:, None]
    box = (x >= 4) & (x <= 24) & (y >= 6) & (y <= 16)
    if option == "--ellipse":
        return np.asarray(((x - 14) / 10) ** 2 + ((y - 11) / 5) ** 2 <= 1)
    return np.asarray(box & ((x - 4) / 20 + (y - 6) / 10 <= 1)) if len(numbers) == 6 else np.asarray(box)


def test_a_refusal_is_told_twice_and_exits_with_one(tmp_path: Path, measure: Here) -> None:
    image = data_set(VALUES, Modality="MR", PixelSpacing=[1, 1], VolumetricProperties="DISTORTED")
    path = write(tmp_path / "curved.dcm", image)
    told = measure.json(path, "--length", 1, 1, 9, 9, code=1)
    assert (told["value"], told["unit"]) == (None, None)
    assert "curved" in told["refusal"]
    code, output, errors = measure(path, "--length", 1, 1, 9, 9)
    assert code == 1
    assert "curved" in output
    assert errors == f"negatoscope: {path}: {told['refusal']}\n"


def test_each_frame_has_its_own_scale(tmp_path: Path, measure: Here) -> None:
    frames = []
    for spacing in ([1.0, 1.0], [0.5, 0.25]):
        measures, group = Dataset(), Dataset()
        measures.PixelSpacing = spacing
        group.PixelMeasuresSequence = Items([measures])
        frames.append(group)
    image = data_set(np.stack([VALUES, VALUES + 100]), Modality="MR", PerFrameFunctionalGroupsSequence=Items(frames))
    path = write(tmp_path / "frames.dcm", image)
    assert measure.json(path, "--length", 0, 0, 4, 0)["value"] == 4
    told = measure.json(path, "--rectangle", 0, 0, 4, 4, "--frame", 2)
    assert told["value"] == pytest.approx(2)
    assert told["statistics"]["mean"] == pytest.approx(VALUES[:4, :4].mean() + 100)
    code, _output, errors = measure(path, "--length", 0, 0, 4, 0, "--frame", 3)
    assert (code, errors) == (2, f"negatoscope: {path}: There are only 2 frames\n")


def test_pixels_where_there_is_no_spacing(tmp_path: Path, measure: Here) -> None:
    path = write(tmp_path / "plain.dcm", data_set(VALUES))
    told = measure.json(path, "--length", 0, 0, 3, 4)
    assert (told["value"], told["unit"], told["calibration_source"]) == (5, "px", "pixels")


def test_a_known_length_sets_the_scale_of_this_call(tmp_path: Path, measure: Here) -> None:
    path = write(tmp_path / "plain.dcm", data_set(VALUES, Modality="DX", ImagerPixelSpacing=[0.2, 0.2]))
    told = measure.json(path, "--length", 0, 0, 3, 4, "--calibrate", 0, 0, 10, 0, 20)
    assert (told["value"], told["unit"], told["calibration_source"]) == (pytest.approx(10), "mm", "fiducial")
    assert told["calibration_description"] == "known length 20 mm"
    assert measure.json(path, "--length", 0, 0, 3, 4)["calibration_source"] == "detector"
    assert measure(path, "--length", 0, 0, 3, 4, "--calibrate", 0, 0, 10, 0, -1)[0] == 2


def test_any_tool_by_its_id(ct: Path, measure: Here) -> None:
    told = measure.json(ct, "--kind", "cobb", "--points", 4, 4, 24, 8, 4, 40, 24, 36)
    assert told["value"] == pytest.approx(2 * math.degrees(math.atan2(4, 10)))
    told = measure.json(ct, "--kind", "bidirectional", "--points", 4, 10, 24, 10)
    assert [each["value"] for each in told["readings"]] == pytest.approx([10, 5])
    assert told["readings"][1]["code"] == {"value": "103340004", "scheme": "SCT", "meaning": "Short axis"}


def test_an_ellipse_by_the_ends_of_its_axes(ct: Path, measure: Here) -> None:
    """As SCOORD has it: here a circle of 5 mm, its axes turned as pixels twice as high as wide ask for."""
    turned = measure.json(ct, "--kind", "ellipse", "--points", 24, 17, 36, 23, 24, 23, 36, 17)
    assert turned["value"] == pytest.approx(math.pi * math.hypot(3, 3) ** 2)
    assert turned["points"] == [[24, 17], [36, 23], [24, 23], [36, 17]]
    assert measure(ct, "--kind", "ellipse", "--points", 24, 17, 36, 23, 24, 23)[0] == 2


def test_colour_has_an_area_and_a_reason(tmp_path: Path, measure: Here) -> None:
    image = data_set(np.zeros((16, 48), np.uint8), PixelSpacing=[1, 1])
    image.Columns, image.SamplesPerPixel, image.PhotometricInterpretation, image.PlanarConfiguration = 16, 3, "RGB", 0
    path = write(tmp_path / "colour.dcm", image)
    told = measure.json(path, "--rectangle", 1, 1, 11, 11)
    assert told["value"] == pytest.approx(100)
    assert told["statistics"] is None
    assert "colour" in told["statistics_refusal"]


def test_lengths_need_no_pixels_that_can_be_decoded(tmp_path: Path, measure: Here) -> None:
    image = data_set(VALUES, Modality="CT", PixelSpacing=[1, 1])
    path = write(tmp_path / "broken.dcm", image)
    image = pydicom.dcmread(path)
    image.file_meta.TransferSyntaxUID = JPEG2000Lossless
    image.PixelData = pydicom.encaps.encapsulate([b"no codestream at all"])
    image["PixelData"].is_undefined_length = True
    image.save_as(path)
    told = measure.json(path, "--length", 0, 0, 3, 4)
    assert told["value"] == 5
    assert any("cannot be read" in text for text in told["cautions"])
    told = measure.json(path, "--rectangle", 0, 0, 3, 4)
    assert (told["value"], told["statistics"]) == (12, None)
    assert "cannot be read" in told["statistics_refusal"]


def test_plain_text(ct: Path, measure: Here) -> None:
    code, output, errors = measure(ct, "--rectangle", 4, 6, 24, 16)
    assert (code, errors) == (0, "")
    assert output.splitlines()[0] == "Area: 100.0 mm²"
    assert output.splitlines()[-1] == "Pixels: 200"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--length", 1, 2, 3),
        ("--polygon", 1, 2, 3, 4),
        ("--polygon", 1, 2, 3, 4, 5),
        ("--length", 1, 2, "nan", 4),
        ("--length", 1, 2, 3, 4, "--frame", 0),
        ("--kind", "lenght", "--points", 1, 2, 3, 4),
        ("--kind", "length"),
        ("--kind", "angle", "--points", 1, 2, 3, 4),
        ("--kind", "arrow", "--points", 1, 2, 3, 4),
        ("--length", 1, 2, 3, 4, "--points", 1, 2),
        ("--length", 1, 2, 3, 4, "--angle", 1, 2, 3, 4, 5, 6),
        (),
    ],
)
def test_wrong_usage(arguments: tuple[object, ...], ct: Path, measure: Here) -> None:
    code, output, errors = measure(ct, *arguments)
    assert (code, output) == (2, "")
    assert errors


def test_files_that_are_no_images(tmp_path: Path, measure: Here) -> None:
    (tmp_path / "text.txt").write_text("no image")
    for path in (tmp_path / "text.txt", tmp_path, tmp_path / "none.dcm"):
        code, output, errors = measure(path, "--length", 1, 2, 3, 4, "--json")
        assert (code, output) == (1, "")
        assert errors.count("\n") == 1


@pytest.mark.real_data
def test_a_real_pet_has_suv_beside_its_own_values(shared_data: Path, measure: Here) -> None:
    path = shared_data / "pet-ct-mr-rt" / "STS_001" / "PET" / "000000.dcm"
    told = measure.json(path, "--ellipse", 10, 10, 30, 40)
    own, suv = told["statistics"], told["suv"]["bw"]
    assert own["n"] == suv["n"] > 100
    assert suv["mean"] == pytest.approx(own["mean"])  # this series is in SUV already
    assert (suv["ucum"], suv["source"]) == ("g/ml{SUVbw}", "SUVbw")


@pytest.mark.real_data
def test_a_real_ultrasound_is_measured_by_its_region(shared_data: Path, measure: Here) -> None:
    path = shared_data / "ultrasound-cine" / "I_000001.dcm"
    image = pydicom.dcmread(path, stop_before_pixels=True)
    region = image.SequenceOfUltrasoundRegions[0]
    told = measure.json(path, "--length", 100, 100, 200, 180, "--frame", 2)
    expected = 10 * math.hypot(100 * region.PhysicalDeltaX, 80 * region.PhysicalDeltaY)
    assert (told["value"], told["calibration_source"]) == (pytest.approx(expected), "us region")
    told = measure.json(path, "--length", 100, 100, 100, 390, code=1)
    assert "ultrasound region" in told["refusal"]
