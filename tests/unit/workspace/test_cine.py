from typing import Any

import pytest

from viewer.workspace.cine import CinePlayer, CineTiming, effective_rate, played_range, timing_of
from viewer.workspace.display_sets import display_sets_of
from viewer.workspace.viewport_state import CineState


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _timing(make_header: Any, frames: Any = 4, **values: Any) -> CineTiming:
    return timing_of(display_sets_of("s", [make_header(modality="XA", frames=frames, **values)])[0])


def _plain(count: int, *, rate: float = 10.0, is_sweep: bool = False) -> CineTiming:
    return CineTiming(rate, (), 0, count - 1, is_sweep, is_stated=True)


@pytest.mark.parametrize(
    ("values", "rate"),
    [
        ({}, 15.0),
        ({"cine_rate": "12"}, 12.0),
        ({"cine_rate": "12", "frame_time": "40"}, 25.0),
        ({"cine_rate": "12", "frame_time": "40", "recommended_rate": "7"}, 7.0),
        ({"frame_vector": "0\\100\\100\\50"}, 12.0),
        ({"frame_vector": "0\\100\\0\\50", "frame_time": "40"}, 25.0),
        ({"frame_vector": "0\\100", "cine_rate": "12"}, 12.0),
        ({"frame_time": "0"}, 15.0),
    ],
)
def test_the_rate_is_taken_in_the_order_of_the_digest(make_header: Any, values: dict[str, str], rate: float) -> None:
    timing = _timing(make_header, **values)
    assert timing.rate == pytest.approx(rate)
    assert timing.is_stated == (rate != 15.0)


def test_the_readers_rate_comes_before_that_of_the_data(make_header: Any) -> None:
    timing = _timing(make_header, frame_time="40")
    assert effective_rate(timing, CineState(frames_per_second=3.0)) == 3.0
    assert effective_rate(timing, CineState()) == 25.0


def test_trims_and_the_readers_range_bound_what_is_played(make_header: Any) -> None:
    timing = _timing(make_header, frames=10, start_trim="3", stop_trim="8")
    assert (timing.first, timing.last) == (2, 7)
    assert played_range(timing, CineState(first=6, last=4)) == (4, 6)
    assert _timing(make_header, frames=10, start_trim="8", stop_trim="3").last == 9


def test_frames_of_a_vector_stay_as_long_as_it_says(make_header: Any) -> None:
    clock = Clock()
    player = CinePlayer(_timing(make_header, frame_vector="0\\100\\300\\200"), CineState(), 0, clock)
    shown = []
    for _step in range(9):
        clock.now += 0.1001
        shown.append(player.advance())
    # 100 ms for the first, then 300 and 200; the last stays for the mean of them.
    assert shown == [1, 1, 1, 2, 2, 3, 3, 0, 1]


def test_a_loop_begins_again_and_a_sweep_turns_round() -> None:
    clock = Clock()
    loop = CinePlayer(_plain(3), CineState(), 0, clock)
    sweep = CinePlayer(_plain(3, is_sweep=True), CineState(), 0, clock)
    shown = []
    for _step in range(6):
        clock.now += 0.1001
        shown.append((loop.advance(), sweep.advance()))
    assert [each[0] for each in shown] == [1, 2, 0, 1, 2, 0]
    assert [each[1] for each in shown] == [1, 2, 1, 0, 1, 2]


def test_the_files_wish_to_sweep_holds_until_the_reader_says_otherwise(make_header: Any) -> None:
    assert _timing(make_header, playback="1").is_sweep
    assert not _timing(make_header, playback="0").is_sweep


def test_late_frames_are_dropped_counted_and_time_is_kept() -> None:
    clock = Clock()
    player = CinePlayer(_plain(100), CineState(), 0, clock)
    clock.now += 0.35
    assert player.advance() == 3
    assert player.dropped == 2
    player.shown(3)
    clock.now += 0.05
    assert player.advance() == 4
    assert player.dropped == 2
    clock.now += 0.1  # the fourth never came to the screen
    assert player.advance() == 5
    assert player.dropped == 3
    assert player.seconds_to_next() == pytest.approx(0.1)


def test_the_achieved_rate_is_what_reached_the_screen() -> None:
    clock = Clock()
    player = CinePlayer(_plain(100), CineState(), 0, clock)
    assert player.achieved_rate is None
    for step in range(1, 12):
        player.shown(step)
        player.shown(step)  # the same picture, made finer
        clock.now += 0.125
    assert player.achieved_rate == pytest.approx(8.0)


def test_after_a_long_sleep_it_goes_on_without_haste() -> None:
    clock = Clock()
    player = CinePlayer(_plain(5), CineState(), 0, clock)
    clock.now += 1_000
    player.advance()
    assert player.seconds_to_next() == pytest.approx(0.1)
