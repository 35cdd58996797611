"""Rows shared out among cores: each once, failures told, unwanted work left."""

import threading

import pytest

from viewer.base.errors import Cancelled
from viewer.volume.row_threads import core_count, given_up_when, on_all_cores


@pytest.mark.parametrize("rows", [1, 2, 7, 64, 513])
@pytest.mark.parametrize("samples", [10, 1_000_000, 100_000_000])
def test_every_row_is_worked_on_once(rows: int, samples: int) -> None:
    done: list[int] = []
    lock = threading.Lock()

    def work(part: tuple[int, int]) -> None:
        with lock:
            done.extend(range(*part))

    before = threading.active_count()
    on_all_cores(work, rows, samples)
    assert sorted(done) == list(range(rows))
    assert threading.active_count() == before


def test_a_failure_in_any_thread_is_raised() -> None:
    def work(part: tuple[int, int]) -> None:
        if part[0] > 0:
            raise ValueError("no such rows")

    with pytest.raises(ValueError, match="no such rows"):
        on_all_cores(work, 512, 10_000_000)


def test_what_nobody_wants_is_left() -> None:
    done: list[tuple[int, int]] = []
    with pytest.raises(Cancelled), given_up_when(lambda: len(done) >= 3):
        on_all_cores(done.append, 512, 100_000_000)
    assert len(done) <= 3 + core_count()
    on_all_cores(done.append, 4, 100_000_000)  # only as long as it was said
    assert len(done) >= 7
