"""`negatoscope render` through the command line: types, values, and how failures end."""

import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from tests.builders.gray_images import data_set, lut_item, write
from tests.unit.cli.no_faces import NoFaces
from viewer.cli.main import main

DCM2PNM = Path("/usr/bin/dcm2pnm")


def run(tmp_path: Path, file: Path, *options: str, output: str = "out.npy") -> int:
    out = tmp_path / output
    return main(["render", str(file), "-o", str(out), "--config", str(tmp_path), *options], NoFaces())


def rendered(tmp_path: Path, file: Path, *options: str) -> np.ndarray:
    assert run(tmp_path, file, *options) == 0
    return np.asarray(np.load(tmp_path / "out.npy"))


@pytest.fixture
def ct() -> Path:
    return Path(str(get_testdata_file("CT_small.dcm", download=False)))


def test_every_stage_of_a_ct_by_numpy(tmp_path: Path, ct: Path) -> None:
    image = pydicom.dcmread(ct)
    stored = np.frombuffer(image.PixelData, "<i2").reshape(image.Rows, image.Columns)
    hu = stored * float(image.RescaleSlope) + float(image.RescaleIntercept)
    voi = np.clip((hu - 39.5) / 399 + 0.5, 0, 1)
    window = ("--window", "40", "400")
    found = rendered(tmp_path, ct, "--stage", "stored")
    assert (found == stored).all()
    assert found.dtype.kind == "i"
    found = rendered(tmp_path, ct, "--stage", "modality")
    assert (found == hu).all()
    assert found.dtype == np.float64
    found = rendered(tmp_path, ct, "--stage", "voi", *window)
    assert found == pytest.approx(voi)
    assert found.dtype.kind == "f"
    found = rendered(tmp_path, ct, "--stage", "p-value", *window)
    assert np.abs(found - voi * 65535).max() <= 1
    assert found.dtype == np.uint16
    found = rendered(tmp_path, ct, *window)
    assert found.dtype == np.uint8
    assert found.shape == stored.shape
    for function, expected in (
        ("linear-exact", np.clip((hu - 40) / 400 + 0.5, 0, 1)),
        ("sigmoid", 1 / (1 + np.exp(-4 * (hu - 40) / 400))),
    ):
        found = rendered(tmp_path, ct, "--stage", "voi", *window, "--voi-function", function)
        assert found == pytest.approx(expected)


@pytest.mark.skipif(not DCM2PNM.exists(), reason="DCMTK is not installed")
@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "MR_small_implicit.dcm", "MR_small_bigendian.dcm"])
def test_p_values_equal_dcmtk(tmp_path: Path, name: str) -> None:
    file = get_testdata_file(name, download=False)
    theirs = tmp_path / "theirs.pgm"
    line = [str(DCM2PNM), "-O", "+Ww", "300", "900", "+op", str(file), str(theirs)]
    subprocess.run(line, check=True, capture_output=True)
    ours = rendered(tmp_path, Path(str(file)), "--stage", "p-value", "--window", "300", "900") // 257
    assert np.abs(ours.astype(int) - np.asarray(Image.open(theirs), int)).max() <= 1


def test_pictures(tmp_path: Path, ct: Path) -> None:
    array = rendered(tmp_path, ct)
    assert run(tmp_path, ct, output="out.png") == 0
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.mode == "L"
        assert (np.asarray(picture) == array).all()
    array = rendered(tmp_path, ct, "--stage", "p-value")
    assert run(tmp_path, ct, "--stage", "p-value", output="out.png") == 0
    with Image.open(tmp_path / "out.png") as picture:
        assert (np.asarray(picture) == array).all()


def test_frames_count_from_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames = np.stack([np.full((2, 2), value, np.uint8) for value in (7, 8, 9)])
    file = write(tmp_path / "a.dcm", data_set(frames))
    for number in (1, 2, 3):
        assert (rendered(tmp_path, file, "--frame", str(number), "--stage", "stored") == 6 + number).all()
    assert run(tmp_path, file, "--frame", "0") == 2
    assert run(tmp_path, file, "--frame", "4") != 0
    assert "3 frames" in capsys.readouterr().err


def test_choosing_among_the_images_own_windows(tmp_path: Path) -> None:
    image = data_set(
        np.arange(256, dtype=np.uint8).reshape(16, 16), WindowCenter=["50", "128"], WindowWidth=["1", "256"]
    )
    image.VOILUTSequence = pydicom.Sequence([lut_item([256, 0, 8], bytes(range(255, -1, -1)))])
    file = write(tmp_path / "a.dcm", image)
    stage = ("--stage", "voi")
    assert np.unique(rendered(tmp_path, file, *stage)).tolist() == [0, 1]
    assert (rendered(tmp_path, file, *stage, "--voi", "0") == rendered(tmp_path, file, *stage)).all()
    assert rendered(tmp_path, file, *stage, "--voi", "1").ravel() * 255 == pytest.approx(np.arange(256))
    assert rendered(tmp_path, file, *stage, "--voi", "2").ravel() * 255 == pytest.approx(np.arange(256)[::-1])
    assert run(tmp_path, file, "--voi", "3") == 2
    exact = rendered(tmp_path, file, *stage, "--voi", "1", "--voi-function", "linear-exact")
    assert exact.ravel() == pytest.approx((np.arange(256) - 128) / 256 + 0.5)
    assert run(tmp_path, file, "--voi", "2", "--voi-function", "sigmoid") == 2


def test_overlays_and_shutters_can_be_left_off(tmp_path: Path) -> None:
    image = data_set(np.zeros((16, 16), np.uint8), ShutterShape="RECTANGULAR", ShutterPresentationValue=65535)
    image.ShutterLeftVerticalEdge, image.ShutterRightVerticalEdge = "1", "8"
    image.ShutterUpperHorizontalEdge, image.ShutterLowerHorizontalEdge = "1", "16"
    image.add_new(0x60000010, "US", 16)
    image.add_new(0x60000011, "US", 16)
    image.add_new(0x60000040, "CS", "G")
    image.add_new(0x60000050, "SS", [1, 1])
    image.add_new(0x60000100, "US", 1)
    image.add_new(0x60000102, "US", 0)
    image.add_new(0x60003000, "OW", b"\1" + bytes(31))
    file = write(tmp_path / "a.dcm", image)
    both = rendered(tmp_path, file)
    assert both[0, 0] == 255
    assert (both[:, 8:] == 255).all()
    assert int((both == 255).sum()) == 129
    assert int((rendered(tmp_path, file, "--no-overlays") == 255).sum()) == 128
    assert int((rendered(tmp_path, file, "--no-shutter") == 255).sum()) == 1
    assert not rendered(tmp_path, file, "--no-shutter", "--no-overlays").any()


def test_a_size_keeps_the_images_aspect(tmp_path: Path) -> None:
    image = data_set(np.full((10, 10), 255, np.uint8), PixelAspectRatio=["2", "1"])
    file = write(tmp_path / "a.dcm", image)
    found = rendered(tmp_path, file, "--size", "100", "80")
    assert found.shape == (80, 100)
    assert (found[:, 30:70] == 255).all()
    assert not found[:, :30].any()
    found = rendered(tmp_path, file, "--size", "100", "80", "--stage", "p-value")
    assert found.dtype == np.uint16
    assert (found[:, 30:70] == 65535).all()


def test_colour_is_written_as_rgb(tmp_path: Path) -> None:
    file = Path(str(get_testdata_file("SC_rgb_small_odd.dcm", download=False)))
    truth = pydicom.dcmread(file).pixel_array
    assert (rendered(tmp_path, file) == truth).all()
    assert run(tmp_path, file, output="out.png") == 0
    with Image.open(tmp_path / "out.png") as picture:
        assert (np.asarray(picture) == truth).all()
    assert run(tmp_path, file, "--stage", "p-value") == 1


@pytest.mark.parametrize(
    ("options", "output", "code"),
    [
        (("--stage", "modality"), "out.png", 2),
        ((), "out.jpg", 2),
        (("--window", "1", "0"), "out.npy", 2),
        (("--window", "nan", "5"), "out.npy", 2),
        (("--window", "1", "5", "--voi", "0"), "out.npy", 2),
        (("--size", "0", "5"), "out.npy", 2),
        (("--size", "5", "5", "--stage", "stored"), "out.npy", 2),
        ((), "no/such/folder/out.npy", 1),
        ((), "no/such/folder/out.png", 1),
    ],
)
def test_wrong_arguments_end_in_one_line(
    tmp_path: Path, ct: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], output: str, code: int
) -> None:
    assert run(tmp_path, ct, *options, output=output) == code
    error = capsys.readouterr().err
    assert error.startswith("negatoscope: ")
    assert error.count("\n") == 1


def test_files_that_are_no_images_end_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nonsense = tmp_path / "nonsense.dcm"
    nonsense.write_bytes(b"nothing to see here" * 50)
    for file in (nonsense, tmp_path / "missing.dcm", tmp_path):
        assert run(tmp_path, file) == 1
        assert str(file) in capsys.readouterr().err


def test_what_the_display_rests_on_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = data_set(np.zeros((4, 4), np.uint16), Modality="CT", RescaleSlope="0", RescaleIntercept="0")
    assert run(tmp_path, write(tmp_path / "a.dcm", image)) == 0
    assert "Rescale Slope or Intercept is missing or zero" in capsys.readouterr().err
