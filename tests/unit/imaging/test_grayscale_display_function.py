"""The GSDF against the digest's values and DCMTK's dcmdspfn."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.builders.gsdf_values import LUMINANCES
from viewer.imaging.grayscale_display_function import jnd_index, jnd_indices, luminance


def test_luminance_of_the_check_values() -> None:
    found = luminance(np.array(list(LUMINANCES), float))
    assert found == pytest.approx(np.array(list(LUMINANCES.values())), rel=2e-5)


@pytest.mark.parametrize(("cd_m2", "jnd"), [(1, 71.4981), (350, 653.1152), (0.05, 1.0304)])
def test_jnd_of_the_check_values(cd_m2: float, jnd: float) -> None:
    assert jnd_index(cd_m2) == pytest.approx(jnd, abs=1e-4)


def test_the_ends_are_held() -> None:
    assert jnd_index(4000) == 1023
    assert jnd_index(1e9) == 1023
    assert jnd_index(0) == pytest.approx(1.0304, abs=1e-4)
    assert luminance(np.array([-5.0, 5000.0])).tolist() == luminance(np.array([1.0, 1023.0])).tolist()


def test_the_fits_agree_within_a_tenth_of_a_jnd() -> None:
    jnd = np.arange(1, 1024, dtype=float)
    back = np.array([jnd_index(float(level)) for level in luminance(jnd)])
    assert np.abs(back - jnd).max() <= 0.0921


def test_indices_of_many_luminances_at_once() -> None:
    levels = np.array([0.05, 1.0, 350.0, 4000.0])
    assert jnd_indices(levels) == pytest.approx([1.0304, 71.4981, 653.1152, 1023.164], abs=1e-4)
    assert jnd_indices(levels[:3]).tolist() == [jnd_index(float(level)) for level in levels[:3]]


@pytest.mark.skipif(not Path("/usr/bin/dcmdspfn").exists(), reason="DCMTK is not installed")
@pytest.mark.parametrize(
    ("low", "high", "ambient", "count"),
    [(0.5, 349.5, 0.5, 18), (0.1, 3900.0, 0.0, 1023), (0.05, 1000.0, 0.1, 256), (2.0, 80.0, 5.0, 256)],
)
def test_targets_equal_those_of_dcmtk(low: float, high: float, ambient: float, count: int, tmp_path: Path) -> None:
    out = tmp_path / "gsdf.txt"
    options = ["+Il", f"{low}", f"{high}", "+Ca", f"{ambient}", "+Cd", f"{count}"]
    subprocess.run(["/usr/bin/dcmdspfn", *options, "+Og", str(out)], check=True, capture_output=True)
    rows = [row.split() for row in out.read_text().splitlines() if row[:1].isdigit()]
    theirs = np.array([float(row[-1]) for row in rows])
    ours = luminance(np.linspace(jnd_index(low + ambient), jnd_index(high + ambient), count))
    assert theirs.size == count
    assert ours == pytest.approx(theirs, rel=1e-5)
