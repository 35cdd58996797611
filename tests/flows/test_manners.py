"""The command line as a whole: help, version, language, settings folder, broken pipes, full disks."""

import subprocess
import sys
from pathlib import Path

import pytest

import viewer
from tests.builders.ct_series import write_ct_series
from tests.flows.command_line import command_line, environment, run
from viewer.workspace.commands.table import COMMANDS

SUB_COMMANDS = ("scan", "render", "dump", "commands", "screenshot", "bench", "demo")


def test_version_and_help_go_to_standard_output(tmp_path: Path) -> None:
    ended = run(tmp_path, "--version")
    assert (ended.code, ended.output, ended.errors) == (0, f"negatoscope {viewer.__version__}\n", "")
    ended = run(tmp_path, "--help")
    assert (ended.code, ended.errors) == (0, "")
    assert all(command in ended.output for command in (*SUB_COMMANDS, "--language", "--config", "--version"))


@pytest.mark.parametrize("command", SUB_COMMANDS)
def test_every_sub_command_explains_itself(command: str, tmp_path: Path) -> None:
    ended = run(tmp_path, command, "--help")
    assert (ended.code, ended.errors) == (0, "")
    assert "usage" in ended.output.lower()


def test_unknown_options_and_languages_end_with_2(tmp_path: Path) -> None:
    for arguments in (("--nonsense",), ("--language", "xx"), ("scan",), ("scan", "--nonsense", "x"), ("dump",)):
        ended = run(tmp_path, *arguments)
        assert (ended.code, ended.output) == (2, ""), arguments
        assert ended.errors


def test_the_language_changes_what_people_read_and_nothing_else(tmp_path: Path) -> None:
    english = run(tmp_path, "--language", "en", "commands", "--json").json()
    korean = run(tmp_path, "--language", "ko", "commands", "--json").json()
    assert [(row["id"], row["keys"]) for row in korean] == [(row["id"], row["keys"]) for row in english]
    assert all(any("가" <= letter <= "힣" for letter in row["title"]) for row in korean)
    assert "가" <= max(run(tmp_path, "--language", "ko", "--help").output) <= "힣"
    absent = run(tmp_path, "--language", "ko", "scan", tmp_path / "absent")
    assert absent.code == 1
    assert "가" <= max(absent.line) <= "힣"


def test_commands_are_those_of_the_window_with_the_keys_in_force(tmp_path: Path) -> None:
    ended = run(tmp_path, "commands", "--json")
    assert (ended.code, ended.errors) == (0, "")
    rows = ended.json()
    assert [row["id"] for row in rows] == [command.id for command in COMMANDS]
    assert all(list(row) == ["id", "title", "keys"] for row in rows)
    assert all(row["title"] and all(type(key) is str for key in row["keys"]) for row in rows)
    (tmp_path / "config").mkdir(exist_ok=True)
    (tmp_path / "config" / "settings.toml").write_text('version = 1\n[keys]\nkeys = ["view.invert=Ctrl+9"]\n')
    changed = {row["id"]: row["keys"] for row in run(tmp_path, "commands", "--json").json()}
    assert changed["view.invert"] == ["Ctrl+9"]


def test_dump_prints_the_tags(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "ct", 1, 16)
    ended = run(tmp_path, "dump", path)
    assert (ended.code, ended.errors) == (0, "")
    assert "(0010,0010) PN" in ended.output
    assert "Series^Test" in ended.output
    assert "(7FE0,0010)" in ended.output
    for place in (tmp_path / "absent", tmp_path, Path("/proc/self/mem")):
        ended = run(tmp_path, "dump", place)
        assert (ended.code, ended.output) == (1, "")
        assert str(place) in ended.line


def test_nothing_is_written_outside_the_settings_folder(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "ct", 1, 16)
    for arguments in (("scan", path), ("dump", path), ("commands",)):
        assert run(tmp_path, *arguments).code == 0
    assert {each.name for each in tmp_path.iterdir()} <= {"ct", "config"}
    assert [each.name for each in (tmp_path / "ct").iterdir()] == [path.name]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
@pytest.mark.parametrize("arguments", [("commands",), ("commands", "--json"), ("--version",), ("scan", "ct")])
def test_a_reader_that_goes_away_is_not_reported(arguments: tuple[str, ...], tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", 1, 16)
    process = subprocess.Popen(
        command_line(tmp_path, *arguments),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()  # before anything can have been written
    assert process.stderr is not None
    with process.stderr as stream:
        assert stream.read() == b""
    assert process.wait(60) in {0, 1}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [("commands",), ("scan", "ct", "--json"), ("dump", "ct/IM000000")])
def test_output_that_cannot_be_written_ends_with_1_and_one_line(arguments: tuple[str, ...], tmp_path: Path) -> None:
    write_ct_series(tmp_path / "ct", 1, 16)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command_line(tmp_path, *arguments), cwd=tmp_path, env=environment(), stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 1
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("negatoscope: ")
