"""`negatoscope surface` on made series."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.builders.phantoms import spheres, turned, upright_stack, write_phantom
from tests.unit.cli import no_faces

CENTERS = ((-10.0, 4.0, 30.0), (14.0, -4.0, 22.0))
RADIUS = 9.0


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return two balls of 1000 HU in nothing, in a tilted stack of oblique slices."""
    folder = tmp_path_factory.mktemp("balls")
    stack = upright_stack(
        (72, 64, 40), (0.9, 0.9, 1.4), orientation=turned((1, 0, 0, 0, 1, 0), 9.0, (1, 0, 1)), center_mm=(2, 0, 26)
    )
    write_phantom(folder, stack.tilted(8.0), spheres(CENTERS, RADIUS), elements={"PatientName": "Secret^Name"})
    return folder


def run(*arguments: object) -> int:
    return no_faces.run(Path("nowhere"), arguments)


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_volume_and_area_of_balls_come_out_as_json(
    series: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("surface", series, "-o", tmp_path / "balls.stl", "--threshold", 500, "--json") == 0
    told = answer(capsys)
    assert told["volume_mm3"] == pytest.approx(2 * 4 / 3 * math.pi * RADIUS**3, rel=0.01)
    assert told["area_mm2"] == pytest.approx(2 * 4 * math.pi * RADIUS**2, rel=0.02)
    assert told["closed"] is True
    assert told["unit"] == "HU"
    assert told["warnings"]  # the tilt
    assert (tmp_path / "balls.stl").stat().st_size == 84 + 50 * told["triangles"]
    assert "Secret" not in (tmp_path / "balls.stl").read_bytes().decode("latin-1")


def test_the_largest_part_lies_where_its_ball_does(
    series: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "ball.ply"
    arguments = ("--threshold", 500, "--keep-largest", "--smooth", 10, "--decimate", 0.5, "--json")
    assert run("surface", series, "-o", out, *arguments) == 0
    told = answer(capsys)
    middle = np.mean(told["bounds_mm"], axis=0)
    assert min(np.abs(middle - np.array(center)).max() for center in CENTERS) < 0.3
    assert told["volume_mm3"] == pytest.approx(4 / 3 * math.pi * RADIUS**3, rel=0.02)
    assert out.read_bytes().startswith(b"ply\n")


def test_without_json_it_speaks_to_people(series: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("surface", series, "-o", tmp_path / "b.obj", "--threshold", 500, "--color", "C81E28") == 0
    told = capsys.readouterr()
    assert "mm³" in told.out
    assert str(tmp_path / "b.mtl") in told.out
    assert "Kd 0.7843 0.1176 0.1569" in (tmp_path / "b.mtl").read_text()


def test_one_of_several_volumes_must_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = tmp_path / "both"
    stack = upright_stack((20, 20, 10))
    for label in ("one", "two"):
        elements = {"SeriesNumber": 1 if label == "one" else 2}
        write_phantom(both / label, stack, spheres([(0, 0, 0)], 4), label=label, elements=elements)
    assert run("surface", both, "-o", tmp_path / "b.stl", "--threshold", 500) == 1
    assert "several volumes" in capsys.readouterr().err
    assert run("surface", both, "-o", tmp_path / "b.stl", "--threshold", 500, "--series", 2, "--json") == 0
    assert answer(capsys)["volume_mm3"] == pytest.approx(4 / 3 * math.pi * 64, rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("-o", "x.vtk", "--threshold", 1), 2),
        (("-o", "x.stl", "--threshold", 1, "--smooth", -1), 2),
        (("-o", "x.stl", "--threshold", 1, "--decimate", 1.5), 2),
        (("-o", "x.stl", "--threshold", 5, "--upper", 1), 2),
        (("-o", "x.stl", "--threshold", 5, "--phase", 2), 2),
        (("-o", "x.stl", "--threshold", 5, "--phase", 0), 2),
        (("-o", "x.stl", "--threshold", "nan"), 2),
        (("-o", "x.stl", "--threshold", 5000), 1),
        (("-o", "x.stl", "--threshold", 5, "--series", "nobody"), 1),
        (("-o", "nowhere/x.stl", "--threshold", 500), 1),
    ],
)
def test_what_cannot_be_done_ends_in_one_line(
    series: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: tuple[object, ...], code: int,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert run("surface", series, *arguments) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert [line for line in told.err.splitlines() if "tilt" not in line.lower()] != []
    assert list(tmp_path.iterdir()) == []


def test_negative_numbers_may_have_exponents(series: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("surface", series, "-o", tmp_path / "x.stl", "--threshold", "-1e-3", "--upper", "5E+2", "--json") == 0
    assert answer(capsys)["threshold"] == -0.001
