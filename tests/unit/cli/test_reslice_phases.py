"""`negatoscope reslice --phase`: phases count from 1, in the order they were taken."""

from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from tests.builders.phantoms import upright_stack, write_phases
from viewer.cli.main import main

VALUES = (10.0, 250.0, -40.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("phases")
    values = np.stack([np.full((4, 6, 8), value) for value in VALUES])
    elements = [{"TriggerTime": str(time)} for time in (300, 100, 200)]  # written last, first and second
    write_phases(place, upright_stack((8, 6, 4), (1.0, 1.0, 2.0)), values, elements)
    return place


@pytest.mark.parametrize(("phase", "value"), [(1, VALUES[1]), (2, VALUES[2]), (3, VALUES[0])])
def test_phases_count_from_one_in_time(folder: Path, tmp_path: Path, phase: int, value: float) -> None:
    out = tmp_path / "plane.npy"
    arguments = ["reslice", str(folder), "-o", str(out), "--plane", "axial", "--phase", str(phase)]
    assert main(arguments, Mock()) == 0
    assert np.allclose(np.load(out), value)


@pytest.mark.parametrize("phase", ["0", "4", "-1"])
def test_there_is_no_other_phase(folder: Path, tmp_path: Path, phase: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["reslice", str(folder), "-o", str(tmp_path / "x.npy"), "--plane", "axial", "--phase", phase]
    assert main(arguments, Mock()) == 2
    assert "hase" in capsys.readouterr().err


def test_help_says_where_counting_begins(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["reslice", "--help"], Mock())
    assert "counted from 1" in capsys.readouterr().out
