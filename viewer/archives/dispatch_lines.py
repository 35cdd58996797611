"""Several associations that send what waits, side by side: each takes the next, and what one loses another sends."""

import queue
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial

from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.network.access import DimseAccess
from viewer.network.association_request import ProposedContext
from viewer.network.ports import HeldInstance
from viewer.network.requesting import PassingError, RequestedAssociation
from viewer.network.sending import batches, not_sent, sent_over
from viewer.network.sending_files import Rewriter, Waiting
from viewer.network.sending_outcome import OUT_OF_ROOM, Outcome

_MOST_FULL = 3
"""After so many instances one after another for which it had no room, an archive is left alone for a while."""
_JOIN_S, _TICK_S = 5.0, 0.1
Sent = tuple[HeldInstance, Outcome]
Outcomes = Generator[Sent, None, None]


class DispatchLines:
    """Sends instances over as many associations as the archive bears.

    Args:
        access: How it is called.
        rewriter: Writes instances in another transfer syntax where the archive needs it.
        check: Raises what is to end it, while it waits.
        wants_hash: Whether outcomes are to tell the hash of each file.
    """

    def __init__(
        self, access: DimseAccess, rewriter: Rewriter | None, check: Callable[[], None], *, wants_hash: bool
    ) -> None:
        self._access, self._rewriter, self._check, self._wants_hash = access, rewriter, check, wants_hash
        self._has_delivered = False

    def send(self, instances: Sequence[HeldInstance]) -> Outcomes:
        """Yield what became of each instance, as they are sent; in no order."""
        for contexts, batch in batches(instances, self._rewriter):
            lines = _Batch(batch, partial(self._associated, contexts), self._over)
            count = min(max(self._access.quirks.associations, 1), len(batch))
            with closing(lines.outcomes(count, self._check)) as outcomes:
                for instance, outcome in outcomes:
                    self._has_delivered = self._has_delivered or outcome.is_sent
                    yield instance, outcome

    def _over(self, association: RequestedAssociation, waiting: Waiting) -> Outcomes:
        return sent_over(association, waiting, rewriter=self._rewriter, wants_hash=self._wants_hash)

    def _associated(self, contexts: Sequence[ProposedContext]) -> RequestedAssociation:
        access = self._access
        try:
            return RequestedAssociation(
                access.station, access.calling_title, contexts, tls=access.tls, patience=access.patience,
                most_pdu_bytes=access.quirks.most_pdu_bytes,
            )  # fmt: skip
        except NetworkError as error:
            if self._has_delivered and not isinstance(error, PassingError):
                # It was there a moment ago: it may be starting anew.
                raise PassingError(str(error), subject=error.subject, advice=error.advice) from error
            raise


class _Batch:
    """Instances whose kinds one association can propose."""

    def __init__(
        self,
        instances: Sequence[HeldInstance],
        associated: Callable[[], RequestedAssociation],
        over: Callable[[RequestedAssociation, Waiting], Outcomes],
    ) -> None:
        self._waiting = Waiting(instances)
        self._associated, self._over = associated, over
        self._said: queue.SimpleQueue[Sent | BaseException | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._error: NetworkError | None = None
        self._full_in_a_row = 0

    def outcomes(self, count: int, check: Callable[[], None]) -> Outcomes:
        """Yield what became of each, over so many associations."""
        threads = [
            threading.Thread(target=self._work, name=f"sending {number}", daemon=True) for number in range(count)
        ]
        for thread in threads:
            thread.start()
        try:
            running = len(threads)
            while running:
                try:
                    said = self._said.get(timeout=_TICK_S)
                except queue.Empty:
                    check()
                    continue
                if said is None:
                    running -= 1
                elif isinstance(said, BaseException):
                    raise said
                else:
                    yield said
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(_JOIN_S)
        yield from not_sent(self._waiting, self._error or PassingError(_("The connection was lost")))

    def _work(self) -> None:
        try:
            while self._waiting and not self._stop.is_set():
                if not self._go_on():
                    break
        except NetworkError as error:
            self._error = error
        except BaseException as error:  # noqa: BLE001 - a bug: raised again where it is waited for
            self._said.put(error)
        finally:
            self._said.put(None)

    def _go_on(self) -> bool:
        """Send over one association; return whether another one is worth a try."""
        count = 0
        with (
            self._associated() as association,
            closing(self._over(association, self._waiting)) as outcomes,
        ):
            for instance, outcome in outcomes:
                count += 1
                self._said.put((instance, outcome))
                self._note_room(outcome)
                if self._stop.is_set():
                    break
        return count > 1  # lost at its first instance: the next one would be lost as well

    def _note_room(self, outcome: Outcome) -> None:
        self._full_in_a_row = self._full_in_a_row + 1 if outcome.status in OUT_OF_ROOM else 0
        if self._full_in_a_row >= _MOST_FULL:
            self._error = PassingError(outcome.reason)
            self._stop.set()
