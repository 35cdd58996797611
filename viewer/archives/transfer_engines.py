"""What the queue's transfers really are: retrieves, dispatches and commitments over the network and the library."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.archives.access import Access, open_access
from viewer.archives.archive_key import archive_key
from viewer.archives.noted_as_held import NotedAsHeld
from viewer.archives.peer_list import PeerList, peer_of
from viewer.archives.transfer_engine import Arrival, Ears, Engine, EngineReport
from viewer.archives.transfer_failures import NotAnsweredError
from viewer.archives.transfer_values import TransferKind, TransferRequest
from viewer.base.errors import Cancelled, LibraryError, ViewerError
from viewer.base.jobs import Progress
from viewer.base.settings import Settings
from viewer.base.translation import _
from viewer.library.library import Library
from viewer.network.ports import Became, HeldInstance
from viewer.network.requesting import PassingError
from viewer.network.retrieving import RetrieveRequest
from viewer.reception.events import ReceiverEvent
from viewer.reception.intake import Intake
from viewer.reception.receiver_plan import bounds_of
from viewer.reception.receiver_settings import ReceiverSettings

if TYPE_CHECKING:
    from viewer.archives.retrieval import Retrieval
    from viewer.archives.retrieval_place import RetrievalPlace
    from viewer.archives.retrieval_report import RetrievalReport
    from viewer.archives.secrets import Secrets

COMMITMENT_WAIT_S = 60.0
"""How long an archive's promise is waited for; one that comes later is taken by a receiver."""


class Engines:
    """Makes what does a transfer.

    Args:
        library: Open; stays the caller's to close.
        settings_folder: Of the archives and the receiver's settings.
        secrets: Of archives on the web.
        tell: Told where to sign in.
    """

    def __init__(
        self, library: Library, settings_folder: Path, secrets: "Secrets", tell: Callable[[dict[str, Any]], None]
    ) -> None:
        self.library, self._folder, self._secrets, self._tell = library, settings_folder, secrets, tell
        self._peers = PeerList(settings_folder)

    @contextmanager
    def intake_from(self, archive: str) -> Iterator[Intake]:
        """Keep in the library what one archive gives; that it has this is noted.

        Args:
            archive: Its archive_key().
        """
        noted = NotedAsHeld(self.library.database, archive, _unheard)
        with closing(noted), closing(Intake(self.library, bounds_of(self.receiver_settings()), noted)) as intake:
            yield intake

    def limit_of(self, archive: str) -> int:
        """Return how many transfers at once an archive bears."""
        try:
            return max(1, peer_of(archive, self._peers.peers()).quirks.associations)
        except ViewerError:
            return 1

    def make(self, request: TransferRequest, ears: Ears) -> Engine:
        """Return what does a transfer.

        Raises:
            NetworkError: If there is no such archive.
        """
        access = self.access(request.archive)
        if request.kind is TransferKind.RETRIEVE:
            return _Fetching(self, access, request, ears)
        if request.kind is TransferKind.SEND:
            return _Sending(self, access, request, ears)
        return _Committing(self, access, request, ears)

    def access(self, archive: str) -> Access:
        """Return how an archive is called."""
        peer = peer_of(archive, self._peers.peers())

        def prompt(url: str, code: str) -> None:
            self._tell({"event": "prompt", "archive": peer.name, "url": url, "code": code})

        return open_access(peer, self._folder, self.receiver_settings(), self._secrets, prompt)

    def receiver_settings(self) -> ReceiverSettings:
        """Return what is set of our receiver now."""
        return Settings(self._folder).section("receiver", ReceiverSettings)


class StillMissingError(PassingError):
    """Not everything came because the archive could not be reached any more: it is asked again in a while."""


class _Fetching:
    """A retrieve."""

    def __init__(self, engines: Engines, access: Access, request: TransferRequest, ears: Ears) -> None:
        self._engines, self._access, self._request, self._ears = engines, access, request, ears
        self._retrieval: Retrieval | None = None
        self._place: RetrievalPlace | None = None
        self._preferred = ""
        self._is_in_trouble = False

    def prefer(self, series_instance_uid: str) -> None:
        self._preferred = series_instance_uid
        if self._retrieval is not None and series_instance_uid:
            self._retrieval.prefer(series_instance_uid)

    def run(self, progress: Progress) -> EngineReport:
        from viewer.archives.folder_keeper import FolderKeeper
        from viewer.archives.retrieval_place import FolderPlace, LibraryPlace

        if self._request.is_kept:
            with self._engines.intake_from(archive_key(self._access.peer)) as intake:
                return self._fetched(LibraryPlace(self._engines.library, intake), progress)
        with closing(FolderKeeper(Path(self._request.folder))) as keeper:
            return self._fetched(FolderPlace(keeper), progress)

    def _fetched(self, place: "RetrievalPlace", progress: Progress) -> EngineReport:
        from viewer.archives.retrieval import Retrieval

        self._place = place
        retrieval = Retrieval(
            self._access, self._wanted(), place, settings=self._engines.receiver_settings(), tell=self._told
        )
        self._retrieval = retrieval
        self.prefer(self._preferred)
        report = retrieval.run(progress)
        progress.check()
        if report.is_cancelled:
            raise Cancelled
        if not report.is_whole and self._is_in_trouble and not report.failed:
            raise StillMissingError(report.reason or report.text())
        return _report_of(report)

    def _wanted(self) -> RetrieveRequest:
        wanted = self._request
        return RetrieveRequest(
            wanted.study_instance_uid,
            wanted.series_instance_uid,
            wanted.sop_instance_uids,
            patient_id=wanted.patient_id,
        )

    def _told(self, event: Mapping[str, Any]) -> None:
        name = event["event"]
        if name == "arrived":
            path = str(event["path"])
            is_new = event["became"] != Became.ALREADY.value
            series_uid, uid = str(event["series_instance_uid"]), str(event["sop_instance_uid"])
            self._ears.arrived(Arrival(series_uid, uid, int(event["size"]), path, is_new=is_new))
        elif name == "counts":
            self._ears.counted(int(event["here"]), int(event["expected"] or 0), int(event["failed"]))
        elif name == "expected":
            self._expected(event)
        elif name == "method":
            self._is_in_trouble = False
            self._ears.noted(str(event["method"]))
        elif name == "noted":
            self._is_in_trouble = not event.get("is_lasting", False)
            self._ears.noted(str(event["text"]))
        elif name == "failed":
            self._ears.noted(f"{event['sop_instance_uid']}: {event['reason']}")

    def _expected(self, event: Mapping[str, Any]) -> None:
        """Tell what there is, and what of it is here already: that can be shown at once."""
        series: Mapping[str, list[str]] = {uid: list(instances) for uid, instances in event["series"].items()}
        if series:
            self._ears.announced(self._request.study_instance_uid, series)
        if not event["already"] or self._place is None:
            return
        held = self._place.held(uid for instances in series.values() for uid in instances)
        for series_uid, instances in series.items():
            for uid in held.intersection(instances):
                path = self._place.path_of(uid)
                there = str(path) if path is not None else ""
                self._ears.arrived(Arrival(series_uid, uid, path=there, is_new=False))


class _Sending:
    """A dispatch: of a study of the library, or of files."""

    def __init__(self, engines: Engines, access: Access, request: TransferRequest, ears: Ears) -> None:
        self._engines, self._access, self._request, self._ears = engines, access, request, ears

    def prefer(self, series_instance_uid: str) -> None:
        """One after another as they are: nobody looks at what is sent."""

    def run(self, progress: Progress) -> EngineReport:
        from viewer.archives.dispatch import Dispatch, held_of_study
        from viewer.library.sent_instances import SentInstances

        library, request = self._engines.library, self._request
        unsendable: list[str] = []
        if request.paths:
            instances = _held_of_files(request.paths, unsendable, progress)
        else:
            instances = held_of_study(library, request.study_instance_uid)
        if request.sop_instance_uids:
            wanted = frozenset(request.sop_instance_uids)
            instances = [each for each in instances if each.sop_instance_uid in wanted]
            gone = wanted - {each.sop_instance_uid for each in instances}
            unsendable += [_("It is not on this computer any more")] * len(gone)
        total = len(instances) + len(unsendable)
        self._ears.counted(0, total, len(unsendable))
        sizes = {each.sop_instance_uid: each.path for each in instances}
        failed = 0

        def told(event: Mapping[str, object]) -> None:
            nonlocal failed
            uid = str(event.get("sop_instance_uid", ""))
            if event["event"] in {"sent", "already"}:
                is_new = event["event"] == "sent"
                self._ears.arrived(Arrival("", uid, _size_of(sizes.get(uid)) if is_new else 0, is_new=is_new))
            elif event["event"] == "failed":
                failed += 1
                self._ears.noted(f"{uid}: {event['reason']}")

        report = Dispatch(self._access, instances, memory=SentInstances(library.database)).run(progress, told)
        outcomes = [each.outcome for each in report.failed]
        passing = [each.reason for each in outcomes if each.is_passing or each.is_unreached]
        if request.goes_on and passing:
            raise StillMissingError(passing[0])
        reasons = Counter([*(each.outcome.reason for each in report.failed), *unsendable])
        return EngineReport(report.sent + report.already, total, dict(reasons))


class _Committing:
    """Asking for a promise."""

    def __init__(self, engines: Engines, access: Access, request: TransferRequest, ears: Ears) -> None:
        self._engines, self._access, self._request, self._ears = engines, access, request, ears

    def prefer(self, series_instance_uid: str) -> None:
        """A study is asked about as a whole."""

    def run(self, progress: Progress) -> EngineReport:
        from viewer.archives.commitment import ask_commitment, receiving_results, state_of, wait_for_answers

        library, access, uid = self._engines.library, self._access, self._request.study_instance_uid
        wanted = frozenset(self._request.sop_instance_uids)
        instances = library.catalogue.instances_of_study(uid)
        count = sum(not wanted or each.sop_instance_uid in wanted for each in instances)
        self._ears.counted(0, count, 0)
        if self._request.goes_on and self._is_promised(wanted):
            return EngineReport(count, count)
        with receiving_results(library, access.dimse, self._engines.receiver_settings()) as problem:
            if problem:
                self._ears.noted(problem)
            transactions = ask_commitment(library, access, uid, progress, wait_s=COMMITMENT_WAIT_S, only=wanted)
            wait_for_answers(library, transactions, progress, COMMITMENT_WAIT_S)
        state = state_of(library, archive_key(access.peer), uid, transactions)
        for reason, times in Counter(reason for _uid, reason in state.doubts).items():
            self._ears.noted(_("{0} promised, and not to be relied on: {1}").format(times, reason))
        failed = dict(Counter(reason for _uid, reason in state.failed))
        if state.state == "waiting":
            if self._request.goes_on:
                raise NotAnsweredError(_("It has taken the request and has not answered yet"))
            failed = {_("It has taken the request and has not answered yet"): count - len(state.committed)}
        return EngineReport(len(state.committed), count, failed)

    def _is_promised(self, sop_instance_uids: frozenset[str]) -> bool:
        """Whether the archive has promised all that was saved: it may answer after nobody waited any more."""
        from viewer.library.sent_instances import SentInstances

        uids = list(sop_instance_uids)
        known = SentInstances(self._engines.library.database).at_archive(archive_key(self._access.peer), uids)
        return bool(uids) and all(uid in known and known[uid].is_safe for uid in uids)


def _report_of(report: "RetrievalReport") -> EngineReport:
    failed = Counter(report.failed.values())
    missing = len(set(report.missing) - set(report.failed)) + report.missing_unnamed
    if missing:
        failed[report.reason or _("It did not come")] += missing
    if not report.is_whole and not failed:
        failed[report.reason or _("Nothing came")] += 1
    return EngineReport(report.here, report.expected or 0, dict(failed))


def _held_of_files(paths: Iterable[str], unsendable: list[str], progress: Progress) -> list[HeldInstance]:
    """Return what files and folders hold; what cannot be sent adds why to `unsendable`."""
    from viewer.base.byte_source import FileBytes
    from viewer.media.disc_contents import open_places
    from viewer.network.dimse_commands import is_uid

    held: list[HeldInstance] = []
    with closing(open_places([Path(path) for path in paths], progress)) as batches:
        for batch in batches:
            unsendable += [_("It cannot be read") for each in batch.problems if each.is_damage]
            for header in batch.headers:
                source = header.source
                if not isinstance(source, FileBytes):
                    unsendable.append(_("It lies inside an archive file: import it first"))
                elif not (is_uid(header.sop_class_uid) and is_uid(header.sop_instance_uid)):
                    unsendable.append(_("It has no SOP Class UID or no SOP Instance UID"))
                else:
                    uids = (header.sop_class_uid, header.sop_instance_uid, header.transfer_syntax_uid)
                    held.append(HeldInstance(*uids, source.path))
    if not held and not unsendable:
        raise LibraryError(_("There are no DICOM objects there"))
    return held


def _size_of(path: Path | None) -> int:
    try:
        return path.stat().st_size if path is not None else 0
    except OSError:
        return 0


def _unheard(_event: ReceiverEvent) -> None:
    """What comes is told by who fetches it."""
