"""One retrieve from its announcement to its verification: what is missing is asked for again, or in another way.

What the archive lists is expected; what is here is left out; each series is asked for by itself, the one that is looked
at first; and in the end all that was announced is here, or it is said what is not. However it is interrupted, running
it again asks for what is missing then, so that no hole is left.
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from typing import Any

from viewer.archives.access import Access
from viewer.archives.retrieval_book import Piece, RetrievalBook
from viewer.archives.retrieval_expected import expected_of, finders_of, patient_id_of
from viewer.archives.retrieval_methods import Method, methods_of
from viewer.archives.retrieval_place import RetrievalPlace
from viewer.archives.retrieval_report import RetrievalReport
from viewer.base.errors import Cancelled, NetworkError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.network.peers import RetrieveMethod
from viewer.network.retrieve_operation import RetrieveRefusedError
from viewer.network.retrieving import Counts, Fetched, RetrieveRequest
from viewer.reception.receiver_settings import ReceiverSettings

TRIES, REST_S, LONGEST_REST_S = 3, 1.0, 30.0
_LOOK_S = 0.2

Tell = Callable[[Mapping[str, Any]], None]


def unheard(_event: Mapping[str, Any]) -> None:
    """Nobody listens."""


class Retrieval:
    """One retrieve; run() does it, the others may be called on any thread meanwhile.

    Args:
        access: The archive.
        request: What is wanted of a study.
        place: Where it goes.
        settings: Of our receiver, for archives that have to send here.
        method: In which way; AUTO for every way there is, one after another.
        tell: Told what happens, on any thread: {"event": "expected", …}, "method", "arrived", "failed", "counts",
            "noted". UIDs, numbers and words without patient data.
        tries: How often in a row nothing may come before it is given up.
        rest_s: How long is waited before the second try, and twice as long before each one after.
    """

    def __init__(
        self,
        access: Access,
        request: RetrieveRequest,
        place: RetrievalPlace,
        *,
        settings: ReceiverSettings | None = None,
        method: RetrieveMethod = RetrieveMethod.AUTO,
        tell: Tell = unheard,
        tries: int = TRIES,
        rest_s: float = REST_S,
    ) -> None:
        self._access, self._request, self._place = access, request, place
        self._settings = settings or ReceiverSettings()
        self._wanted_method, self._tell, self._tries, self._rest_s = method, tell, tries, rest_s
        self._progress = Progress()
        self._is_cancelled = threading.Event()
        self._is_paused = threading.Event()
        self._preferred = ""
        self._book: RetrievalBook | None = None
        self._methods: list[str] = []
        self._reason = ""

    def run(self, progress: Progress) -> RetrievalReport:
        """Fetch, and return what is here of what there is; cancelled in either way, what is here until then.

        Raises:
            NetworkError: If there is no way to fetch from it at all.
        """
        self._progress = progress
        with ExitStack() as held:
            methods = methods_of(self._access, self._wanted_method, self._place, self._settings, held)
            finders = finders_of(self._access, self._stopped)
            if self._access.peer.quirks.patient_root and not self._request.patient_id:
                self._request = replace(
                    self._request, patient_id=patient_id_of(finders, self._request.study_instance_uid)
                )
            expected = expected_of(finders, self._request)
            is_cut = self._stopped()  # then the list may be, too
            listed = [uid for each in expected.series for uid in each.instances or ()]
            book = self._book = RetrievalBook(self._request, expected, self._place.held(listed))
            book.prefer(self._preferred)
            self._announce(book)
            self._go_on(book, methods)
        return book.report(
            is_cancelled=is_cut or (self._stopped() and not book.is_done),
            methods=tuple(self._methods),
            reason=self._reason,
        )

    def prefer(self, series_instance_uid: str) -> None:
        """Have a series come first; what is being fetched of another one is left, and asked for again behind it."""
        self._preferred = series_instance_uid
        if self._book is not None:
            self._book.prefer(series_instance_uid)

    def pause(self) -> None:
        """Have the archive end what it sends, and ask for nothing until resume()."""
        self._is_paused.set()

    def resume(self) -> None:
        """Go on with what is missing."""
        self._is_paused.clear()

    def cancel(self) -> None:
        """End it: run() returns soon, with what is here."""
        self._is_cancelled.set()

    def _stopped(self) -> bool:
        return self._is_cancelled.is_set() or self._progress.is_cancelled

    # Round after round

    def _go_on(self, book: RetrievalBook, methods: list[Method]) -> None:
        """Ask for all that is missing until nothing is, or nothing comes any more."""
        at = stalled = 0
        while methods and not book.is_done and self._may_go_on():
            method = methods[at % len(methods)]
            before = book.here
            error = self._round(book, method)
            if book.is_done or self._stopped() or self._is_paused.is_set():
                continue
            self._note(error, method)
            if error is not None and getattr(error, "is_lasting", False):
                methods.remove(method)
                continue
            stalled = 0 if book.here > before else stalled + 1
            at += stalled > 0
            if stalled >= max(self._tries, len(methods)):
                return
            if stalled == 0 or at % len(methods) == 0:  # another way is tried at once
                self._rest(min(self._rest_s * 2 ** max(0, stalled - 1), LONGEST_REST_S))

    def _round(self, book: RetrievalBook, method: Method) -> NetworkError | None:
        """Ask for everything that is missing once, in one way; return what went wrong."""
        if method.name not in self._methods:
            self._methods.append(method.name)
        self._tell({"event": "method", "method": method.name})
        several = min(method.several, book.plan())
        errors: list[NetworkError] = []
        others = [
            threading.Thread(target=self._work, args=(book, method, errors), name="fetching", daemon=True)
            for _number in range(several - 1)
        ]
        for thread in others:
            thread.start()
        try:
            self._work(book, method, errors)
        finally:
            for thread in others:
                thread.join()
        return errors[0] if errors else None

    def _work(self, book: RetrievalBook, method: Method, errors: list[NetworkError]) -> None:
        """Take piece after piece, until there is none or one of them fails."""
        while not errors and not self._stopped() and not self._is_paused.is_set():
            piece = book.next_piece()
            if piece is None:
                return
            try:
                self._fetch(book, method, piece)
            except RetrieveRefusedError as error:
                if not piece.request.sop_instance_uids or error.is_of_service:
                    errors.append(error)
                    return
                self._reason = error.one_line()
                book.refuse(piece, str(error))
            except NetworkError as error:
                errors.append(error)
                return

    def _fetch(self, book: RetrievalBook, method: Method, piece: Piece) -> None:
        is_left = False

        def cancelled() -> bool:
            nonlocal is_left
            is_left = is_left or self._stopped() or self._is_paused.is_set() or book.gives_way(piece)
            return is_left

        # It is not closed when it is to end: whatever is still kept until its end is to be known.
        with (
            suppress(Cancelled),
            closing(method.fetch(piece.request, self._place.keeper, piece.wanted, cancelled)) as coming,
        ):
            for told in coming:
                if isinstance(told, Counts):
                    book.count(told, piece)
                    if book.expected.is_listed:
                        continue  # it is known better than the archive counts
                else:
                    book.take(told, piece)
                    self._tell_of(book, told, piece)
                self._report(book)
        book.end(piece, is_whole=not is_left)

    def _may_go_on(self) -> bool:
        """Wait while it is paused; return whether it is to go on."""
        while self._is_paused.is_set() and not self._stopped():
            time.sleep(_LOOK_S)
        return not self._stopped()

    def _rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._stopped():
            time.sleep(min(_LOOK_S, max(0.0, end - time.monotonic())))

    # What is told

    def _announce(self, book: RetrievalBook) -> None:
        if book.expected.reason:
            self._tell({"event": "noted", "text": _("It does not list its images: {0}").format(book.expected.reason)})
        self._tell(
            {
                "event": "expected",
                "study_instance_uid": self._request.study_instance_uid,
                "expected": book.total(),
                "already": book.here,
                "series": book.expects(),
            }
        )
        self._report(book)

    def _tell_of(self, book: RetrievalBook, fetched: Fetched, piece: Piece) -> None:
        uid = fetched.sop_instance_uid
        if fetched.answer is None:
            self._reason = fetched.reason
            self._tell({"event": "failed", "sop_instance_uid": uid, "reason": fetched.reason})
            return
        path = self._place.path_of(uid)
        self._tell(
            {
                "event": "arrived",
                "sop_instance_uid": uid,
                "series_instance_uid": book.series_of(uid, piece.series),
                "size": fetched.size,
                "became": fetched.answer.became.value,
                "path": str(path) if path is not None else "",
            }
        )

    def _report(self, book: RetrievalBook) -> None:
        total = book.total()
        self._tell({"event": "counts", "here": book.here, "expected": total, "failed": book.failed})
        with suppress(Cancelled):  # it is looked at where it can be ended in order
            self._progress.report(book.here, total or 0)

    def _note(self, error: NetworkError | None, method: Method) -> None:
        if error is not None:
            self._reason = error.one_line()
            is_lasting = bool(getattr(error, "is_lasting", False))
            self._tell({"event": "noted", "text": f"{method.name}: {self._reason}", "is_lasting": is_lasting})
        elif not self._reason:
            self._reason = _("Not everything came that the archive lists")
