"""`negatoscope volume-info --json` is a contract: its fields, its exit codes, one line where there is no volume."""

import math
from pathlib import Path
from typing import Any

import pytest

from tests.builders.phantoms import ramp, upright_stack, write_phantom
from tests.flows.command_line import run

FIELD = ramp((1, 2, 3))
FIELDS = {
    "series_instance_uid": str,
    "description": str,
    "modality": str,
    "dims": list,
    "spacing_mm": list,
    "origin_mm": list,
    "direction": list,
    "gaps": list,
    "irregular": bool,
    "tilt_deg": float,
    "phases": int,
    "frame_of_reference_uid": str,
    "warnings": list,
}


def info(tmp_path: Path, folder: Path) -> list[dict[str, Any]]:
    ended = run(tmp_path, "volume-info", folder, "--json")
    assert ended.code == 0, ended.errors
    answer = ended.json()
    assert isinstance(answer, list)
    for volume in answer:
        assert all(isinstance(volume[name], kind) for name, kind in FIELDS.items()), volume
    return answer


def test_a_plain_series(tmp_path: Path) -> None:
    write_phantom(tmp_path / "in", upright_stack((12, 10, 8), (0.5, 0.75, 2)), FIELD)
    (volume,) = info(tmp_path, tmp_path / "in")
    assert volume["dims"] == [12, 10, 8]
    assert volume["spacing_mm"] == [0.5, 0.75, 2.0]
    assert volume["origin_mm"] == [-2.75, -3.375, -7.0]
    assert volume["direction"] == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert (volume["gaps"], volume["irregular"], volume["tilt_deg"], volume["phases"]) == ([], False, 0.0, 1)
    assert volume["frame_of_reference_uid"].startswith("2.25.")
    assert volume["description"] == "phantom"
    assert volume["warnings"] == []


def test_what_is_amiss_is_said(tmp_path: Path) -> None:
    stack = upright_stack((12, 40, 20), (0.5, 0.75, 2)).without(5, 6).tilted(10)
    write_phantom(tmp_path / "in", stack, FIELD)
    (volume,) = info(tmp_path, tmp_path / "in")
    assert volume["gaps"] == [{"after_slice": 4, "missing": 2, "width_mm": pytest.approx(6)}]
    assert math.isclose(volume["tilt_deg"], 10, abs_tol=1e-4)
    assert volume["dims"][2] == 20
    assert any("missing" in warning for warning in volume["warnings"])
    assert any("tilted" in warning for warning in volume["warnings"])


def test_phases_are_counted_and_series_chosen(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for number in (1, 2, 3):
        elements = {"TemporalPositionIdentifier": number, "SeriesNumber": 4}
        stack = upright_stack((12, 10, 4))
        write_phantom(folder, stack, FIELD, elements=elements, first_number=10 * number, label="time")
    write_phantom(folder, upright_stack((12, 10, 4)), FIELD, label="other", name="OT")
    both = info(tmp_path, folder)
    assert sorted(each["phases"] for each in both) == [1, 3]
    ended = run(tmp_path, "volume-info", folder, "--json", "--series", "4")
    assert [each["phases"] for each in ended.json()] == [3]
    uid = both[0]["series_instance_uid"]
    assert [
        each["series_instance_uid"] for each in run(tmp_path, "volume-info", folder, "--json", "--series", uid).json()
    ] == [uid]


def test_no_volume_is_one_clear_line(tmp_path: Path) -> None:
    write_phantom(tmp_path / "in", upright_stack((12, 10, 1)), FIELD)
    ended = run(tmp_path, "volume-info", tmp_path / "in", "--json")
    assert ended.code == 1
    assert ended.output == ""
    assert "no volume" in ended.line
    ended = run(tmp_path, "volume-info", tmp_path / "nowhere", "--json")
    assert ended.code == 1
    assert "no such file" in ended.line
    assert run(tmp_path, "volume-info").code == 2


def test_people_read_lines(tmp_path: Path) -> None:
    write_phantom(tmp_path / "in", upright_stack((12, 10, 8), (0.5, 0.75, 2)).without(3), FIELD)
    ended = run(tmp_path, "volume-info", tmp_path / "in")
    assert ended.code == 0
    assert "12 × 10 × 8" in ended.output
    assert "1 slice is missing after slice 3" in ended.output
