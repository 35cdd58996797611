"""Answers of worker threads reach the GUI thread, all of them, in order, without holding it up."""

import threading
import time

import pytest
from PySide6.QtCore import QObject, QTimer, Signal
from pytestqt.qtbot import QtBot

from viewer.base.jobs import INTERACTION, JobRunner, Progress
from viewer.ui.job_bridge import JobBridge


class _Emitter(QObject):
    fired = Signal(object, bool)


@pytest.mark.usefixtures("qtbot")
def test_twenty_thousand_signals_lose_no_reference() -> None:
    """PySide6 6.12.0 on Python 3.11 loses a reference to None and True at every emission and aborts after some 570."""
    emitter = _Emitter()
    got: list[tuple[object, bool]] = []
    emitter.fired.connect(lambda value, flag: got.append((value, flag)))
    for number in range(20_000):
        emitter.fired.emit(None if number % 2 else True, True)
    assert len(got) == 20_000
    assert got[0] == (True, True)
    assert got[1] == (None, True)


def test_calls_from_many_threads_arrive_on_the_gui_thread_in_order(qtbot: QtBot) -> None:
    bridge = JobBridge()
    got: list[tuple[int, int]] = []
    threads_seen = set()

    def work(worker: int) -> None:
        for number in range(2000):

            def call(answer: tuple[int, int] = (worker, number)) -> None:
                got.append(answer)
                threads_seen.add(threading.get_ident())

            bridge.deliver(call)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    qtbot.waitUntil(lambda: len(got) == 8000, timeout=20_000)
    for thread in threads:
        thread.join()
    assert threads_seen == {threading.get_ident()}
    for worker in range(4):
        assert [number for who, number in got if who == worker] == list(range(2000))


def test_a_flood_of_answers_lets_timers_through(qtbot: QtBot) -> None:
    bridge = JobBridge()
    done: list[int] = []

    def answer() -> None:
        time.sleep(0.001)
        done.append(1)

    for _number in range(200):
        bridge.deliver(answer)
    done_at_tick: list[int] = []
    QTimer.singleShot(0, lambda: done_at_tick.append(len(done)))
    qtbot.waitUntil(lambda: len(done) == 200, timeout=10_000)
    assert done_at_tick
    assert done_at_tick[0] < 50


def test_a_bug_in_one_answer_does_not_swallow_the_next(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    bridge = JobBridge()
    seen: list[type] = []
    monkeypatch.setattr("sys.excepthook", lambda kind, *_rest: seen.append(kind))
    got: list[int] = []
    bridge.deliver(lambda: got.append(1 // 0))
    bridge.deliver(lambda: got.append(2))
    qtbot.waitUntil(lambda: got == [2], timeout=5000)
    assert seen == [ZeroDivisionError]


class _Sum:
    def run(self, progress: Progress) -> int:
        progress.check()
        return 42


def test_a_job_runner_answers_through_the_bridge(qtbot: QtBot) -> None:
    bridge = JobBridge()
    runner = JobRunner(bridge.deliver)
    got: list[int] = []
    runner.submit(_Sum(), lane=INTERACTION, done=got.append)
    qtbot.waitUntil(lambda: got == [42], timeout=5000)
    runner.close()
    bridge.close()
    bridge.deliver(lambda: got.append(0))
    qtbot.wait(20)
    assert got == [42]
