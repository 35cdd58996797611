"""`negatoscope volume`: a picture where the voxels are, and one clear line where there is none."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.builders.ct_series import write_ct_series
from tests.unit.cli.no_faces import NoFaces
from viewer.cli.main import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("ct")
    write_ct_series(place, 20, 48)
    return place


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments], NoFaces())


def picture(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_a_series_becomes_a_picture_of_the_size_asked_for(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert run("volume", folder, "-o", out, "--preset", "ct-skin", "--size", "200x150") == 0
    assert picture(out).shape == (150, 200, 3)
    assert picture(out).any()


def test_clipping_keeps_the_patients_left_on_the_right(folder: Path, tmp_path: Path) -> None:
    """Columns grow to the patient's left in this series; from the front that is the right of the picture."""
    out = tmp_path / "out.png"
    common = ("volume", folder, "-o", out, "--preset", "ct-skin", "--size", "200x200", "--no-cube")
    assert run(*common, "--clip", 24, 47, 0, 47, 0, 19) == 0
    columns = np.flatnonzero(picture(out).any(axis=(0, 2)))
    assert columns.min() >= 99
    assert run(*common, "--clip", 24, 47, 0, 47, 0, 19, "--azimuth", 180) == 0
    columns = np.flatnonzero(picture(out).any(axis=(0, 2)))
    assert columns.max() <= 101


def test_angles_and_perspective_change_the_picture(folder: Path, tmp_path: Path) -> None:
    pictures = []
    for extra in ((), ("--azimuth", 40), ("--elevation", 50), ("--roll", 20), ("--zoom", 2), ("--perspective",)):
        out = tmp_path / "out.png"
        assert run("volume", folder, "-o", out, "--preset", "ct-skin", "--size", "120x120", "--no-cube", *extra) == 0
        pictures.append(picture(out).tobytes())
    assert len(set(pictures)) == len(pictures)


def test_a_preset_of_ones_own_is_a_file(folder: Path, tmp_path: Path) -> None:
    preset = tmp_path / "mine.toml"
    preset.write_text(
        'title = "Mine"\nopacity = [[-500, 0], [-400, 1]]\ncolor = [[0, "#00ff00"]]\n[shading]\nis_on = false\n',
        "utf-8",
    )
    out = tmp_path / "out.png"
    assert run("volume", folder, "-o", out, "--preset", preset, "--size", "100x100", "--no-cube") == 0
    red, green, blue = picture(out).reshape(-1, 3).max(axis=0)
    assert green > 200
    assert red == blue == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--preset", "ct-none"), 2, "Choose from ct-bone"),
        (("-o", "out.jpg"), 2, ".png"),
        (("--clip", 0, 99, 0, 1, 0, 1), 2, "from 0 to 47"),
        (("--clip", 9, 3, 0, 1, 0, 1), 2, "clipping box"),
        (("--zoom", 0), 2, "camera"),
        (("--azimuth", "nan"), 2, "camera"),
        (("--size", "9999x10"), 2, "--size"),
        (("--phase", 2), 2, "1 phases"),
        (("--series", "77777"), 1, "77777"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[object, ...],
    code: int,
    words: str,
) -> None:
    out = tmp_path / "out.png"
    assert run("volume", folder, "-o", out, *arguments) == code
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_a_preset_that_is_none_is_told_with_its_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    preset = tmp_path / "bad.toml"
    preset.write_text("title = 1", "utf-8")
    assert run("volume", folder, "-o", tmp_path / "out.png", "--preset", preset) == 1
    assert "bad.toml" in capsys.readouterr().err


def test_one_slice_is_no_volume(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_ct_series(tmp_path / "one", 1, 32)
    assert run("volume", tmp_path / "one", "-o", tmp_path / "out.png") == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_of_several_volumes_none_is_taken_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = tmp_path / "both"
    write_ct_series(both / "one", 8, 32)
    write_ct_series(both / "two", 8, 32, label="other")
    assert run("volume", both, "-o", tmp_path / "out.png") == 1
    assert "--series" in capsys.readouterr().err
    assert not (tmp_path / "out.png").exists()


def test_slices_that_cannot_be_read_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "ct"
    write_ct_series(place, 12, 32)
    file = sorted(each for each in place.rglob("*") if each.is_file())[5]
    file.write_bytes(file.read_bytes()[:-1000])
    for command in (
        ("volume", place, "-o", tmp_path / "out.png", "--size", "64x64"),
        ("reslice", place, "-o", tmp_path / "out.npy", "--plane", "coronal"),
        ("fuse", place, place, "-o", tmp_path / "fused.png", "--size", "64x64"),
        ("surface", place, "-o", tmp_path / "out.stl", "--threshold", 0),
    ):
        assert run(*command) == 0
        assert "could not be read" in capsys.readouterr().err
