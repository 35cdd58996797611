"""The loops over voxels are compiled once, in a process apart."""

import sys
from pathlib import Path

import pytest

from viewer.application import kernel_keeping
from viewer.application.kernel_keeping import CompileApart, mark_of
from viewer.base.errors import Cancelled
from viewer.base.jobs import Progress


def test_what_was_compiled_is_not_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "runs"
    monkeypatch.setattr(kernel_keeping, "_COMPILE", f"open({str(log)!r}, 'a').write('x')")
    old = tmp_path / "kept" / "compiled-of-another-version"
    old.parent.mkdir()
    old.touch()
    for _start in range(2):
        assert CompileApart(tmp_path / "kept").run(Progress())
    assert log.read_text() == "x"
    assert not old.exists()
    assert mark_of(tmp_path / "kept").exists()


def test_what_cannot_be_compiled_is_tried_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_keeping, "_COMPILE", "raise SystemExit(3)")
    assert not CompileApart(tmp_path).run(Progress())
    assert not mark_of(tmp_path).exists()


def test_the_program_that_closes_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_keeping, "_COMPILE", "import time; time.sleep(60)")
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        CompileApart(tmp_path).run(progress)
    assert not mark_of(tmp_path).exists()


def test_another_version_of_the_loops_is_another_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = mark_of(tmp_path)
    monkeypatch.setattr(sys, "version", "another")
    assert mark_of(tmp_path) != before
