"""`negatoscope pattern` is a contract: names in capitals or not, sizes, depths, exit codes with one line."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.flows.command_line import run


@pytest.mark.parametrize(
    ("name", "arguments", "size", "kind"),
    [
        ("TG18-QC", (), (1024, 1024), np.uint8),
        ("tg270-sqc", ("--size", "1920x1080"), (1920, 1080), np.uint8),
        ("Smpte-RP133", ("--size", "1366X768", "--bits", "16"), (1366, 768), np.uint16),
    ],
)
def test_a_pattern_is_written_as_a_png(
    name: str, arguments: tuple[str, ...], size: tuple[int, int], kind: type, tmp_path: Path
) -> None:
    ended = run(tmp_path, "pattern", name, *arguments, "-o", tmp_path / "out.png")
    assert (ended.code, ended.output, ended.errors) == (0, "", "")
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.format == "PNG"
        assert picture.size == size
        assert picture.mode == ("L" if kind is np.uint8 else "I;16")
        pixels = np.asarray(picture)
    assert pixels.dtype == kind
    assert (int(pixels.min()), int(pixels.max())) == (0, np.iinfo(kind).max)


def test_a_field_to_be_measured_has_its_level_in_the_file(tmp_path: Path) -> None:
    run(tmp_path, "pattern", "TG18-LN8-07", "--size", "640x480", "-o", tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.getpixel((320, 240)) == 90
        assert picture.getpixel((5, 5)) == 153
        assert picture.info["Title"] == "TG18-LN8-07"


def test_the_list_names_every_pattern(tmp_path: Path) -> None:
    lines = run(tmp_path, "pattern", "--list").output.splitlines()
    rows = run(tmp_path, "pattern", "--list", "--json").json()
    assert [line.split()[0] for line in lines] == [row["name"] for row in rows]
    assert {"TG18-QC", "TG18-LN12-18", "TG18-UNL10", "TG270-pQC", "DIN-6868-157", "GEOMETRY"} <= {
        row["name"] for row in rows
    }
    assert all(row["title"] and row["purpose"] for row in rows)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("TG18-QX", "-o", "out.png"), "TG18-QC"),
        (("-o", "out.png"), "--list"),
        (("TG18-QC",), "-o OUT.png"),
        (("TG18-QC", "-o", "out.jpg"), ".png"),
        (("TG18-QC", "--list"), "--list"),
        (("TG18-QC", "--json", "-o", "out.png"), "--json"),
    ],
)
def test_wrong_usage_ends_with_two_and_a_line(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    ended = run(tmp_path, "pattern", *arguments)
    assert ended.code == 2
    assert words in ended.line
    assert not list(tmp_path.glob("out.*"))


@pytest.mark.parametrize("arguments", [("--size", "0x5"), ("--size", "1024"), ("--bits", "12")])
def test_a_size_or_depth_that_is_none_ends_with_two(arguments: tuple[str, ...], tmp_path: Path) -> None:
    ended = run(tmp_path, "pattern", "TG18-QC", *arguments, "-o", "out.png")
    assert ended.code == 2
    assert arguments[0] in ended.errors


def test_a_picture_too_small_ends_with_one_and_a_line(tmp_path: Path) -> None:
    ended = run(tmp_path, "pattern", "TG18-QC", "--size", "320x200", "-o", "out.png")
    assert ended.code == 1
    assert "TG18-QC" in ended.line
    assert not (tmp_path / "out.png").exists()


def test_a_place_that_cannot_be_written_ends_with_one_and_a_line(tmp_path: Path) -> None:
    ended = run(tmp_path, "pattern", "TG18-UN80", "-o", tmp_path / "none" / "out.png")
    assert ended.code == 1
    assert "out.png" in ended.line


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device without room")
def test_a_full_disk_ends_with_one_and_a_line(tmp_path: Path) -> None:
    (tmp_path / "out.png").symlink_to("/dev/full")
    ended = run(tmp_path, "pattern", "TG18-QC", "-o", tmp_path / "out.png")
    assert ended.code == 1
    assert "out.png" in ended.line
