"""What is logged and reported of an error never holds what the error was about."""

import logging
import os
import stat
import sys
from pathlib import Path

import pytest

from viewer.application import crash_report
from viewer.base.jobs import MEDIA, JobRunner, Progress
from viewer.base.logs import without_values

CANARY = "HONG^GILDONG"


def _fail() -> None:
    try:
        float(CANARY)
    except ValueError as error:
        raise LookupError(CANARY) from error


class _Fails:
    def run(self, progress: Progress) -> None:
        del progress
        _fail()


def test_an_error_is_told_by_kind_and_place_alone() -> None:
    with pytest.raises(LookupError) as caught:
        _fail()
    text = without_values(caught.value)
    assert CANARY not in text
    assert text.startswith("LookupError")
    assert "ValueError" in text
    assert "test_logs.py" in text


def test_a_job_that_fails_where_nobody_listens_is_logged_without_values(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        runner = JobRunner(lambda call: call())
        runner.submit(_Fails(), lane=MEDIA)
        for pool in runner._pools.values():
            pool.shutdown(wait=True)
    assert "LookupError" in caplog.text
    assert CANARY not in caplog.text


def test_a_crash_report_holds_no_values_and_is_its_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    told: list[Path | None] = []
    crash_report.install(tmp_path / "crashes", told.append)
    try:
        _fail()
    except LookupError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    (path,) = (each for each in told if each is not None)
    assert CANARY not in path.read_text("utf-8") + caplog.text
    assert "LookupError" in path.read_text("utf-8")
    assert os.name == "nt" or stat.S_IMODE(path.stat().st_mode) == 0o600
