"""What stands between our pixels and the light is recognised in the words that systems have for it."""

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import ImageCms

from tests.builders.x_server import RootWindow, say_as, x_server
from viewer.display.gamma_tables import exponent, is_identity, sign_of_tables
from viewer.display.system_sign import Severity
from viewer.display.system_signs import (
    gnome_is_active,
    gnome_is_enabled,
    is_true,
    kde_is_active,
    kde_is_enabled,
    program_names,
    running_programs,
    signs_of_hdr,
    signs_of_night_light,
    signs_of_programs,
    system_signs,
)

STRAIGHT = [level * 257 for level in range(256)]
# Plasma 6: escapes for colours, one line a property.
KSCREEN = (
    "\x1b[01;32mOutput: \x1b[0;0m1 eDP-1\n\t\x1b[01;32menabled\x1b[0;0m\n\t\x1b[01;32mconnected\x1b[0;0m\n"
    "\t\x1b[01;33mRgbRange: \x1b[0;0mAutomatic\n\t\x1b[01;33mHDR: \x1b[0;0m{hdr}\n"
    "\t\tSDR brightness: 200 nits\n\t\x1b[01;33mWide Color Gamut: \x1b[0;0menabled\n"
)
MONITORS_XML = """<monitors version="2"><configuration><logicalmonitor><monitor>
<mode><width>3840</width><height>2160</height><rate>60.000</rate></mode>
<colormode>bt2100</colormode></monitor></logicalmonitor></configuration></monitors>"""
TASKLIST = '"System Idle Process","0","Services","0","8 K"\r\n"flux.exe","4711","Console","1","12,345 K"\r\n'
DUMMY_SCREEN = """
Section "Device"
  Identifier "card"
  Driver "dummy"
  VideoRam 16384
EndSection
Section "Screen"
  Identifier "screen"
  Device "card"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "1024x768"
  EndSubSection
EndSection
"""
DUMMY_DRIVER = Path("/usr/lib/xorg/modules/drivers/dummy_drv.so")

needs_xvfb = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")
needs_tables = pytest.mark.skipif(
    shutil.which("Xorg") is None or shutil.which("xrandr") is None or not DUMMY_DRIVER.exists() or os.geteuid() != 0,
    reason="needs Xorg with its dummy driver, as root, and xrandr: Xvfb keeps no gamma tables",
)


@pytest.fixture(autouse=True)
def bare_session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine the tests run on."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")


def test_a_straight_table_is_no_sign_however_it_is_written() -> None:
    for table in (STRAIGHT, [level << 8 for level in range(256)], [round(step * 65535 / 1023) for step in range(1024)]):
        assert is_identity(table)
        assert sign_of_tables("DP-1", table, table, table) is None
    for nothing in ([0] * 256, [8496, 33535, 32624, 0, 8944, 46998] + [0] * 250):  # what Xvfb answers: it keeps none
        assert sign_of_tables("screen", nothing, nothing, nothing) is None


def test_an_inverted_table_is_a_sign() -> None:
    assert sign_of_tables("DP-1", *[STRAIGHT[::-1]] * 3) is not None


@pytest.mark.parametrize("gamma", [0.6, 0.8, 1.1, 1.25, 2.2])
def test_a_bent_table_is_told_with_its_gamma(gamma: float) -> None:
    bent = [round(65535 * (level / 255) ** gamma) for level in range(256)]
    assert exponent(bent) == pytest.approx(gamma, abs=0.01)
    sign = sign_of_tables("DP-1", bent, bent, bent)
    assert sign is not None
    assert sign.severity is Severity.CERTAIN
    assert sign.sentence == "The graphics card changes what DP-1 shows: " + f"gamma {' / '.join([f'{gamma:.2f}'] * 3)}"


def test_a_warm_table_is_called_night_light_and_a_dim_one_is_not() -> None:
    warm = [[round(value * gain) for value in STRAIGHT] for gain in (1.0, 0.78, 0.54)]
    sign = sign_of_tables("eDP-1", *warm)
    assert sign is not None
    assert sign.sentence.endswith("white has 100 % red, 78 % green, 54 % blue")
    assert sign.advice == "Switch night light off"
    dim = [round(value * 0.5) for value in STRAIGHT]
    sign = sign_of_tables("eDP-1", dim, dim, dim)
    assert sign is not None
    assert "50 % blue" in sign.sentence
    assert "night light" not in sign.advice
    black = [0] * 256
    assert sign_of_tables("eDP-1", STRAIGHT, STRAIGHT, black) is not None


def test_night_light_that_is_on_now_is_worse_than_one_that_will_be() -> None:
    assert [sign.severity for sign in signs_of_night_light(True, True)] == [Severity.CERTAIN]
    assert [sign.severity for sign in signs_of_night_light(True, False)] == [Severity.POSSIBLE]
    assert list(signs_of_night_light(False, False)) == []


def test_gnome_answers_through_its_settings_and_its_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say_as(tmp_path, "gsettings", ["true"])
    say_as(tmp_path, "gdbus", ["(<true>,)"])
    assert gnome_is_enabled()
    assert not gnome_is_active()  # no session, no question
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    assert gnome_is_active()
    assert kde_is_active()
    for answer in ("(<false>,)", "", "Error: no such property"):
        say_as(tmp_path, "gdbus", [answer])
        assert not gnome_is_active()
    say_as(tmp_path, "gsettings", ["false"])
    assert not gnome_is_enabled()
    assert not is_true("(<1>,)")


def test_kde_keeps_night_light_in_a_section_of_its_own() -> None:
    assert kde_is_enabled("[Compositing]\nActive=false\n\n[NightColor]\nActive=true\nNightTemperature=3000\n")
    assert not kde_is_enabled("[NightColor]\nActive=false\n[Other]\nActive=true\n")
    assert not kde_is_enabled("")


def test_programs_that_warm_or_load_are_named_once() -> None:
    assert [sign.sentence for sign in signs_of_programs(["bash", "redshift", "redshift-gtk", "Xorg"])] == [
        "Redshift is running: it warms the screens at night"
    ]
    assert [sign.severity for sign in signs_of_programs(["gammastep", "wlsunset"])] == [Severity.POSSIBLE] * 2
    assert ["DisplayCAL" in sign.sentence for sign in signs_of_programs(["displaycal-appl"])] == [True]
    assert list(signs_of_programs(["bash", "reds", "iris_dri"])) == []
    assert program_names(TASKLIST) == {"System Idle Process", "flux.exe"}
    assert next(signs_of_programs(program_names(TASKLIST))).sentence.startswith("f.lux is running")


def test_running_programs_are_read_from_the_kernel(tmp_path: Path) -> None:
    for number, name in ((1, "init"), (42, "redshift"), (43, "")):
        (tmp_path / str(number)).mkdir()
        if name:
            (tmp_path / str(number) / "comm").write_text(f"{name}\n")
    (tmp_path / "self").mkdir()
    assert running_programs(tmp_path) == {"init", "redshift"}
    assert running_programs(tmp_path / "nowhere") == frozenset()


def test_hdr_is_read_from_kde_and_gnome() -> None:
    assert [sign.severity for sign in signs_of_hdr(KSCREEN.format(hdr="enabled"), "")] == [Severity.CERTAIN]
    assert list(signs_of_hdr(KSCREEN.format(hdr="disabled"), "")) == []
    assert list(signs_of_hdr(KSCREEN.format(hdr="incapable"), "")) == []
    assert [sign.severity for sign in signs_of_hdr("", MONITORS_XML)] == [Severity.POSSIBLE]
    assert list(signs_of_hdr("", MONITORS_XML.replace("bt2100", "default"))) == []


def test_files_of_the_session_are_read(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "kwinrc").write_text("[NightColor]\nActive=true\n")
    (tmp_path / "config" / "monitors.xml").write_text(MONITORS_XML)
    sentences = [sign.sentence for sign in system_signs()]
    assert "Night light is switched on and will warm the screens" in sentences
    assert "A monitor is set to HDR: the system maps our levels to other ones" in sentences


def test_wayland_keeps_its_tables_to_itself_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert "Under Wayland nobody may read the tables of the graphics card" in [s.sentence for s in system_signs()]


@pytest.fixture
def x11(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with x_server() as display:
        monkeypatch.setenv("DISPLAY", display)
        yield display


@needs_xvfb
def test_a_server_without_tables_gives_no_sign(x11: str) -> None:
    assert x11
    assert system_signs() == ()


@needs_xvfb
def test_a_profile_with_a_card_table_is_a_sign(x11: str) -> None:
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    fixed = [round(value * 65536) for value in (1.2, 0.0, 1.0) * 3]
    # The first tag's entry is made one of the card's: what is read is the tag table alone.
    table = b"vcgt\0\0\0\0" + struct.pack(">I9i", 1, *fixed)
    profile = plain[:132] + b"vcgt" + struct.pack(">II", len(plain), len(table)) + plain[144:] + table
    root = RootWindow(x11)
    root.put("_ICC_PROFILE", plain)
    assert system_signs() == ()
    root.put("_ICC_PROFILE_1", profile)
    root.close()
    (sign,) = system_signs()
    assert sign.severity is Severity.POSSIBLE
    assert "monitor 2 holds a table" in sign.sentence


@needs_tables
def test_tables_of_a_real_server_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dummy.conf").write_text(DUMMY_SCREEN)
    where = ("-config", str(tmp_path / "dummy.conf"), "-logfile", str(tmp_path / "log"))
    with x_server(*where, program="Xorg") as display:
        monkeypatch.setenv("DISPLAY", display)
        assert system_signs() == ()
        for gamma, told in (("1:0.8:0.5", "gamma 1.00 / 1.25 / 2.00"), ("1.25:1.25:1.25", "gamma 0.80 / 0.80 / 0.80")):
            subprocess.run(["/usr/bin/xrandr", "--output", "DUMMY0", "--gamma", gamma], check=True)
            (sign,) = system_signs()
            assert sign.sentence == f"The graphics card changes what DUMMY0 shows: {told}"
        subprocess.run(["/usr/bin/xrandr", "--output", "DUMMY0", "--gamma", "1", "--brightness", "0.7"], check=True)
        (sign,) = system_signs()
        assert "white has 70 % red, 70 % green, 70 % blue" in sign.sentence
        subprocess.run(["/usr/bin/xrandr", "--output", "DUMMY0", "--gamma", "1", "--brightness", "1"], check=True)
        assert system_signs() == ()
