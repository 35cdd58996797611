"""`negatoscope reslice`: values where the options say, in LPS millimetres; pictures by the grey pipeline; refusals."""

import json
import math
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.builders.phantoms import loaded_volume, ramp, turned, upright_stack, write_phantom
from viewer.cli.main import main
from viewer.imaging.display_calibration import UNCALIBRATED

GRADIENT = (3.0, -2.0, 1.0)
SIZE, SPACING, MIDDLE = (34, 30, 22), (1.0, 1.0, 2.0), (10.0, -20.0, 5.0)


@pytest.fixture(scope="module")
def upright(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("upright")
    write_phantom(folder, upright_stack(SIZE, SPACING, center_mm=MIDDLE), ramp(GRADIENT, 10.5))
    return folder


@pytest.fixture(scope="module")
def oblique(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("oblique")
    lying = turned((0.0, 1.0, 0.0, 0.0, 0.0, -1.0), 25, (1, 2, 3))
    write_phantom(folder, upright_stack(SIZE, SPACING, orientation=lying, center_mm=MIDDLE), ramp(GRADIENT, 10.5))
    return folder


def resliced(folder: Path, *options: object) -> int:
    return main(["reslice", str(folder), *map(str, options)], Mock())


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def places(facts: dict[str, Any], number: int = 0) -> NDArray[np.float64]:
    columns, rows = facts["size"]
    across = np.arange(columns)[None, :, None] * facts["spacing_mm"] * np.array(facts["right"])
    down = np.arange(rows)[:, None, None] * facts["spacing_mm"] * np.array(facts["down"])
    return np.asarray(np.array(facts["origins_mm"][number]) + across + down)


def truth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(points @ np.array(GRADIENT) + 10.5)


@pytest.mark.parametrize(
    ("plane", "axes", "size"),
    [
        ("axial", ((1, 0, 0), (0, 1, 0)), [34, 30]),
        ("coronal", ((1, 0, 0), (0, 0, -1)), [34, 44]),
        ("sagittal", ((0, 1, 0), (0, 0, -1)), [30, 44]),
    ],
)
def test_named_planes_go_through_the_middle_and_hold_the_whole_volume(
    upright: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    plane: str,
    axes: tuple[tuple[int, ...], ...],
    size: list[int],
) -> None:
    assert resliced(upright, "-o", tmp_path / "out.npy", "--plane", plane, "--json") == 0
    facts, values = told(capsys), np.load(tmp_path / "out.npy")
    assert (facts["right"], facts["down"]) == (list(map(float, axes[0])), list(map(float, axes[1])))
    assert facts["size"] == size
    assert values.dtype == np.float32
    assert values.shape == (size[1], size[0])
    points = places(facts)
    inside = ~np.isnan(values)
    assert inside.all()
    half = np.array(SIZE) * SPACING / 2
    assert np.abs((points.mean(axis=(0, 1)) - MIDDLE) @ np.array(facts["normal"])) <= 1.0 + 1e-6
    deep = (np.abs(points - MIDDLE) <= half - np.array(SPACING) / 2 + 1e-6).all(axis=-1)
    assert deep.mean() > 0.9
    np.testing.assert_allclose(values[deep], truth(points)[deep], atol=1e-3)


def test_a_plane_of_ones_own_is_sampled_where_it_says(upright: Path, oblique: Path, tmp_path: Path) -> None:
    right, down = np.array([2.0, 1.0, 0.5]), np.array([-1.0, 2.0, 0.0])
    origin = np.array(MIDDLE) - 7 * right / np.linalg.norm(right) - 6 * down / np.linalg.norm(down)
    options = ["--origin", *origin, "--right", *right, "--down", *down, "--size", 21, 17, "--spacing", 0.7]
    grid = (
        origin
        + np.arange(21)[None, :, None] * 0.7 * right / np.linalg.norm(right)
        + np.arange(17)[:, None, None] * 0.7 * down / np.linalg.norm(down)
    )
    for folder in (upright, oblique):
        for extra in ([], ["--interpolation", "cubic"], ["--slab", 3, "--projection", "mean"]):
            assert resliced(folder, "-o", tmp_path / "out.npy", *options, *extra) == 0
            # Stored whole numbers: an oblique ramp is rounded in every voxel.
            tolerance = 1e-3 if folder == upright else 0.9
            np.testing.assert_allclose(np.load(tmp_path / "out.npy"), truth(grid), atol=tolerance)


def test_highest_lowest_and_sum_of_a_slab(upright: Path, tmp_path: Path) -> None:
    found = {}
    for projection in ("mean", "max", "min", "sum"):
        options = ("--plane", "axial", "--slab", 8, "--projection", projection, "--interpolation", "nearest")
        assert resliced(upright, "-o", tmp_path / "out.npy", *options) == 0
        found[projection] = np.load(tmp_path / "out.npy")
    volume = loaded_volume(upright)
    slices = volume.modality_values()[9:14].astype(np.float64)  # the middle one, 11, and what 4 mm reach to each side
    np.testing.assert_array_equal(found["max"], slices.max(axis=0))
    np.testing.assert_array_equal(found["min"], slices.min(axis=0))
    np.testing.assert_allclose(found["mean"], slices[2], atol=1e-3)
    np.testing.assert_allclose(found["sum"], 4 * slices[2], atol=1e-2)


def test_all_planes_of_a_volume_are_its_slices(
    upright: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert resliced(upright, "-o", tmp_path / "out.npy", "--plane", "axial", "--all", "--json") == 0
    facts = told(capsys)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), loaded_volume(upright).modality_values())
    assert facts["planes"] == 22
    assert resliced(upright, "-o", tmp_path / "few.npy", "--plane", "coronal", "--all", "--step", 5, "--json") == 0
    facts, values = told(capsys), np.load(tmp_path / "few.npy")
    distances = np.diff(np.array(facts["origins_mm"]) @ np.array(facts["normal"]))
    np.testing.assert_allclose(distances, 5.0)
    assert values.shape == (len(facts["origins_mm"]), 44, 34)
    for number, each in enumerate(values):
        np.testing.assert_allclose(each[5:-5], truth(places(facts, number))[5:-5], atol=1e-3)


def test_what_lies_outside_is_not_a_number(upright: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    origin = np.array(MIDDLE) - [30, 0, 0]
    options = ["--origin", *origin, "--right", 1, 0, 0, "--down", 0, 1, 0, "--size", 61, 3, "--spacing", 1]
    assert resliced(upright, "-o", tmp_path / "out.npy", *options, "--json") == 0
    points = places(told(capsys))
    outside = np.abs(points[..., 0] - MIDDLE[0]) > 17
    np.testing.assert_array_equal(np.isnan(np.load(tmp_path / "out.npy")), outside)
    far = ["--origin", 900, 0, 0, "--right", 1, 0, 0, "--down", 0, 1, 0, "--size", 5, 5, "--spacing", 1]
    assert resliced(upright, "-o", tmp_path / "far.npy", *far) == 1
    assert "does not meet the volume" in capsys.readouterr().err
    assert not (tmp_path / "far.npy").exists()


def test_pictures_go_through_the_window(upright: Path, tmp_path: Path) -> None:
    options = ("--plane", "axial", "--window", 40, 101)
    assert resliced(upright, "-o", tmp_path / "out.png", *options) == 0
    assert resliced(upright, "-o", tmp_path / "out.npy", *options[:2]) == 0
    values = np.load(tmp_path / "out.npy").astype(np.float64)
    interest = np.clip((values - 39.5) / 100 + 0.5, 0, 1)  # PS3.3 C.11.2.1.2.1
    shades = UNCALIBRATED.display_lut()[np.rint(interest * 65535).astype(int)].astype(float)
    with Image.open(tmp_path / "out.png") as picture:
        assert np.abs(np.asarray(picture, np.float64) - shades).max() <= 1
    assert resliced(upright, "-o", tmp_path / "many", "--plane", "sagittal", "--all", "--step", 10) == 0
    assert sorted(each.name for each in (tmp_path / "many").iterdir()) == [
        f"plane-{number:04}.png" for number in range(1, 4)
    ]


def test_a_new_series_loads_back_onto_the_same_place(upright: Path, tmp_path: Path) -> None:
    options = ("--plane", "coronal", "--all", "--step", 3, "--slab", 3)
    assert resliced(upright, "--dicom", tmp_path / "new", "-o", tmp_path / "out.npy", *options) == 0
    values = np.load(tmp_path / "out.npy")
    volume = loaded_volume(tmp_path / "new")
    files = sorted((tmp_path / "new").iterdir())
    assert len(files) == len(values)
    loaded = volume.modality_values()
    assert volume.geometry.dimensions == (values.shape[2], values.shape[1], values.shape[0])
    i, j, k = 5, 12, 3
    expected = float(truth(np.array([volume.geometry.point_patient(i, j, k)]))[0])
    assert loaded[k, j, i] == pytest.approx(expected, abs=1.0)
    assert pydicom.dcmread(files[0]).ImageType[:2] == ["DERIVED", "SECONDARY"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-o", "x.npy"], "either --plane or"),
        (["-o", "x.npy", "--plane", "axial", "--right", 1, 0, 0, "--down", 0, 1, 0], "either --plane or"),
        (["-o", "x.npy", "--right", 1, 0, 0, "--down", 0, 1, 0], "needs --origin"),
        (["--plane", "axial"], "-o, --dicom or both"),
        (["-o", "x.png", "--plane", "axial", "--all"], "Many planes"),
        (["-o", "x.npy", "--plane", "axial", "--step", 3], "--step is for --all"),
        (["-o", "x.npy", "--plane", "axial", "--slab", -1], "cannot be -1.0 mm thick"),
        (["-o", "x.npy", "--plane", "axial", "--spacing", 0], "--spacing is not a length"),
        (["-o", "x.npy", "--plane", "axial", "--phase", 2], "only 1 phases"),
        (["-o", "x.npy", "--origin", 0, 0, 0, "--right", 1, 0, 0, "--down", 1, 1, 0], "not at a right angle"),
        (["-o", "x.npy", "--origin", 0, 0, 0, "--right", 0, 0, 0, "--down", 1, 1, 0], "two directions"),
        (["-o", "x.npy", "--origin", math.nan, 0, 0, "--right", 1, 0, 0, "--down", 0, 1, 0], "--origin is a place"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    upright: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[object],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert resliced(upright, *options) == 2
    error = capsys.readouterr().err
    assert words in error
    assert not list(tmp_path.iterdir())


def test_real_series_are_cut_where_simpleitk_cuts_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import SimpleITK as Itk

    folder = Path(__file__).parents[3].parent / "shared" / "data" / "mr-volume-192"
    if not folder.is_dir():
        pytest.skip("the shared data are not here")
    reader = Itk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    image = Itk.Cast(reader.Execute(), Itk.sitkFloat32)
    assert resliced(folder, "-o", tmp_path / "out.npy", "--plane", "coronal", "--spacing", 1.1, "--json") == 0
    facts, values = told(capsys), np.load(tmp_path / "out.npy")
    directions = np.array([facts["right"], facts["down"], facts["normal"]]).T
    grid = Itk.Image([*facts["size"], 1], Itk.sitkFloat32)
    grid.SetOrigin(facts["origins_mm"][0])
    grid.SetSpacing([facts["spacing_mm"], facts["spacing_mm"], 1.0])
    grid.SetDirection(directions.ravel().tolist())
    cut = Itk.GetArrayFromImage(Itk.Resample(image, grid, Itk.Transform(), Itk.sitkLinear, float("nan")))[0]
    both = ~np.isnan(cut) & ~np.isnan(values)
    assert both.mean() > 0.6
    assert np.isnan(cut)[np.isnan(values)].all()
    np.testing.assert_allclose(values[both], cut[both], atol=0.05)
