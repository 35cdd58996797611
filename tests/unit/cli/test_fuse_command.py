"""`negatoscope fuse`: real PET on CT, pixel by pixel as SimpleITK resamples and numpy mixes it; refusals in words."""

import json
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.builders.pet_ct import write_ct, write_pet
from viewer.cli.main import main
from viewer.imaging.display_calibration import UNCALIBRATED
from viewer.imaging.fusion_palettes import fusion_palette

BODIES = [("STS_001", "axial"), ("STS_001", "coronal"), ("STS_002", "sagittal")]


def itk_values(folder: Path, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the modality values of a series at places in LPS mm, NaN outside; by ITK, linearly."""
    import SimpleITK as Itk

    reader = Itk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = Itk.Cast(reader.Execute(), Itk.sitkFloat64)
    rows, columns = places.shape[:2]
    across, along = places[0, 1] - places[0, 0], places[1, 0] - places[0, 0]
    right, down = across / np.linalg.norm(across), along / np.linalg.norm(along)
    grid = Itk.Image(columns, rows, 1, Itk.sitkFloat64)
    grid.SetOrigin([float(value) for value in places[0, 0]])
    grid.SetSpacing([float(np.linalg.norm(across)), float(np.linalg.norm(along)), 1.0])
    grid.SetDirection(np.stack([right, down, np.cross(right, down)], axis=1).ravel().tolist())
    found = Itk.Resample(image, grid, Itk.Transform(), Itk.sitkLinear, float("nan"), Itk.sitkFloat64)
    values: NDArray[np.float64] = Itk.GetArrayFromImage(found)[0]
    return values


def picture_places(told: dict[str, object], size: tuple[int, int]) -> NDArray[np.float64]:
    plane = told["plane"]
    assert isinstance(plane, dict)
    y, x = np.indices((size[1], size[0])) + 0.5
    to_image = np.array(plane["image_from_picture"])
    column, row = (part[0] * x + part[1] * y + part[2] - 0.5 for part in to_image)
    right, down = np.array(plane["right"]), np.array(plane["down"])
    across, along = plane["spacing_mm"]
    places: NDArray[np.float64] = (
        np.array(plane["origin_mm"]) + column[..., None] * right * across + row[..., None] * down * along
    )
    return places


@pytest.mark.parametrize(("body", "plane"), BODIES)
def test_real_series_are_laid_over_each_other_as_itk_and_numpy_have_it(
    body: str, plane: str, shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, output, size = shared_data / "pet-ct-mr-rt" / body, tmp_path / "out.png", (240, 200)
    command = ["fuse", str(folder / "CT"), str(folder / "PET"), "-o", str(output), "--plane", plane, "--json"]
    options = ["--size", "240x200", "--window", "40", "400", "--overlay-window", "1", "9", "--opacity", "0.6"]
    assert main([*command, *options], Mock()) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["overlay"]["title"] == "SUVbw"
    with Image.open(output) as picture:
        shown = np.asarray(picture).astype(int)
    places = picture_places(told, size)
    greys, uptake = itk_values(folder / "CT", places), itk_values(folder / "PET", places)
    level = np.clip((greys - 39.5) / 399.0 + 0.5, 0, 1)
    display = UNCALIBRATED.display_lut()[np.rint(np.nan_to_num(level) * 65535).astype(int)].astype(float)
    index = np.rint(np.clip((np.nan_to_num(uptake) - 1) / 8, 0, 1) * 255).astype(int)
    weight = np.rint(np.clip(index / 51, 0, 1) * round(0.6 * 256))[..., None] / 256
    wanted = np.floor(display[..., None] * (1 - weight) + fusion_palette("hot-iron")[index] * weight + 0.5)
    both = np.isfinite(greys) & np.isfinite(uptake)
    assert both.mean() > 0.5
    difference = np.abs(shown - wanted).max(axis=2)[both]
    # CT values are rounded to whole HU between voxels: up to two greys on the steep part of the display's curve.
    assert np.quantile(difference, 0.999) <= 3
    assert difference.mean() < 0.6


def test_two_patients_are_not_laid_over_each_other(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, output = shared_data / "pet-ct-mr-rt", tmp_path / "out.png"
    command = ["fuse", str(folder / "STS_001/CT"), str(folder / "STS_002/PET"), "-o", str(output)]
    assert main(command, Mock()) == 1
    assert "Frame of Reference" in capsys.readouterr().err
    assert not output.exists()


def test_two_patients_that_share_a_frame_of_reference_are_not_either(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_ct(tmp_path / "ct")
    for path in write_pet(tmp_path / "pet"):
        data_set = pydicom.dcmread(path)
        data_set.PatientID = "HOT2"
        data_set.save_as(path)
    command = ["fuse", str(tmp_path / "ct"), str(tmp_path / "pet"), "-o", str(tmp_path / "out.png")]
    assert main(command, Mock()) == 1
    assert "different patients" in capsys.readouterr().err


def test_a_single_slice_is_a_base_too_and_suv_is_a_choice(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, output = shared_data / "pet-ct-mr-rt" / "STS_002", tmp_path / "out.png"
    base = next(path for path in sorted((folder / "MR_T1").iterdir()) if path.name != "RS.dcm")
    command = ["fuse", str(base), str(folder / "PET"), "-o", str(output), "--size", "100x100", "--json"]
    assert main([*command, "--suv", "lbm-janma"], Mock()) == 0
    assert json.loads(capsys.readouterr().out)["overlay"]["title"] == "SUVlbm(Janma)"
    with Image.open(output) as picture:
        assert picture.size == (100, 100)
    assert main([*command, "--suv", "none"], Mock()) == 0
    told = json.loads(capsys.readouterr().out)["overlay"]
    assert (told["title"], told["unit"]) == ("PT", "g/ml")
    assert main(["fuse", str(base), str(folder / "CT"), "-o", str(output), "--suv", "bw"], Mock()) == 1
    assert "no PET image" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ["-o", "out.jpg"],
        ["-o", "out.png", "--opacity", "2"],
        ["-o", "out.png", "--palette", "none"],
        ["-o", "out.png", "--overlay-window", "5", "5"],
        ["-o", "out.png", "--slab", "-1"],
        ["-o", "out.png", "--phase", "0"],
        ["-o", "out.png", "--window", "40", "0.5"],
        ["-o", "out.png", "--center", "nan", "0", "0"],
    ],
)
def test_wrong_usage(options: list[str], tmp_path: Path) -> None:
    assert main(["fuse", str(tmp_path), str(tmp_path), *options], Mock()) == 2
