import functools
import threading

import pytest

from viewer.library.second_hand import Hands, SecondHand

PATIENCE = 60.0


def test_steps_are_taken_in_order_by_another_thread() -> None:
    hand = SecondHand()
    done: list[tuple[int, int]] = []
    pending = hand.begin(*(lambda step=step: done.append((step, threading.get_ident())) for step in range(3)))
    assert pending is not None
    pending.wait()
    pending.wait()  # as often as one likes
    hand.close()
    assert [step for step, _thread in done] == [0, 1, 2]
    assert threading.get_ident() not in {thread for _step, thread in done}


def test_one_that_is_busy_takes_nothing_more() -> None:
    hand = SecondHand()
    may_end = threading.Event()

    def wait() -> None:
        may_end.wait(PATIENCE)

    first = hand.begin(wait)
    assert first is not None
    assert hand.begin(lambda: None) is None
    may_end.set()
    first.wait()
    hand.close()


def test_the_first_failure_ends_it_and_is_raised_to_whoever_waits() -> None:
    hand = SecondHand()
    done: list[int] = []

    def fail() -> None:
        raise OSError(5, "Input/output error")

    pending = hand.begin(fail, lambda: done.append(1))
    assert pending is not None
    for _time in range(2):
        with pytest.raises(OSError, match="Input"):
            pending.wait()
    assert done == []
    hand.close()


def test_one_that_never_had_anything_to_do_ends_too() -> None:
    hand = SecondHand()
    hand.close()
    hand.close()


def test_several_hands_do_several_things_at_once() -> None:
    hands = Hands(3)
    meeting = threading.Barrier(3)
    done: list[int] = []

    def meet() -> None:
        meeting.wait(PATIENCE)

    hands.begin([meet] * 3).wait()  # all three have to be there
    hands.begin([functools.partial(done.append, step) for step in range(20)]).wait()
    assert sorted(done) == list(range(20))
    hands.begin([]).wait()
    hands.close()
    hands.close()


def test_a_failure_of_several_is_raised_when_none_is_under_way_any_more() -> None:
    hands = Hands(2)
    may_end, ended = threading.Event(), threading.Event()

    def fail() -> None:
        raise OSError(5, "Input/output error")

    def last() -> None:
        may_end.wait(PATIENCE)
        ended.set()

    together = hands.begin([fail, last])
    threading.Timer(0.05, may_end.set).start()
    with pytest.raises(OSError, match="Input"):
        together.wait()
    assert ended.is_set()
    hands.close()
