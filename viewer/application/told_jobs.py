"""Background work that is told at the foot of every window: how far it is, a way to stop it, and why it failed."""

import itertools
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from viewer.base.errors import ViewerError
from viewer.base.jobs import JobHandle, ProgressReport

if TYPE_CHECKING:
    from viewer.application.programme import Programme

T = TypeVar("T")
Begin = Callable[[Callable[[T], None], Callable[[Exception], None], Callable[[ProgressReport], None]], JobHandle[T]]
_numbers = itertools.count(1)


class ToldJobs:
    """Belongs to whoever begins such work.

    Args:
        name: Tells its lines at the foot from those of others.
    """

    def __init__(self, programme: "Programme", name: str) -> None:
        self._programme, self._name = programme, name

    def start(self, begin: "Begin[T]", done: Callable[[T], None], stopped: str) -> None:
        """Begin a job, and show how far it is in every window.

        Args:
            begin: Begins it: called with whom to tell of its end, its failure, and how far it is.
            done: Called when it has ended well.
            stopped: What is said when the reader stops it.
        """
        key = f"{self._name} {next(_numbers)}"
        handles: list[JobHandle[Any]] = []

        def cancel() -> None:
            handles[0].cancel()
            self._finish(key)

        def ended(answer: T) -> None:
            self._finish(key)
            done(answer)

        for window in self._programme.windows:
            window.job_line.start(cancel, key, stopped)
        handles.append(begin(ended, partial(self._failed, key), partial(self._progressed, key)))

    def _finish(self, key: str) -> None:
        for window in self._programme.windows:
            window.job_line.finish(key)

    def _failed(self, key: str, error: Exception) -> None:
        self._finish(key)
        if not isinstance(error, ViewerError):
            raise error
        self._programme.library.tell(error.one_line())

    def _progressed(self, key: str, report: ProgressReport) -> None:
        for window in self._programme.windows:
            window.job_line.show_progress(report, key)
