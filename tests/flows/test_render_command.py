"""`negatoscope render` is a contract: types of the stages, frames from 1, sizes, plain failures."""

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.data import get_testdata_file

from tests.builders.ct_series import ct_slice, write_ct_series
from tests.flows.command_line import run

CENTER, WIDTH = 40.0, 400.0
TYPES = {"stored": np.int16, "modality": np.float64, "voi": np.float64, "p-value": np.uint16, "display": np.uint8}


def bundled(name: str) -> Path:
    return Path(str(get_testdata_file(name, download=False)))


@pytest.fixture(scope="module")
def ct() -> Path:
    return bundled("CT_small.dcm")


@pytest.fixture(scope="module")
def hu(ct: Path) -> NDArray[np.float64]:
    image = pydicom.dcmread(ct)
    stored = np.frombuffer(image.PixelData, "<i2").reshape(image.Rows, image.Columns)
    return stored * float(image.RescaleSlope) + float(image.RescaleIntercept)


def rendered(folder: Path, *arguments: object, name: str = "out.npy") -> NDArray[Any]:
    ended = run(folder, "render", *arguments, "-o", folder / name)
    assert (ended.code, ended.output, ended.errors) == (0, "", "")
    if name.endswith(".npy"):
        return np.asarray(np.load(folder / name))
    with Image.open(folder / name) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture)


@pytest.mark.parametrize("stage", TYPES)
def test_an_array_has_the_type_and_values_of_its_stage(
    stage: str, ct: Path, hu: NDArray[np.float64], tmp_path: Path
) -> None:
    found = rendered(tmp_path, ct, "--stage", stage, "--window", CENTER, WIDTH)
    assert found.dtype == TYPES[stage]
    assert found.shape == hu.shape
    voi = np.clip((hu - (CENTER - 0.5)) / (WIDTH - 1) + 0.5, 0, 1)  # PS3.3 C.11.2.1.2.1
    if stage == "stored":
        assert (found == hu + 1024).all()
    elif stage == "modality":
        assert (found == hu).all()
    elif stage == "voi":
        assert found == pytest.approx(voi, abs=1e-9)
    elif stage == "p-value":
        assert np.abs(found - voi * 65535).max() <= 1
    else:
        # A display that follows the eye (PS3.14): dark stays dark, and nothing that is brighter gets darker.
        order = np.argsort(voi.ravel())
        assert (np.diff(found.ravel()[order].astype(int)) >= 0).all()
        assert (found[voi == 0].max(), found[voi == 1].min()) == (0, 255)


def test_functions_of_the_window(ct: Path, hu: NDArray[np.float64], tmp_path: Path) -> None:
    options = ("--stage", "voi", "--window", "-600", "1500.5", "--voi-function")
    found = rendered(tmp_path, ct, *options, "sigmoid")
    assert found == pytest.approx(1 / (1 + np.exp(-4 * (hu + 600) / 1500.5)), abs=1e-9)
    found = rendered(tmp_path, ct, *options, "linear-exact")
    assert found == pytest.approx(np.clip((hu + 600) / 1500.5 + 0.5, 0, 1), abs=1e-9)


def test_without_a_stage_a_picture_of_the_image_in_its_own_window(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path, 1, 64)  # its first window is 40/400
    picture = rendered(tmp_path, path, name="out.png")
    assert picture.shape == (64, 64)
    assert picture.dtype == np.uint8
    assert (picture == rendered(tmp_path, path, "--window", "40", "400")).all()
    assert (picture == rendered(tmp_path, path, "--voi", "0")).all()
    lung = rendered(tmp_path, path, "--voi", "1", "--stage", "voi")
    hu = ct_slice(0, 64) - 1024.0
    assert lung == pytest.approx(np.clip((hu + 599.5 + 1) / 1499 + 0.5, 0, 1), abs=1e-9)


def test_frames_of_a_compressed_object_count_from_1(tmp_path: Path) -> None:
    path = bundled("SC_rgb_rle_2frame.dcm")
    truth = pydicom.dcmread(path).pixel_array
    for number in (1, 2):
        assert (rendered(tmp_path, path, "--frame", number, "--stage", "stored") == truth[number - 1]).all()
    for wrong, words in (("0", "1"), ("3", "2 frames"), ("-1", "1")):
        ended = run(tmp_path, "render", path, "--frame", wrong, "-o", tmp_path / "none.npy")
        assert ended.code == 2
        assert words in ended.line
    assert not (tmp_path / "none.npy").exists()


def test_a_size_is_the_size_of_the_picture(ct: Path, tmp_path: Path) -> None:
    assert rendered(tmp_path, ct, "--size", "300", "200", name="out.png").shape == (200, 300)
    assert rendered(tmp_path, bundled("examples_palette.dcm"), "--size", "30", "20").shape == (20, 30, 3)


def test_values_of_sixteen_bits_survive_in_a_picture(ct: Path, tmp_path: Path) -> None:
    options = (ct, "--stage", "p-value", "--window", "40", "400")
    picture = rendered(tmp_path, *options, name="out.png")
    assert picture.dtype.itemsize >= 2
    assert (picture == rendered(tmp_path, *options)).all()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--stage", "modality", "-o", "out.png"),
        ("-o", "out.jpg"),
        ("-o", "out.npy", "--stage", "nonsense"),
        ("-o", "out.npy", "--window", "40"),
        ("-o", "out.npy", "--window", "40", "0"),
        ("-o", "out.npy", "--voi", "99"),
        ("-o", "out.npy", "--size", "0", "4"),
        (),
    ],
)
def test_wrong_usage_ends_with_2_and_writes_nothing(arguments: tuple[str, ...], ct: Path, tmp_path: Path) -> None:
    ended = run(tmp_path, "render", ct, *arguments)
    assert (ended.code, ended.output) == (2, "")
    assert ended.errors
    assert not list(tmp_path.glob("out.*"))


def test_pixels_that_are_not_whole_are_said_to_be_so(tmp_path: Path) -> None:
    (whole,) = write_ct_series(tmp_path, 1, 64)
    cut = tmp_path / "cut.dcm"
    cut.write_bytes(whole.read_bytes()[: -32 * 64 * 2])
    ended = run(tmp_path, "render", cut, "--stage", "stored", "-o", "cut.npy")
    assert (ended.code, ended.output) == (0, "")
    assert f"{cut}: The pixel data end early" in ended.line
    assert (np.load(tmp_path / "cut.npy")[:32] == ct_slice(0, 64)[:32]).all()


def _text(folder: Path) -> Path:
    path = folder / "notes.txt"
    path.write_text("no picture " * 100)
    return path


def _report(_folder: Path) -> Path:
    return bundled("test-SR.dcm")


def _cut(folder: Path) -> Path:
    path = folder / "cut.dcm"
    path.write_bytes(bundled("JPEG2000.dcm").read_bytes()[:2400])
    return path


def _pipe(folder: Path) -> Path:
    import os

    path = folder / "pipe"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize(
    "place",
    [
        lambda folder: folder / "absent.dcm",
        lambda folder: folder,
        _text,
        _report,
        _cut,
        _pipe,
        lambda _folder: Path("/proc/self/mem"),
    ],
    ids=["absent", "folder", "text", "report", "cut", "pipe", "failing"],
)
def test_what_cannot_be_rendered_ends_with_1_and_one_line(place: Any, tmp_path: Path) -> None:
    path: Path = place(tmp_path)
    ended = run(tmp_path, "render", path, "-o", "out.npy")
    assert (ended.code, ended.output) == (1, "")
    assert ended.line.startswith(f"negatoscope: {path}: ")
    assert not (tmp_path / "out.npy").exists()


def test_a_place_that_cannot_be_written_ends_with_1(ct: Path, tmp_path: Path) -> None:
    for name in ("absent/out.png", "absent/out.npy"):
        ended = run(tmp_path, "render", ct, "-o", tmp_path / name)
        assert ended.code == 1
        assert name in ended.line
