"""Finds the files of places (folders, discs, archives) on a thread of its own, and says where it is.

Whoever watches can see a place that hangs, list it, and let another finder go on with the remaining places.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator

from viewer.base.byte_source import FileBytes
from viewer.base.errors import Cancelled, ViewerError, system_reason
from viewer.media.candidates import Announcement, Candidate, Found, Place, PlaceDone
from viewer.media.folder_tree import FolderTree
from viewer.media.problems import Problem, ProblemKind, kind_of
from viewer.media.safety import DEFAULT_QUOTAS, Quotas
from viewer.media.scan_results import Container

AskPassword = Callable[[str, bool], str | None]
"""Given an archive's name and whether the last password was wrong; returns the password, or None to give up."""

_PORTION = 256


class Finder:
    """One thread that looks through places, one after another."""

    def __init__(
        self,
        places: "queue.SimpleQueue[Place | None]",
        announce: Callable[[Announcement | Exception], None],
        *,
        ask: AskPassword | None,
        quotas: Quotas = DEFAULT_QUOTAS,
    ) -> None:
        self._places = places
        self._announce = announce
        self._ask = ask
        self._quotas = quotas
        self._moved_at = time.monotonic()
        self._is_asking = False
        self._is_abandoned = False
        self.place: Place | None = None

    def start(self) -> None:
        """Start the thread; it never keeps the program from ending."""
        threading.Thread(target=self._run, name="finder", daemon=True).start()

    def has_stalled(self, seconds: float) -> bool:
        """Return whether it has found nothing for so many seconds, though it is at a place and asks nobody."""
        return self.place is not None and not self._is_asking and time.monotonic() - self._moved_at > seconds

    def abandon(self) -> None:
        """Forget it: what it finds is not wanted any more."""
        self._is_abandoned = True

    def moved(self) -> None:
        """Take note that the medium answered; stops here if nobody wants the answer any more."""
        if self._is_abandoned:
            raise Cancelled
        self._moved_at = time.monotonic()

    def ask(self, archive_name: str, was_wrong: bool) -> str | None:
        """Ask the reader for a password, however long that takes."""
        if self._ask is None:
            return None
        self._is_asking = True
        try:
            return self._ask(archive_name, was_wrong)
        finally:
            self._moved_at = time.monotonic()
            self._is_asking = False

    def _run(self) -> None:
        try:
            while (place := self._places.get()) is not None:
                self.moved()
                self.place = place
                self._look_through(place)
                self.place = None
                self._say(PlaceDone(place))
        except Cancelled:
            pass
        except Exception as error:  # noqa: BLE001 - a bug: raised again on the thread of whoever waits
            self._say(error)

    def _look_through(self, place: Place) -> None:
        portion = _Portion(self._say)
        try:
            for each in self._contents(place):
                self.moved()
                portion.add(each)
        except ViewerError as error:
            portion.add(Found(problems=[Problem(error.subject or place.name, str(error), kind_of(error))], files=1))
        except OSError as error:
            reason = system_reason(error)
            portion.add(Found(problems=[Problem(place.name, reason, ProblemKind.UNREADABLE)]))
        portion.flush()

    def _contents(self, place: Place) -> Iterator[Candidate | Found]:
        from viewer.media.file_set_tree import look_through_tree

        if place.container is Container.ZIP and place.source is not None:
            from viewer.media.archive_files import open_archive

            archive = open_archive(place.source, self.ask, self._quotas, place.nesting, self.moved)
            yield from look_through_tree(archive, place.nesting + 1, self.moved)
        elif place.container is Container.DISC_IMAGE and place.source is not None:
            from viewer.media.disc_image import open_disc_image

            image = open_disc_image(place.source, self._quotas, self.moved)
            yield from look_through_tree(image, place.nesting + 1, self.moved)
        elif place.container is Container.DICOMDIR and isinstance(place.source, FileBytes):
            tree = FolderTree(place.source.path.parent, self._quotas)
            yield from look_through_tree(tree, place.nesting, self.moved, directory=place.source.path.name)
        elif place.folder is not None:
            yield from look_through_tree(FolderTree(place.folder, self._quotas), place.nesting, self.moved)

    def _say(self, announcement: Announcement | Exception) -> None:
        if not self._is_abandoned:
            self._announce(announcement)


class _Portion:
    """Candidates gathered to be announced together, but the first ones at once."""

    def __init__(self, say: Callable[[Announcement], None]) -> None:
        self._say = say
        self._candidates: list[Candidate] = []
        self._limit = 1

    def add(self, each: Candidate | Found) -> None:
        if isinstance(each, Found):
            self.flush()
            self._say(each)
            return
        self._candidates.append(each)
        if len(self._candidates) >= self._limit:
            self.flush()
            self._limit = min(self._limit * 4, _PORTION)

    def flush(self) -> None:
        if self._candidates:
            self._say(Found(self._candidates))
            self._candidates = []
