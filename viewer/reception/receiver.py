"""The receiver: a library, the server that fills it and answers from it, and what is to be done with what arrives.

One receiver a library: it holds the lock as long as it runs, and what a crash left is taken back when it starts.
"""

import logging
import os
import ssl
import threading
import time
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from viewer.base.errors import LibraryError, ViewerError
from viewer.base.logs import without_values
from viewer.base.translation import _
from viewer.library.durable import FOLDER_MODE, FolderLock, system_error, told
from viewer.library.library import Library
from viewer.network.ports import HeldInstance
from viewer.network.server import DicomServer, Services
from viewer.network.stations import Station
from viewer.reception import events
from viewer.reception.archive import LibraryArchive
from viewer.reception.arrivals import Arrivals, completeness, listed
from viewer.reception.asked_commitments import AskedCommitments
from viewer.reception.carrying_out import Outcome
from viewer.reception.commitments import Commitments
from viewer.reception.events import ReceiverEvent, Tell, Told
from viewer.reception.intake import Intake
from viewer.reception.receiver_plan import bounds_of, client_context_of, plan_of
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.reception.receiver_state import LOCK_FILE, ArrivingStudy, AssociationState, ReceiverState, StateFile
from viewer.reception.routing import Routing
from viewer.reception.routing_rules import RulesFile
from viewer.reception.series_counts import announced, series_counts

logger = logging.getLogger(__name__)

GRACE_S = 10.0
"""How long what is being stored may take to end when the receiver is asked to stop."""
_TICK_S = 0.25
_LOCK_PATIENCE_S = 2.0
_REST_S = 5.0
_LOOKED_AT_ONCE = 50
_MOST_LOOKS = 10_000
_LAST_ROUTING_S = 60.0
_OF_CALLERS = frozenset({events.STORED, events.REFUSED, events.QUARANTINED, events.CLOSED})


class Receiver:
    """One receiver, until it is told to stop.

    Args:
        library_folder: Made when it is not there.
        settings: How it is reached and what it takes.
        rules: What is to be done with studies that arrive.
        tell: Is told each event; on any thread, must not wait.

    Raises:
        UsageError: If the settings cannot be carried out.
    """

    def __init__(self, library_folder: Path, settings: ReceiverSettings, rules: RulesFile, tell: Tell) -> None:
        self._plan = plan_of(settings)
        self._folder, self._settings, self._rules, self._tell_out = library_folder, settings, rules, tell
        self._arrivals = Arrivals(settings.quiet_seconds)
        self._callers = _Callers()
        self._to_look_at: deque[tuple[str, str, str]] = deque(maxlen=_MOST_LOOKS)
        self._unsettled: deque[ArrivingStudy] = deque()
        self._problem = ""
        self._active_at = time.monotonic()
        self._state: StateFile | None = None
        self._server: DicomServer | None = None
        self._waiting_deliveries = 0

    def run_until(self, stop: threading.Event, idle_seconds: float | None = None) -> None:
        """Receive until told to stop, or until nobody has been connected for so long.

        Raises:
            LibraryError: If another receiver has the library, or it cannot be opened.
            NetworkError: If it cannot listen, or a certificate cannot be read.
        """
        with ExitStack() as held:
            _make(self._folder)
            _take(held, self._folder)
            state = self._state = StateFile(self._folder, self._now_doing)
            held.callback(self._say_stopped, state)
            state.begin()  # opening takes long after a crash: whoever looks must not take a dead receiver for this one
            library = held.enter_context(Library(self._folder))
            intake = Intake(library, bounds_of(self._settings), self.happened)
            held.callback(intake.close)
            routing = Routing(library, self._rules.current, self._send, self.tell)
            held.callback(routing.close)
            commitments = self._commitments_over(library)
            held.callback(commitments.close)
            server = self._server = self._server_over(library, intake, commitments)
            held.callback(server.close, GRACE_S)
            routing.take_up()
            server.start()
            commitments.start()
            ready = self._ready(server)
            state.happened(ready)
            state.start()  # before it is told: who hears of it may look there
            self._tell_out(ready)
            self._receive(library, routing, stop, idle_seconds)
            if not stop.is_set():
                self._finish(library, routing, stop)

    def tell(self, event: str, details: Mapping[str, Told]) -> None:
        """Take an event by its name and details."""
        self.happened(ReceiverEvent(event, dict(details)))

    def happened(self, event: ReceiverEvent) -> None:
        """Take an event of any part: it is counted, followed, and told on."""
        if event.event in _OF_CALLERS:
            self._active_at = time.monotonic()
        if self._state is not None:
            self._state.happened(event)
        if event.event == events.STORED:
            self._came(event)
        self._tell_out(event)

    def _commitments_over(self, library: Library) -> Commitments:
        plan = self._plan
        return Commitments(library, plan.ae_title, plan.stations, self.happened, tls=self._stations_tls())

    def _stations_tls(self) -> ssl.SSLContext | None:
        needs_tls = any(station.uses_tls for station in self._plan.stations.values())
        return client_context_of(self._plan) if needs_tls else None

    def _server_over(self, library: Library, intake: Intake, commitments: Commitments) -> DicomServer:
        plan = self._plan
        asked = AskedCommitments(library, self.happened)
        return DicomServer(
            plan.place,
            plan.ae_title,
            plan.allowed,
            plan.limits,
            Services(intake, LibraryArchive(library), commitments, plan.stations, self._stations_tls(), asked),
            self.tell,
            takes_unknown_classes=self._settings.takes_unknown_classes,
        )

    def _ready(self, server: DicomServer) -> ReceiverEvent:
        place = self._plan.place
        details: dict[str, Told] = {
            "aet": self._plan.ae_title,
            "address": place.bind,
            "port": server.port,
            "tls": place.tls is not None,
            "pid": os.getpid(),
        }
        return ReceiverEvent(events.READY, details)

    def _say_stopped(self, state: StateFile) -> None:
        if state.is_started:
            self.tell(events.STOPPED, {})
        state.close()

    # While it runs

    def _receive(self, library: Library, routing: Routing, stop: threading.Event, idle_seconds: float | None) -> None:
        self._active_at = time.monotonic()
        while not stop.wait(_TICK_S):
            try:
                self._look_around(library, routing)
                self._problem = ""
            except Exception as error:  # noqa: BLE001 - whatever is wrong with what came, the next must be received
                logger.warning("Following what arrives failed: %s", without_values(error))
                reason = str(error) if isinstance(error, ViewerError) else type(error).__name__
                if reason != self._problem:
                    self._problem = reason
                    self.tell(events.PROBLEM, {"reason": reason})
                stop.wait(_REST_S)
            if self._server is not None and self._server.associations():
                self._active_at = time.monotonic()
            if idle_seconds is not None and time.monotonic() - self._active_at >= idle_seconds:
                return

    def _look_around(self, library: Library, routing: Routing) -> None:
        for _each in range(min(len(self._to_look_at), _LOOKED_AT_ONCE)):
            study, series, sop_instance = self._to_look_at.popleft()
            if (row := library.catalogue.instance(sop_instance)) is not None:
                self._arrivals.announced(study, series, *announced(library, row))
        self._settle(library, routing, datetime.now(UTC))
        routing.look()
        self._waiting_deliveries = routing.waiting_count()

    def _settle(self, library: Library, routing: Routing, now: datetime) -> None:
        """Say which studies have arrived, and have done what is to be done with them."""
        self._unsettled.extend(self._arrivals.gone_quiet(now))
        is_any = bool(self._unsettled)
        while self._unsettled:
            study = self._unsettled[0]
            routing.arrived(study.study_instance_uid)
            counted = completeness(series_counts(library, study.study_instance_uid))
            gaps = [listed(numbers) for numbers in counted.gaps.values()]
            self.tell(
                events.QUIET,
                {
                    "study_instance_uid": study.study_instance_uid,
                    "instances": study.instances,
                    "held": counted.instances,
                    "announced": counted.announced,
                    "missing": counted.missing,
                    "gaps": "; ".join(gaps),
                    "aet": study.ae_title,
                    "address": study.address,
                },
            )
            self._unsettled.popleft()
        if is_any:
            earliest = self._arrivals.earliest()
            routing.looked_until(now if earliest is None else min(now, earliest))

    def _finish(self, library: Library, routing: Routing, stop: threading.Event) -> None:
        """Nobody calls any more: what arrived has arrived, and what rules want of it is done, if it can be."""
        self._settle(library, routing, datetime.now(UTC) + timedelta(seconds=self._settings.quiet_seconds))
        end = time.monotonic() + _LAST_ROUTING_S
        while routing.is_busy and time.monotonic() < end:
            routing.look()
            if stop.wait(_TICK_S):
                return

    def _came(self, event: ReceiverEvent) -> None:
        said = {name: str(value) for name, value in event.details.items()}
        study, series = said.get("study_instance_uid", ""), said.get("series_instance_uid", "")
        ae_title, address = said.get("aet", ""), said.get("address", "")
        size = event.details.get("size")
        size = size if isinstance(size, int) else 0
        self._callers.came(ae_title, address, study, size)
        if event.details.get("already"):
            return
        if self._arrivals.came(study, series, event.at, size=size, ae_title=ae_title, address=address):
            self._to_look_at.append((study, series, said.get("sop_instance_uid", "")))

    def _now_doing(self, state: ReceiverState) -> ReceiverState:
        now = self._server.associations() if self._server is not None else ()
        return replace(
            state,
            associations=self._callers.connected([(each.ae_title, each.address, each.since) for each in now]),
            arriving=self._arrivals.arriving(),
            waiting_deliveries=self._waiting_deliveries,
        )

    def _send(
        self, station: Station, instances: Sequence[HeldInstance]
    ) -> Generator[tuple[HeldInstance, Outcome], None, None]:
        from viewer.network.sending import delivered

        tls = client_context_of(self._plan) if station.uses_tls else None
        return delivered(station, self._plan.ae_title, instances, tls=tls)


class _Callers:
    """What each caller has sent since it connected; callers are told apart by title and address."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: dict[tuple[str, str], tuple[int, int, str]] = {}
        self._began = datetime.now(UTC) - timedelta(seconds=time.monotonic())

    def came(self, ae_title: str, address: str, study_uid: str, size: int) -> None:
        """Note an instance."""
        with self._lock:
            count, total, _last = self._sent.get((ae_title, address), (0, 0, ""))
            self._sent[ae_title, address] = (count + 1, total + size, study_uid)

    def connected(self, now: Sequence[tuple[str, str, float]]) -> tuple[AssociationState, ...]:
        """Return who is connected and what came, and forget who is not.

        Args:
            now: AE title, address and the start of each association in seconds of time.monotonic().
        """
        since: dict[tuple[str, str], float] = {}
        for ae_title, address, start in now:
            since[ae_title, address] = min(start, since.get((ae_title, address), start))
        with self._lock:
            self._sent = {caller: sent for caller, sent in self._sent.items() if caller in since}
            return tuple(
                AssociationState(*caller, self._began + timedelta(seconds=start), *self._sent.get(caller, ()))
                for caller, start in since.items()
            )


def _make(folder: Path) -> None:
    with told(folder):
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)


def _take(held: ExitStack, folder: Path) -> None:
    try:
        held.enter_context(FolderLock(folder / LOCK_FILE).exclusive(_LOCK_PATIENCE_S))
    except TimeoutError as error:
        raise LibraryError(
            _("A receiver fills this library already"),
            subject=str(folder),
            advice=_("One receiver a library: stop the other one, or use it"),
        ) from error
    except OSError as error:
        raise system_error(error, folder) from error
