"""`negatoscope gsdf`: the published values, and nothing outside the function's domain."""

import json
from pathlib import Path

import pytest

from tests.builders.gsdf_values import LUMINANCES
from tests.unit.cli.no_faces import run

JNDS = {1.0: 71.4981, 350.0: 653.1152, 0.05: 1.0304, 4000.0: 1023.164}


def test_luminances_of_jnd_indices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, ["gsdf", "--jnd", *LUMINANCES, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["jnd"] == list(LUMINANCES)
    assert found["luminance"] == pytest.approx(list(LUMINANCES.values()), rel=2e-5)


def test_jnd_indices_of_luminances(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, ["gsdf", "--luminance", *JNDS, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["luminance"] == list(JNDS)
    assert found["jnd"] == pytest.approx(list(JNDS.values()), rel=5e-5)


def test_as_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, ["gsdf", "--jnd", "1", "512"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 3
    assert [float(row[0]) for row in rows[1:]] == [1, 512]
    assert [float(row[1]) for row in rows[1:]] == pytest.approx([0.049982, 130.065284], rel=1e-4)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--jnd", "0.99"),
        ("--jnd", "5", "1024"),
        ("--jnd", "nan"),
        ("--luminance", "0.049"),
        ("--luminance", "-1"),
        ("--luminance", "4001"),
        ("--luminance", "inf"),
        ("--luminance", "abc"),
        ("--luminance",),
        ("--luminance", "1", "--jnd", "1"),
        (),
    ],
)
def test_what_is_outside_is_refused(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, ["gsdf", *arguments, "--json"]) == 2
    told = capsys.readouterr()
    assert not told.out
    assert told.err
