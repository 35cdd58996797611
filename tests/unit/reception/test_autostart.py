"""Starting at login: the file says what the systems ask for, whatever folders are called."""

import configparser
import plistlib
import re
import sys
from pathlib import Path

import pytest

from viewer.base.errors import SettingsError
from viewer.reception.autostart import autostart_file, autostart_text, set_autostart, starts_at_login

COMMAND = ("/usr/bin/python3", "-m", "viewer", "--library", '/data/a "b" $c `d` %f \\e', "receive", "--configured")


def _exec_words(text: bytes) -> list[str]:
    """Return the arguments of a .desktop file as the Desktop Entry Specification has them read."""
    parsed = configparser.RawConfigParser(delimiters=("=",))
    parsed.optionxform = str  # type: ignore[assignment,method-assign] # keys are case-sensitive there
    parsed.read_string(text.decode("utf-8"))
    line = parsed["Desktop Entry"]["Exec"].replace("\\\\", "\\")  # first as a string
    words = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
    return [re.sub(r"\\(.)", r"\1", word).replace("%%", "%") for word in words]


def test_the_desktop_entry_gives_back_every_argument() -> None:
    assert _exec_words(autostart_text(COMMAND, platform="linux")) == list(COMMAND)
    words = _exec_words(autostart_text(COMMAND, "/opt/the viewer", platform="linux"))
    assert words == ["env", "PYTHONPATH=/opt/the viewer", *COMMAND]


def test_the_launch_agent_gives_back_every_argument() -> None:
    agent = plistlib.loads(autostart_text(COMMAND, "/opt/viewer", platform="darwin"))
    assert agent["ProgramArguments"] == list(COMMAND)
    assert agent["RunAtLoad"] is True
    assert agent["EnvironmentVariables"] == {"PYTHONPATH": "/opt/viewer"}


def test_the_command_file_starts_without_a_window_to_wait_for() -> None:
    command = ("C:\\a&b\\pythonw.exe", "-m", "viewer", "C:\\100 %", "D:\\홍\\")
    lines = autostart_text(command, platform="win32").decode("utf-8").splitlines()
    assert lines[:2] == ["@echo off", "chcp 65001 >nul"]
    assert lines[-1] == 'start "" /b "C:\\a&b\\pythonw.exe" "-m" "viewer" "C:\\100 %%" "D:\\홍\\\\"'


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_a_folder_that_would_be_another_line_is_refused(platform: str) -> None:
    with pytest.raises(SettingsError):
        autostart_text((*COMMAND, "/data/x\nExec=rm"), platform=platform)


def test_files_lie_where_each_system_looks() -> None:
    home = {"HOME": "/home/hong"}
    assert autostart_file("linux", home) == Path("/home/hong/.config/autostart/negatoscope-receiver.desktop")
    assert autostart_file("linux", {**home, "XDG_CONFIG_HOME": "/cfg"}).parent == Path("/cfg/autostart")
    assert autostart_file("linux", {**home, "XDG_CONFIG_HOME": "relative"}).is_relative_to("/home/hong")
    assert "LaunchAgents" in autostart_file("darwin", home).parts
    assert autostart_file("win32", {**home, "APPDATA": "/roaming"}).parts[-2:] == (
        "Startup",
        "negatoscope-receiver.cmd",
    )


def test_it_is_written_for_its_owner_and_taken_away(tmp_path: Path) -> None:
    file = tmp_path / "autostart" / "x.desktop"
    set_autostart(COMMAND, is_on=True, path=file)
    set_autostart(COMMAND, is_on=True, path=file)
    assert starts_at_login(file)
    assert [path.name for path in file.parent.iterdir()] == ["x.desktop"]
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o077 == 0
    set_autostart(COMMAND, is_on=False, path=file)
    set_autostart(COMMAND, is_on=False, path=file)
    assert not starts_at_login(file)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "autostart").write_text("in the way")
    with pytest.raises(SettingsError, match="Starting at login"):
        set_autostart(COMMAND, is_on=True, path=tmp_path / "autostart" / "x.desktop")
