"""Meters: found as plug-ins, and the one that runs spotread.

No instrument can be here: a script named spotread stands in for the command and one (builders/spotread_stand_in).
"""

import os
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from tests.builders.spotread_stand_in import write_stand_in
from viewer.display.meters import GROUP, OWN_METERS, FoundMeters, MeterError, MeterReading, find_meters
from viewer.display.spotread_meter import SpotreadMeter, parse_result


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    command = write_stand_in(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return command


@pytest.fixture
def meter(stand_in: Path) -> Iterator[SpotreadMeter]:
    made = SpotreadMeter(opening_s=20.0, reading_s=20.0)
    assert stand_in.exists()
    yield made
    made.close()
    for each in threading.enumerate():
        if each.name == "spotread":
            each.join(5.0)
            assert not each.is_alive()


def test_readings_come_one_by_one_with_their_colour(meter: SpotreadMeter) -> None:
    assert meter.is_available()
    meter.open()
    assert meter.read() == MeterReading(100.25, (0.312713, 0.329016))
    assert meter.read().luminance_cd_m2 == 200.25


def test_it_opens_again_after_it_was_closed(meter: SpotreadMeter) -> None:
    meter.open()
    meter.read()
    meter.close()
    meter.open(is_telescopic=True)
    assert meter.read().luminance_cd_m2 == 100.25


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("none", "No instrument is connected"),
        ("busy", "in use by another program"),
        ("odd", "Segmentation of something unheard of"),
    ],
)
def test_what_goes_wrong_at_the_start_is_told(
    meter: SpotreadMeter, monkeypatch: pytest.MonkeyPatch, mode: str, told: str
) -> None:
    monkeypatch.setenv("STAND_IN", mode)
    with pytest.raises(MeterError, match=told) as caught:
        meter.open()
    assert caught.value.subject == meter.title
    assert not caught.value.is_question


def test_an_instrument_that_cannot_see_from_afar_says_so(meter: SpotreadMeter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN", "near")
    with pytest.raises(MeterError, match="cannot measure from a distance"):
        meter.open(is_telescopic=True)
    meter.open()
    assert meter.read().luminance_cd_m2 == 100.25


def test_what_an_instrument_asks_for_is_asked_and_the_next_reading_goes_on(
    meter: SpotreadMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN", "calibration")
    with pytest.raises(MeterError, match="calibrate its zero") as caught:
        meter.open()
    assert caught.value.is_question
    assert "cap" in caught.value.advice
    assert meter.read().luminance_cd_m2 == 100.25
    assert meter.read().luminance_cd_m2 == 200.25


@pytest.mark.parametrize(("mode", "told"), [("misread", "could not read"), ("dial", "wrong position")])
def test_a_failed_reading_can_be_taken_again(
    meter: SpotreadMeter, monkeypatch: pytest.MonkeyPatch, mode: str, told: str
) -> None:
    monkeypatch.setenv("STAND_IN", mode)
    meter.open()
    with pytest.raises(MeterError, match=told):
        meter.read()
    assert meter.read().luminance_cd_m2 == 200.25


@pytest.mark.parametrize(("mode", "told"), [("unplugged", "connection .* was lost"), ("garbled", "garbled")])
def test_a_reading_that_is_none_is_told(
    meter: SpotreadMeter, monkeypatch: pytest.MonkeyPatch, mode: str, told: str
) -> None:
    monkeypatch.setenv("STAND_IN", mode)
    meter.open()
    with pytest.raises(MeterError, match=told):
        meter.read()


def test_a_silent_instrument_is_given_up(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN", "silent")
    assert stand_in.exists()
    meter = SpotreadMeter(opening_s=0.5)
    with pytest.raises(MeterError, match="did not answer within"):
        meter.open()
    meter.close()


def test_closing_breaks_a_reading_off(meter: SpotreadMeter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN", "hang")
    meter.open()
    errors: list[MeterError] = []

    def read() -> None:
        try:
            meter.read()
        except MeterError as error:
            errors.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    time.sleep(0.2)
    meter.close()
    reader.join(10.0)
    assert not reader.is_alive()
    assert "broken off" in str(errors[0])


def test_without_the_command_there_is_no_such_meter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    meter = SpotreadMeter()
    assert not meter.is_available()
    with pytest.raises(MeterError, match="not installed") as caught:
        meter.open()
    assert "ArgyllCMS" in caught.value.advice


def test_the_last_result_counts_and_black_may_be_a_little_below_nothing() -> None:
    text = " Result is XYZ: 1 2 3, Yxy: 2 0.3 0.31\n Result is XYZ: -0.001 -0.002 0.001, Yxy: -0.002 0.5 0.5\n"
    assert parse_result(text) == MeterReading(0.0, None)
    assert parse_result(" Result is XYZ: 95.05 100.0 108.9, D50 Lab: 100 0 0\n") == MeterReading(100.0)
    assert parse_result("nothing of the kind\n") is None
    with pytest.raises(MeterError, match="impossible"):
        parse_result(" Result is XYZ: 0 -3.0 0, Yxy: -3.0 0.3 0.3\n")
    with pytest.raises(MeterError, match="impossible"):
        MeterReading(float("nan"))


class AcmeMeter:
    title = "Acme"

    def is_available(self) -> bool:
        return True

    def open(self, *, is_telescopic: bool = False) -> None:
        pass

    def read(self) -> MeterReading:
        return MeterReading(1.0)

    def close(self) -> None:
        pass


class Dumb:
    title = "Dumb"


class Broken:
    def __init__(self) -> None:
        raise RuntimeError("its licence has expired")


@pytest.fixture
def plug_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    module = tmp_path / "acme_plug_in.py"
    module.write_text(f"import importlib.util, sys\nfrom {__name__} import AcmeMeter, Dumb, Broken\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or sys.modules[AcmeMeter.__module__])
    wanted = {"acme": "acme_plug_in:AcmeMeter", "gone": "no_such_module:Meter", "dumb": "acme_plug_in:Dumb"}
    wanted["broken"] = "acme_plug_in:Broken"
    return [EntryPoint(name, value, "negatoscope.meters") for name, value in wanted.items()]


def test_a_plug_in_that_fails_is_named_and_the_rest_goes_on(plug_ins: list[EntryPoint]) -> None:
    found = find_meters(plug_ins, is_safe=False)
    assert [type(meter).__name__ for meter in found.meters] == ["SpotreadMeter", "AcmeMeter"]
    told = "\n".join(found.problems)
    assert "'gone' (no_such_module:Meter)" in told
    assert "'dumb' (acme_plug_in:Dumb) failed to load: it has no is_available()" in told
    assert "'broken' (acme_plug_in:Broken) failed to load: its licence has expired" in told


def test_safe_mode_has_the_own_meter_only(plug_ins: list[EntryPoint], monkeypatch: pytest.MonkeyPatch) -> None:
    assert _titles(find_meters(plug_ins, is_safe=True)) == ["SpotreadMeter"]
    monkeypatch.setenv("NEGATOSCOPE_SAFE_MODE", "1")
    assert _titles(find_meters(plug_ins)) == ["SpotreadMeter"]


def test_the_own_meter_is_not_there_twice() -> None:
    registered = [EntryPoint("spotread", "viewer.display.spotread_meter:SpotreadMeter", "negatoscope.meters")]
    assert _titles(find_meters(registered, is_safe=False)) == ["SpotreadMeter"]


def _titles(found: FoundMeters) -> list[str]:
    return [type(meter).__name__ for meter in found.meters]


def test_the_package_registers_the_own_meter() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"][GROUP] == {point.name: point.value for point in OWN_METERS}
