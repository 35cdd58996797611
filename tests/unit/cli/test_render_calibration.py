"""`negatoscope render --calibration --bits`: the display stage through a monitor's LUT, by numpy."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.data import get_testdata_file

from tests.builders.gray_images import data_set, write
from tests.unit.cli.no_faces import run
from tests.unit.display.curves import gamma_curve, gsdf, inverse, lcd_curve, srgb_curve
from viewer.display.calibration_file import write_calibration
from viewer.display.calibration_record import CalibrationRecord, Method
from viewer.imaging.display_calibration import CalibrationMode, DisplayCalibration, MoreGreys

AMBIENT = 0.5
CURVE = gamma_curve(2.2)
RAMP = np.arange(65536, dtype=np.uint16).reshape(256, 256)
DCM2PNM = Path("/usr/bin/dcm2pnm")
MONITORS = {"srgb": srgb_curve(), "lcd": lcd_curve(), **{f"gamma {g}": gamma_curve(g) for g in (1.8, 2.2, 2.6)}}
LEVELS = {8: 256, 10: 1024, 16: 65536}


def kept(folder: Path, calibration: DisplayCalibration) -> Path:
    path = folder / "calibration.json"
    write_calibration(CalibrationRecord(calibration, method=Method.CONTACT), path)
    return path


@pytest.fixture
def calibration(tmp_path: Path) -> Path:
    return kept(tmp_path, DisplayCalibration(CalibrationMode.MEASURED, tuple(CURVE.tolist()), AMBIENT))


def ramp(folder: Path, **attributes: Any) -> Path:
    """A picture whose P-values are all there are."""
    image = data_set(RAMP, WindowCenter="32768", WindowWidth="65536", **attributes)
    return write(folder / "ramp.dcm", image)


def rendered(folder: Path, *arguments: object, name: str = "out.npy") -> NDArray[Any]:
    assert run(folder, ["render", *arguments, "-o", folder / name]) == 0
    if name.endswith(".npy"):
        return np.asarray(np.load(folder / name))
    with Image.open(folder / name) as picture:
        return np.asarray(picture)


@pytest.mark.parametrize("bits", [8, 10, 16])
def test_every_p_value_gets_the_nearest_level(bits: int, calibration: Path, tmp_path: Path) -> None:
    found = rendered(tmp_path, ramp(tmp_path), "--calibration", calibration, "--bits", bits)
    assert found.dtype == (np.uint8 if bits == 8 else np.uint16)
    at = np.linspace(0, 255, LEVELS[bits])
    reached = np.exp(np.interp(at, np.arange(256), np.log(CURVE))) + AMBIENT
    low, high = inverse(reached[0]), inverse(reached[-1])
    p_values = rendered(tmp_path, ramp(tmp_path), "--stage", "p-value", name="p.npy").ravel()
    places = np.arange(0, 65536, 331)
    wanted = np.array([gsdf(low + (high - low) * int(p) / 65535) for p in p_values[places]])
    best = np.abs(reached[None, :] - wanted[:, None]).argmin(axis=1)
    off = np.abs(reached[found.ravel()[places]] - wanted) - np.abs(reached[best] - wanted)
    assert off.max() <= 1e-3  # black and white are exact where the two published fits are not
    assert np.abs(found.ravel()[places].astype(int)[5:-5] - best[5:-5]).max() <= 1
    assert (found.ravel()[0], found.ravel()[-1]) == (0, LEVELS[bits] - 1)


@pytest.mark.skipif(not DCM2PNM.exists(), reason="DCMTK is not installed")
@pytest.mark.parametrize("name", MONITORS)
@pytest.mark.parametrize("ambient", [0.1, 1.0, 5.0])
def test_the_picture_is_dcmtks(name: str, ambient: float, tmp_path: Path) -> None:
    curve = MONITORS[name]
    (tmp_path / "monitor.lut").write_text("max 255\n" + "".join(f"{n} {v:.6f}\n" for n, v in enumerate(curve)))
    options = ["+Dm", str(tmp_path / "monitor.lut"), "+Da", str(ambient), "+Dg", "+op"]
    file = ramp(tmp_path)
    line = [str(DCM2PNM), *options, str(file), str(tmp_path / "theirs.pgm")]
    subprocess.run(line, check=True, capture_output=True)
    with Image.open(tmp_path / "theirs.pgm") as picture:
        theirs = np.asarray(picture).astype(int)
    rounded = tuple(float(f"{value:.6f}") for value in curve)
    known = kept(tmp_path, DisplayCalibration(CalibrationMode.MEASURED, rounded, ambient))
    ours = rendered(tmp_path, file, "--calibration", known).astype(int)
    is_other = ours != theirs
    # They may take another level of the same luminance, and round the 65536 P-values otherwise.
    assert np.abs(ours - theirs)[is_other & (np.abs(curve[ours] - curve[theirs]) > 1e-6)].max(initial=0) <= 1
    assert is_other.mean() < 0.02


def test_without_bits_there_are_eight(calibration: Path, tmp_path: Path) -> None:
    plain = rendered(tmp_path, ramp(tmp_path), "--calibration", calibration)
    assert (plain == rendered(tmp_path, ramp(tmp_path), "--calibration", calibration, "--bits", "8")).all()
    assert (plain != rendered(tmp_path, ramp(tmp_path))).any()


def test_pictures_of_more_bits(calibration: Path, tmp_path: Path) -> None:
    for bits in (8, 10, 16):
        options = (ramp(tmp_path), "--calibration", calibration, "--bits", bits)
        assert (rendered(tmp_path, *options, name="out.png") == rendered(tmp_path, *options)).all()


@pytest.mark.parametrize("more", [MoreGreys.BIT_STEALING, MoreGreys.TEN_BITS])
def test_files_hold_plain_levels(more: MoreGreys, calibration: Path, tmp_path: Path) -> None:
    plain = rendered(tmp_path, ramp(tmp_path), "--calibration", calibration)
    measured = DisplayCalibration(CalibrationMode.MEASURED, tuple(CURVE.tolist()), AMBIENT)
    tricky = kept(tmp_path, replace(measured, more_greys=more, is_dithered=True))
    assert (rendered(tmp_path, ramp(tmp_path), "--calibration", tricky) == plain).all()


def test_a_native_display_gets_p_values(tmp_path: Path) -> None:
    native = kept(tmp_path, DisplayCalibration(CalibrationMode.NATIVE_GSDF))
    p_values = rendered(tmp_path, ramp(tmp_path), "--stage", "p-value").astype(float)
    for bits, most in ((8, 255), (10, 1023), (16, 65535)):
        found = rendered(tmp_path, ramp(tmp_path), "--calibration", native, "--bits", bits)
        assert (found == np.rint(p_values * most / 65535)).all()


@pytest.mark.parametrize("bits", [8, 10, 16])
def test_overlays_are_white_and_shutters_what_they_say(bits: int, calibration: Path, tmp_path: Path) -> None:
    image = data_set(np.zeros((16, 16), np.uint8), ShutterShape="RECTANGULAR", ShutterPresentationValue=30000)
    image.ShutterLeftVerticalEdge, image.ShutterRightVerticalEdge = "1", "8"
    image.ShutterUpperHorizontalEdge, image.ShutterLowerHorizontalEdge = "1", "16"
    for tag, vr, value in (
        (0x60000010, "US", 16),
        (0x60000011, "US", 16),
        (0x60000040, "CS", "G"),
        (0x60000050, "SS", [1, 1]),
        (0x60000100, "US", 1),
        (0x60000102, "US", 0),
        (0x60003000, "OW", b"\1" + bytes(31)),
    ):
        image.add_new(tag, vr, value)
    file = write(tmp_path / "a.dcm", image)
    found = rendered(tmp_path, file, "--calibration", calibration, "--bits", bits)
    grey = rendered(tmp_path, ramp(tmp_path), "--calibration", calibration, "--bits", bits).ravel()
    assert found[0, 0] == LEVELS[bits] - 1
    assert int((found == grey[30000]).sum()) == 128
    assert not found[1:, :8].any()
    fitted = rendered(tmp_path, file, "--calibration", calibration, "--bits", bits, "--size", "64", "32")
    assert fitted.shape == (32, 64)
    assert fitted.dtype == found.dtype
    assert not fitted[:, :16].any()
    assert fitted[20, 45] == grey[30000]


def test_colour_is_not_calibrated(calibration: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = Path(str(get_testdata_file("SC_rgb_small_odd.dcm", download=False)))
    truth = pydicom.dcmread(file).pixel_array
    assert (rendered(tmp_path, file, "--calibration", calibration) == truth).all()
    palette = Path(str(get_testdata_file("examples_palette.dcm", download=False)))
    for each in (file, palette):
        capsys.readouterr()
        out = tmp_path / "none.npy"
        assert run(tmp_path, ["render", each, "--calibration", calibration, "--bits", "10", "-o", out]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "colour" in line
        assert not out.exists()


@pytest.mark.parametrize("stage", ["stored", "modality", "voi", "p-value"])
@pytest.mark.parametrize("option", ["--calibration", "--bits"])
def test_the_other_stages_know_no_monitor(stage: str, option: str, calibration: Path, tmp_path: Path) -> None:
    value = calibration if option == "--calibration" else "8"
    out = tmp_path / "none.npy"
    assert run(tmp_path, ["render", ramp(tmp_path), "--stage", stage, option, value, "-o", out]) == 2
    assert not out.exists()


def test_a_calibration_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nonsense = tmp_path / "nonsense.json"
    nonsense.write_text("{}")
    for path in (nonsense, tmp_path / "absent.json", tmp_path):
        capsys.readouterr()
        assert run(tmp_path, ["render", ramp(tmp_path), "--calibration", path, "-o", tmp_path / "none.npy"]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert str(path) in line
    assert run(tmp_path, ["render", ramp(tmp_path), "--bits", "12", "-o", tmp_path / "none.npy"]) == 2
