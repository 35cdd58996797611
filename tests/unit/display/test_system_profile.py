"""The profile that the system keeps comes back octet by octet, or is refused with a reason."""

import io
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import ImageCms

from tests.builders.x_server import RootWindow, say_as, x_server
from viewer.base.errors import DisplayError
from viewer.display.monitor import MonitorIdentity
from viewer.display.system_answers import answer_of
from viewer.display.system_colord import devices_of
from viewer.display.system_macos import macos_profile
from viewer.display.system_profile import changes_card_table, check_profile, system_profile
from viewer.display.system_windows import AttachedDisplay, display_name

DELL = MonitorIdentity("Dell", "DELL U2412M", "YMYH14AB2C6L", "DP-1")
# As colormgr 1.4.6 wrote it for two devices; the connector was added from colord's documentation.
COLORD = """\
Object Path:   /org/freedesktop/ColorManager/devices/xrandr_Dell_Inc__DELL_U2412M_YMYH14AB2C6L
Owner:         root
Created:       November 23 2026, 02:30:16 AM
Modified:      November 23 2026, 02:30:16 AM
Type:          display
Enabled:       Yes
Embedded:      No
Model:         DELL U2412M
Vendor:        Dell
Serial:        YMYH14AB2C6L
Scope:         disk
Colorspace:    rgb
Device ID:     xrandr-Dell Inc.-DELL U2412M-YMYH14AB2C6L
Profile 1:     icc-e028c7a15cdd16e0806e220ee04998c3
               {profile}
Profile 2:     icc-a07f28226c40f0319868fa0890ccc8e4
               /usr/share/color/icc/colord/AdobeRGB1998.icc
Metadata:      OwnerCmdline=colormgr create-device xrandr-Dell Inc.-DELL U2412M-YMYH14AB2C6L disk display

Object Path:   /org/freedesktop/ColorManager/devices/xrandr_Other
Owner:         root
Type:          display
Enabled:       Yes
Embedded:      No
Scope:         disk
Colorspace:    unknown
Device ID:     xrandr-Other
Metadata:      XRANDR_name=HDMI-2
"""

needs_xvfb = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")


def _profile(space: str = "sRGB", **changes: bytes) -> bytes:
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile(space))  # type: ignore[arg-type]  # one of Pillow's three
    profile = bytearray(made.tobytes())
    profile[12:16] = changes.get("kind", bytes(profile[12:16]))
    return bytes(profile)


def _with_tag(profile: bytes, signature: bytes, content: bytes) -> bytes:
    """Add a tag: the table grows by an entry, and everything behind it moves."""
    count = struct.unpack_from(">I", profile, 128)[0]
    table = bytearray(profile[132 : 132 + 12 * count])
    for entry in range(count):
        struct.pack_into(">I", table, entry * 12 + 4, struct.unpack_from(">I", table, entry * 12 + 4)[0] + 12)
    body = profile[132 + 12 * count :]
    offset = 132 + 12 * (count + 1) + len(body)
    new = profile[:128] + struct.pack(">I", count + 1) + bytes(table)
    new += signature + struct.pack(">II", offset, len(content)) + body + content
    return struct.pack(">I", len(new)) + new[4:]


def _card_table(of: Callable[[int], int]) -> bytes:
    values = [of(level) for _channel in range(3) for level in range(256)]
    return b"vcgt\0\0\0\0" + struct.pack(">IHHH", 0, 3, 256, 2) + struct.pack(f">{len(values)}H", *values)


def _card_formula(gamma: float) -> bytes:
    fixed = [round(value * 65536) for value in (gamma, 0.0, 1.0) * 3]
    return b"vcgt\0\0\0\0" + struct.pack(">I9i", 1, *fixed)


@pytest.fixture
def x11(monkeypatch: pytest.MonkeyPatch) -> Iterator[RootWindow]:
    with x_server() as display:
        monkeypatch.setenv("DISPLAY", display)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        monkeypatch.setenv("PATH", "/nowhere")  # no colord here
        root = RootWindow(display)
        yield root
        root.close()


@needs_xvfb
def test_what_is_put_on_the_root_window_is_read_back_octet_by_octet(x11: RootWindow) -> None:
    assert system_profile(DELL, 0) == b""
    first, second = _profile(), _with_tag(_profile(), b"vcgt", _card_formula(1.0))
    x11.put("_ICC_PROFILE", first)
    x11.put("_ICC_PROFILE_1", second)
    assert system_profile(DELL, 0) == first
    assert system_profile(DELL, 1) == second
    assert system_profile(DELL, 2) == b""


@needs_xvfb
def test_a_profile_larger_than_one_request_is_read_whole(x11: RootWindow) -> None:
    profile = _with_tag(_profile(), b"desx", bytes(range(256)) * 5000)  # 1.3 MB
    x11.put("_ICC_PROFILE", profile)
    assert system_profile(DELL, 0) == profile


@needs_xvfb
def test_broken_profiles_on_the_root_window_are_refused_with_the_monitors_name(x11: RootWindow) -> None:
    for broken, reason in ((_profile()[:300], "cut off"), (b"\0" * 400, "cannot be read")):
        x11.put("_ICC_PROFILE", broken)
        with pytest.raises(DisplayError, match=reason) as caught:
            system_profile(DELL, 0)
        assert caught.value.subject == "Dell DELL U2412M YMYH14AB2C6L"


def test_profiles_that_are_not_of_an_rgb_display_are_refused() -> None:
    check_profile(_profile())
    for profile, reason in (
        (_profile("LAB"), "for Lab, not for RGB"),
        (_profile("XYZ"), "for XYZ, not for RGB"),
        (_profile(kind=b"prtr"), r"not one of a display \(prtr\)"),
        (b"", "cut off"),
        (_profile()[:-1], "cut off"),
    ):
        with pytest.raises(DisplayError, match=reason):
            check_profile(profile)


def test_a_profile_without_its_curves_is_refused() -> None:
    profile = _profile().replace(b"rTRC", b"xTRC").replace(b"rXYZ", b"xXYZ")
    with pytest.raises(DisplayError, match="does not say how to convert colours"):
        check_profile(profile)


def test_without_any_server_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    for display in ("", ":4711"):
        monkeypatch.setenv("DISPLAY", display)
        assert system_profile(DELL, 0) == b""


@pytest.fixture
def colord(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A Wayland session whose colord lists the monitor with this profile."""
    profile = _profile()
    (tmp_path / "own.icc").write_bytes(profile)
    say_as(tmp_path, "colormgr", COLORD.format(profile=tmp_path / "own.icc").splitlines())
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
    return profile


def test_colord_is_asked_by_serial_number_or_connector(colord: bytes) -> None:
    assert system_profile(DELL, 0) == colord
    assert system_profile(MonitorIdentity("Dell Inc.", "Dell U2412M", "YMYH14AB2C6L"), 5) == colord
    assert system_profile(MonitorIdentity("Dell", "DELL U2412M", "another", "DP-1"), 0) == b""
    assert system_profile(MonitorIdentity(name="HDMI-2"), 1) == b""  # known to colord, without a profile


def test_where_the_compositor_converts_colours_there_is_none_for_us(
    colord: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert colord
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")
    assert system_profile(DELL, 0) == b""


def test_a_file_that_colord_names_and_that_is_gone_is_told(colord: bytes, tmp_path: Path) -> None:
    assert colord
    (tmp_path / "own.icc").unlink()
    with pytest.raises(DisplayError, match="No such file") as caught:
        system_profile(DELL, 0)
    assert caught.value.subject == "own.icc"


def test_colords_listing_is_understood() -> None:
    dell, other = devices_of(COLORD.format(profile="/home/a b/own.icc"))
    assert dell.profiles == ["/home/a b/own.icc", "/usr/share/color/icc/colord/AdobeRGB1998.icc"]
    assert dell.fields["Device ID"] == "xrandr-Dell Inc.-DELL U2412M-YMYH14AB2C6L"
    assert (other.profiles, other.metadata) == ([], {"XRANDR_name": "HDMI-2"})
    assert not devices_of(COLORD.replace("Enabled:       Yes", "Enabled:       No"))[0].is_enabled
    assert devices_of("") == ()
    assert devices_of("Object Path:") != ()


def test_a_card_table_in_a_profile_is_seen_when_it_changes_something() -> None:
    plain = _profile()
    assert not changes_card_table(plain)
    for content, changes in (
        (_card_formula(1.0), False),
        (_card_formula(1.2), True),
        (_card_table(lambda level: level * 257), False),
        (_card_table(lambda level: round((level / 255) ** 1.1 * 65535)), True),
        (b"vcgt", True),
        (b"vcgt\0\0\0\0" + struct.pack(">IHHH", 0, 3, 1, 2) + b"\0" * 6, True),
    ):
        profile = _with_tag(plain, b"vcgt", content)
        ImageCms.ImageCmsProfile(io.BytesIO(profile))  # still a profile to others
        assert changes_card_table(profile) is changes
    assert not changes_card_table(b"short")


def test_a_program_that_hangs_or_fails_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("viewer.display.system_answers.ANSWER_S", 0.2)
    for body, answer in (("sleep 30", ""), ("echo half; exit 3", ""), ('echo "$LC_ALL"', "C\n")):
        file = tmp_path / "asked"
        file.write_text(f"#!/bin/sh\nexec 2>&-\n{body}\n")
        file.chmod(0o755)
        assert answer_of("asked") == answer
    assert answer_of("no-such-program") == ""
    file.write_text("no program")
    assert answer_of("asked") == ""


def test_windows_displays_are_found_by_place_before_number() -> None:
    displays = (
        AttachedDisplay("\\\\.\\DISPLAY1", (0, 0), (1920, 1080)),
        AttachedDisplay("\\\\.\\DISPLAY2", (1920, 0), (2048, 2560)),
    )
    second = MonitorIdentity(size_px=(2048, 2560), position=(1920, 0))
    assert display_name(displays, second, 0) == "\\\\.\\DISPLAY2"
    assert display_name(displays, MonitorIdentity(), 0) == "\\\\.\\DISPLAY1"
    assert display_name(displays, MonitorIdentity(), 2) == ""


def test_core_graphics_is_not_asked_where_there_is_none() -> None:
    assert macos_profile(DELL, 0) == b""


@pytest.mark.skipif(shutil.which("xprop") is None or shutil.which("Xvfb") is None, reason="needs xprop and Xvfb")
def test_another_program_sees_the_same_profile(x11: RootWindow) -> None:
    x11.put("_ICC_PROFILE", _profile())
    listed = subprocess.run(["/usr/bin/xprop", "-root", "_ICC_PROFILE"], capture_output=True, text=True, check=True)
    octets = bytes(int(number) for number in listed.stdout.partition("=")[2].split(","))
    assert system_profile(DELL, 0) == octets
