"""Loads frames on its own threads: what a viewport waits for first, then what it will probably want next.

A viewport has one urgent wish, replaced by its next one: a fast scroll through a slow medium asks only for what the
reader stops at, and whatever was already on its way is shown as it comes.

While the hand moves, reading ahead is slowed: Python runs one thread at a time, and that one should be the window's.
Compressed images are decoded in processes of their own and go on.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from viewer.base.errors import Cancelled, ViewerError
from viewer.base.jobs import Progress
from viewer.base.logs import without_values
from viewer.imaging.frame_store import AHEAD, URGENT, FrameStore, LoadedFrame
from viewer.imaging.image_ref import ImageRef

THREADS = 4
"""One more than may read ahead: the reader's own wish never waits behind a guess."""

HAND_S = 0.06
"""The hand counts as moving for so long after it last asked for something."""
PACE_S = 0.004
"""Between two images read ahead while the hand moves: still four times as many as it can look at."""
MOST_SKIPPED = 256
"""Images in memory that are stepped over at one go."""

Answer = LoadedFrame | Exception

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    image: ImageRef
    answer: Callable[[Answer], None]


class FrameLoader:
    """Used from the GUI thread; answers come on a loader thread."""

    def __init__(self, store: FrameStore, threads: int = THREADS) -> None:
        self._store = store
        self._wishes: OrderedDict[Hashable, _Wish] = OrderedDict()
        self._plans: OrderedDict[Hashable, Iterator[ImageRef]] = OrderedDict()
        self._most_ahead = max(1, threads - 1)
        self._ahead = 0
        self._hand_until = 0.0
        self._is_native_ahead = False
        self._is_closed = False
        self._progress = Progress()
        self._condition = threading.Condition()
        self._threads = [
            threading.Thread(target=self._run, name=f"frames-{number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def want(self, owner: Hashable, image: ImageRef, answer: Callable[[Answer], None]) -> None:
        """Load an image before anything else; an owner's wish that has not been started yet is forgotten."""
        with self._condition:
            self._wishes.pop(owner, None)
            self._wishes[owner] = _Wish(image, answer)
            self._condition.notify()

    def plan(self, owner: Hashable, images: Iterator[ImageRef]) -> None:
        """Load images ahead, in this order, while nothing is wished for; replaces the owner's older plan.

        Args:
            owner: Whose plan it is.
            images: Consumed one by one, on any loader thread but never on two at once; ends where memory does.
        """
        with self._condition:
            self._plans.pop(owner, None)
            self._plans[owner] = images
            self._condition.notify_all()

    def hand_moves(self) -> None:
        """Slow reading ahead down for a moment."""
        self._hand_until = time.monotonic() + HAND_S

    def withdraw(self, owner: Hashable) -> None:
        """Drop an owner's wish: what it wants now is in memory."""
        with self._condition:
            self._wishes.pop(owner, None)

    def forget(self, owner: Hashable) -> None:
        """Drop an owner's wish and plan."""
        with self._condition:
            self._wishes.pop(owner, None)
            self._plans.pop(owner, None)

    def close(self) -> None:
        """End the threads; what is being decoded is cancelled."""
        with self._condition:
            self._is_closed = True
            self._wishes.clear()
            self._plans.clear()
            self._progress.cancel()
            self._condition.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._is_closed and not self._wishes and not self._may_read_ahead():
                    self._condition.wait()
                if self._is_closed:
                    return
                if self._wishes:
                    _owner, wish = self._wishes.popitem(last=True)  # the newest: it is what the reader looks at
                    image = None
                else:
                    image = self._next_ahead()
                    if image is None:
                        continue
                    self._ahead += 1
            if image is None:
                self._fulfil(wish)
            else:
                self._read_ahead(image)
                if _is_native(image) and self._hand_is_moving():
                    time.sleep(PACE_S)
                with self._condition:
                    self._ahead -= 1
                    if self._plans:
                        self._condition.notify()

    def _may_read_ahead(self) -> bool:
        # Reading what is not compressed is Python's work: a second thread would only take turns with the window.
        most = 1 if self._is_native_ahead else self._most_ahead
        return bool(self._plans) and self._ahead < most

    def _hand_is_moving(self) -> bool:
        return time.monotonic() < self._hand_until

    def _next_ahead(self) -> ImageRef | None:
        """Take the next image of the plan that was served longest ago; a plan at its end is dropped."""
        owner, images = self._plans.popitem(last=False)
        for skipped, image in enumerate(images):
            if not self._store.is_stored(image):
                self._plans[owner] = images
                self._is_native_ahead = _is_native(image)
                return image
            if skipped == MOST_SKIPPED:
                self._plans[owner] = images
                return None
        return None

    def _fulfil(self, wish: _Wish) -> None:
        try:
            wish.answer(self._store.load(wish.image, priority=URGENT, progress=self._progress))
        except Cancelled:
            pass
        except Exception as error:  # noqa: BLE001 - handed to whoever asked, who shows it or reports the bug
            wish.answer(error)

    def _read_ahead(self, image: ImageRef) -> None:
        try:
            self._store.load(image, priority=AHEAD, progress=self._progress)
        except (Cancelled, ViewerError):
            pass  # told when, and if, the reader comes to this image
        except Exception as error:  # noqa: BLE001 - nobody waits for it; it is told again if the reader comes there
            logger.error("Reading ahead failed: %s", without_values(error))


def _is_native(image: ImageRef) -> bool:
    location = image.header.pixel_data
    return location is not None and not location.is_encapsulated
