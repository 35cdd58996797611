"""Background jobs: answers, cancelling, superseding."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from viewer.base.jobs import INTERACTION, MEDIA, JobRunner, Progress, ProgressReport

Deliver = Callable[[Callable[[], None]], None]


@dataclass(frozen=True)
class Add:
    first: int
    second: int

    def run(self, progress: Progress) -> int:
        progress.report(1, 2, "adding")
        return self.first + self.second


@dataclass(frozen=True)
class Fail:
    def run(self, progress: Progress) -> int:  # noqa: ARG002 - the shape of a job
        raise ValueError("bad sum")


@dataclass(frozen=True)
class WaitForCancel:
    started: threading.Event
    ended: threading.Event

    def run(self, progress: Progress) -> str:
        self.started.set()
        try:
            progress.wait(30)
        finally:
            self.ended.set()
        return "never"


@pytest.fixture
def runner() -> Iterator[JobRunner]:
    runner = JobRunner(lambda call: call())
    yield runner
    runner.close()


def test_answer_and_progress_arrive(runner: JobRunner) -> None:
    answers: list[int] = []
    reports: list[ProgressReport] = []
    arrived = threading.Event()

    def done(answer: int) -> None:
        answers.append(answer)
        arrived.set()

    runner.submit(Add(2, 3), lane=INTERACTION, done=done, progress=reports.append)
    assert arrived.wait(5)
    assert answers == [5]
    assert reports == [ProgressReport(1, 2, "adding")]


def test_failure_reaches_its_caller(runner: JobRunner) -> None:
    failures: list[Exception] = []
    arrived = threading.Event()

    def failed(error: Exception) -> None:
        failures.append(error)
        arrived.set()

    runner.submit(Fail(), lane=INTERACTION, failed=failed)
    assert arrived.wait(5)
    assert str(failures[0]) == "bad sum"


def test_newer_job_with_the_same_key_supersedes_the_older(runner: JobRunner) -> None:
    started, ended, newer = threading.Event(), threading.Event(), threading.Event()
    answers: list[object] = []
    runner.submit(WaitForCancel(started, ended), lane=MEDIA, key="scan", done=answers.append)
    assert started.wait(5)

    def done(answer: int) -> None:
        answers.append(answer)
        newer.set()

    runner.submit(Add(1, 1), lane=MEDIA, key="scan", done=done)
    assert ended.wait(5)
    assert newer.wait(5)
    assert answers == [2]


def test_close_cancels_what_runs() -> None:
    runner = JobRunner(lambda call: call())
    started, ended = threading.Event(), threading.Event()
    runner.submit(WaitForCancel(started, ended), lane=MEDIA)
    assert started.wait(5)
    runner.close()
    assert ended.is_set()
