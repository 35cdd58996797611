"""The settings file: defaults, ranges, damage, other sections kept."""

import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from viewer.base.errors import SettingsError
from viewer.base.settings import Settings, setting


@dataclass(frozen=True, slots=True)
class Cine:
    frames_per_second: float = setting(15.0, "Frames per second", minimum=1, maximum=120)
    loops: bool = setting(True, "Loop")
    names: tuple[str, ...] = setting(())


def test_values_come_back(tmp_path: Path) -> None:
    Settings(tmp_path).store("cine", Cine(30.0, loops=False, names=("홍길동", "b")))
    assert Settings(tmp_path).section("cine", Cine) == Cine(30.0, loops=False, names=("홍길동", "b"))


def test_other_sections_are_kept(tmp_path: Path) -> None:
    Settings(tmp_path).store("cine", Cine(30.0))
    second = Settings(tmp_path)
    second.store("other", replace(Cine(), loops=False))
    assert Settings(tmp_path).section("cine", Cine).frames_per_second == 30.0


@pytest.mark.parametrize("value", ["500.0", "-1", '"fast"', "true", "[1]"])
def test_a_value_out_of_range_or_of_a_wrong_type_takes_its_default(tmp_path: Path, value: str) -> None:
    (tmp_path / "settings.toml").write_text(f"[cine]\nframes_per_second = {value}\nloops = false\n", "utf-8")
    assert Settings(tmp_path).section("cine", Cine) == Cine(15.0, loops=False)


def test_a_damaged_file_is_kept_aside_and_said(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes(b"\xff\xfe not toml [")
    settings = Settings(tmp_path)
    assert settings.problem is not None
    assert settings.section("cine", Cine) == Cine()
    assert (tmp_path / "settings.toml.bad").exists()


def test_a_folder_that_cannot_be_written_is_an_error_in_plain_words(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("", "utf-8")
    with pytest.raises(SettingsError, match="could not be written"):
        Settings(blocker / "below").store("cine", Cine())
    assert stat.S_ISREG(blocker.stat().st_mode)


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "new")
    settings.store("cine", Cine())
    assert stat.S_IMODE(settings.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.folder.stat().st_mode) == 0o700


def test_what_another_process_wrote_meanwhile_is_kept(tmp_path: Path) -> None:
    mine, others = Settings(tmp_path), Settings(tmp_path)
    others.store("other", Cine(99.0))
    mine.store("cine", Cine(30.0))
    assert Settings(tmp_path).section("other", Cine) == Cine(99.0)
    assert Settings(tmp_path).section("cine", Cine) == Cine(30.0)


def test_settings_that_are_not_kept_hold_for_this_run_alone(tmp_path: Path) -> None:
    settings = Settings(tmp_path, is_kept=False)
    settings.store("cine", Cine(30.0))
    assert settings.section("cine", Cine) == Cine(30.0)
    assert not settings.path.exists()
