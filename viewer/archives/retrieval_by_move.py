"""Fetching by having the archive send here (C-MOVE): to the receiver that runs, or to one that opens for just that."""

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from viewer.archives.own_place import OwnPlace, addresses_of
from viewer.archives.own_receiver import OwnReceiver
from viewer.archives.retrieval_place import RetrievalPlace
from viewer.archives.running_receiver import running_place
from viewer.base.errors import NetworkError, ViewerError
from viewer.base.translation import _
from viewer.network.access import DimseAccess
from viewer.network.moving import move
from viewer.network.ports import Became, StoreAnswer
from viewer.network.retrieve_operation import DESTINATION_UNKNOWN, RetrieveEnd, RetrieveRefusedError
from viewer.network.retrieving import Counts, Fetched, Keeper, RetrieveRequest
from viewer.reception.receiver_settings import ReceiverSettings

_LOOK_S = 0.25
_LATE_S = 5.0
"""How long is waited for what the archive says that it has sent, after the last sign of it."""
_UNABLE = 0xA702

Coming = Generator[Fetched | Counts, None, None]


@dataclass(frozen=True, slots=True)
class _Ended:
    """What the archive said in the end, or why it said nothing.

    Attributes:
        at: When, in seconds of time.monotonic().
    """

    at: float
    end: RetrieveEnd | None = None
    error: ViewerError | None = None

    @property
    def sent(self) -> int:
        """How many it says that it has sent."""
        counts = self.end.counts if self.end is not None else Counts()
        return (counts.completed or 0) + (counts.warned or 0)

    @property
    def failed(self) -> tuple[str, ...]:
        """What it names as not sent."""
        if isinstance(self.error, RetrieveRefusedError):
            return self.error.failed
        return self.end.failed if self.end is not None else ()


_Told = Fetched | Counts | _Ended


class MoveHere:
    """Fetches by C-MOVE; the receiver stays open until this is closed.

    Args:
        access: The archive.
        settings: Of our receiver.
        place: Where instances go.
    """

    def __init__(self, access: DimseAccess, settings: ReceiverSettings, place: RetrievalPlace) -> None:
        self._access, self._settings, self._place = access, settings, place
        self._told: SimpleQueue[_Told] = SimpleQueue()
        self._wanted: frozenset[str] = frozenset()
        self._receiver: OwnReceiver | None = None

    def close(self) -> None:
        """Close the receiver, if it is ours."""
        if self._receiver is not None:
            self._receiver.close()
            self._receiver = None

    def fetch(
        self, request: RetrieveRequest, keeper: Keeper, wanted: frozenset[str], cancelled: Callable[[], bool]
    ) -> Coming:
        """Yield each instance as it is kept here, and how far the archive says it is; one request after another.

        Args:
            request: What is asked for.
            keeper: Where instances go, unless the receiver of the library runs.
            wanted: SOP Instance UIDs of what is missing, as far as they are known.
            cancelled: Asked often.

        Raises:
            NetworkError: If nothing can be received here, or the archive fails; what came stays.
        """
        self._wanted = wanted
        folder = self._place.library_folder
        running = None
        if folder is not None and self._receiver is None:
            running = running_place(folder, self._access, addresses_of(self._access), self._settings)
        if running is not None:
            yield from self._by_running(running, request, wanted, cancelled)
        else:
            yield from self._by_own(self._own(keeper), request, cancelled)

    def _own(self, keeper: Keeper) -> OwnReceiver:
        if self._receiver is None:
            self._receiver = OwnReceiver(
                keeper, self._access, self._settings, self._told.put, lambda uid: uid in self._wanted
            )
        return self._receiver

    def _by_own(self, receiver: OwnReceiver, request: RetrieveRequest, cancelled: Callable[[], bool]) -> Coming:
        came = 0
        ended: _Ended | None = None
        with self._moving(receiver.place, request, cancelled, receiver.last_sign):
            while ended is None or self._is_awaited(receiver, ended, came):
                told = self._next()
                if isinstance(told, _Ended):
                    ended = told
                elif told is not None:
                    came += isinstance(told, Fetched)
                    yield told
        yield from _failed(ended)
        _judge(ended, receiver.place, came, receiver.refused)

    def _is_awaited(self, receiver: OwnReceiver, ended: _Ended, came: int) -> bool:
        """Whether something may still come: an archive may be done before the last instance is kept here."""
        if receiver.is_receiving or not self._told.empty():
            return True
        return came < ended.sent and time.monotonic() - max(ended.at, receiver.last_sign()) < _LATE_S

    def _by_running(
        self, place: OwnPlace, request: RetrieveRequest, wanted: frozenset[str], cancelled: Callable[[], bool]
    ) -> Coming:
        """Yield what comes into the library: another process receives it."""
        study = request.study_instance_uid
        before = self._place.held_of_study(study)
        seen: set[str] = set()
        sign = [0.0]
        ended: _Ended | None = None
        with self._moving(place, request, cancelled, lambda: sign[0]):
            is_last = False
            while not is_last:
                told = self._next()
                if isinstance(told, Counts):
                    yield told
                elif isinstance(told, _Ended):
                    ended = told
                came = self._place.held_of_study(study) - before - seen
                if came:
                    seen |= came
                    sign[0] = time.monotonic()
                    yield from (Fetched(uid, answer=StoreAnswer(Became.STORED)) for uid in came)
                if ended is not None:
                    is_all = wanted <= seen if wanted else len(seen) >= ended.sent
                    is_last = is_all or time.monotonic() - max(ended.at, sign[0]) > _LATE_S
        aside = self._place.held_aside(wanted - seen)
        yield from (Fetched(uid, answer=StoreAnswer(Became.QUARANTINED)) for uid in aside)
        yield from _failed(ended)
        _judge(ended, place, len(seen) + len(aside))

    def _next(self) -> _Told | None:
        try:
            return self._told.get(timeout=_LOOK_S)
        except Empty:
            return None

    @contextlib.contextmanager
    def _moving(
        self,
        place: OwnPlace,
        request: RetrieveRequest,
        cancelled: Callable[[], bool],
        last_sign: Callable[[], float],
    ) -> Iterator[None]:
        """Ask on a thread of its own; where nobody listens any more, the archive is asked to end."""
        over = threading.Event()
        while not self._told.empty():
            self._told.get()  # what came late of a request before is there, and is nobody's news any more

        def ask() -> None:
            ended = _Ended(time.monotonic(), error=NetworkError(_("It could not be asked")))
            try:
                moving = move(
                    self._access, request, place.ae_title, lambda: over.is_set() or cancelled(), last_sign=last_sign
                )
                end = _passed_on(moving, self._told.put)
                ended = _Ended(time.monotonic(), end)
            except ViewerError as error:
                ended = _Ended(time.monotonic(), error=error)
            finally:
                self._told.put(ended)

        thread = threading.Thread(target=ask, name="moving", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _passed_on(
    moving: Generator[Counts, None, RetrieveEnd | None], told: Callable[[_Told], None]
) -> RetrieveEnd | None:
    while True:
        try:
            told(next(moving))
        except StopIteration as stopped:
            end: RetrieveEnd | None = stopped.value
            return end


def _failed(ended: _Ended | None) -> Iterator[Fetched]:
    for uid in ended.failed if ended is not None else ():
        yield Fetched(uid, reason=_("The archive could not send it"))


def _judge(ended: _Ended | None, place: OwnPlace, came: int, refused: str = "") -> None:
    """Raise what the archive's last word comes to, with what to do about it."""
    if ended is None:
        return
    advice = refused or place.advice()
    if (error := ended.error) is not None:
        status = error.status if isinstance(error, RetrieveRefusedError) else 0
        if status == DESTINATION_UNKNOWN or (status >= _UNABLE and not came):  # some say only that something failed
            error.advice = advice
        raise error
    if came or ended.end is None or ended.end.is_cancelled:
        return
    if ended.sent:
        words = _("It says that it has sent {0} images, but none came here").format(ended.sent)
        raise NetworkError(words, subject=place.ae_title, advice=advice)
    if ended.end.counts.failed:
        raise NetworkError(_("It could not send the images here"), subject=place.ae_title, advice=advice)
