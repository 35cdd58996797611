"""From a meter's readings to a picture on the monitor: calibrate, calibration, gsdf and render as processes.

A simulated monitor gives off the light of a known response; a meter reads it, the program calibrates it, pictures of
test fields go through its LUT, and the light they give off is held against the GSDF by the published formula.
"""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from tests.builders.gray_images import data_set, write
from tests.flows.command_line import run
from tests.unit.display.curves import csv, gamma_curve, gsdf, inverse, lcd_curve, oled_curve, srgb_curve

FIELDS = np.arange(18, dtype=np.uint16) * 3855
MONITORS = {"gamma": gamma_curve(2.2), "srgb": srgb_curve(), "lcd": lcd_curve(), "oled": oled_curve()}


def kappa_of(reached: NDArray[np.float64]) -> float:
    """AAPM TG18 4.3.4.1, in its own words."""
    first, last = inverse(float(reached[0])), inverse(float(reached[-1]))
    jnds = [first + (last - first) * field / 17 for field in range(18)]
    wanted = np.array([gsdf(jnd) for jnd in jnds])
    step = (last - first) / 17
    found_contrast = 2 * np.diff(reached) / (reached[1:] + reached[:-1]) / step
    wanted_contrast = 2 * np.diff(wanted) / (wanted[1:] + wanted[:-1]) / step
    return float(np.max(np.abs(found_contrast - wanted_contrast) / wanted_contrast))


@pytest.mark.parametrize(("name", "ambient"), [("gamma", 0.1), ("gamma", 5.0), ("srgb", 0.5), ("oled", 0.2)])
def test_a_simulated_monitor_shows_what_was_predicted(name: str, ambient: float, tmp_path: Path) -> None:
    monitor = MONITORS[name]
    (tmp_path / "readings.csv").write_text(csv(monitor, 256))
    options = ("--luminance", "readings.csv", "--ambient", ambient, "--out", "calibration.json")
    made = run(tmp_path, "calibrate", *options)
    assert (made.code, made.output, made.errors) == (0, "", "")
    told = run(tmp_path, "calibration", "calibration.json", "--json").json()
    fields = write(tmp_path / "fields.dcm", data_set(FIELDS[None, :], WindowCenter="32768", WindowWidth="65536"))
    shown = run(tmp_path, "render", fields, "--calibration", "calibration.json", "-o", "fields.npy")
    assert (shown.code, shown.errors) == (0, "")
    light = monitor[np.load(tmp_path / "fields.npy")[0]] + ambient
    assert told["kappa"] == pytest.approx(kappa_of(light), rel=1e-6)
    assert (told["l_min"], told["l_max"]) == pytest.approx((light[0], light[-1]))
    assert told["passes"] is (told["kappa"] <= 0.10)


def test_a_meter_at_the_readers_place_gives_the_same_lut(tmp_path: Path) -> None:
    monitor, ambient = MONITORS["gamma"], 1.5
    tables = []
    for name, light, option in (("contact", monitor, ()), ("far", monitor + ambient, ("--telescopic",))):
        (tmp_path / f"{name}.csv").write_text(csv(light, 52))
        made = run(
            tmp_path, "calibrate", "--luminance", f"{name}.csv", "--ambient", ambient, *option, "--out", "c.json"
        )
        assert made.code == 0
        tables.append(np.array(run(tmp_path, "calibration", "c.json", "--json").json()["lut"]))
    assert np.abs(tables[0] - tables[1]).max() <= 1


def test_forgotten_ambient_light_is_said_and_kept(tmp_path: Path) -> None:
    (tmp_path / "readings.csv").write_text(csv(MONITORS["lcd"], 52))
    made = run(tmp_path, "calibrate", "--luminance", "readings.csv", "--out", "c.json")
    assert made.code == 0
    assert "Ambient light was not given" in made.line
    told = run(tmp_path, "calibration", "c.json", "--json").json()
    assert (told["ambient"], told["ambient_source"]) == (0, "assumed")
    assert told["notes"]


def test_a_noisy_table_is_smoothed_and_a_wrong_one_refused(tmp_path: Path) -> None:
    noisy = MONITORS["gamma"].copy()
    noisy[[60, 120]] -= (1.0, 3.0)
    (tmp_path / "noisy.csv").write_text(csv(noisy, 256))
    made = run(tmp_path, "calibrate", "--luminance", "noisy.csv", "--ambient", "0", "--out", "c.json")
    assert made.code == 0
    assert "levelled as noise" in made.line
    (tmp_path / "wrong.csv").write_text("ddl,luminance\n0,1\n1,2\nthree,4\n")
    failed = run(tmp_path, "calibrate", "--luminance", "wrong.csv", "--ambient", "0", "--out", "none.json")
    assert (failed.code, failed.output) == (1, "")
    assert "wrong.csv: Line 4" in failed.line
    assert not (tmp_path / "none.json").exists()


def test_the_display_system_object(tmp_path: Path) -> None:
    (tmp_path / "readings.csv").write_text(csv(MONITORS["gamma"], 18))
    run(tmp_path, "calibrate", "--luminance", "readings.csv", "--ambient", "1", "--out", "c.json")
    ended = run(tmp_path, "calibration", "c.json", "--dicom", "display.dcm")
    assert (ended.code, ended.errors) == (0, "")
    assert "κ" in ended.output
    found = pydicom.dcmread(tmp_path / "display.dcm")
    assert found.SOPInstanceUID == "1.2.840.10008.5.1.1.40.1"


def test_the_function_and_its_inverse(tmp_path: Path) -> None:
    ended = run(tmp_path, "gsdf", "--luminance", "1", "350", "--json")
    assert ended.json() == {"luminance": [1, 350], "jnd": [pytest.approx(71.4981), pytest.approx(653.1152)]}
    assert run(tmp_path, "gsdf", "--jnd", "2000").code == 2
