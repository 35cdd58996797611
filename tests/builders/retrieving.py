"""Archives to fetch from, and what came of it, for tests of retrieves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.builders.peer_servers import PeerServer
from tests.builders.sent_instances import SentInstance, made_instance
from viewer.archives.access import Access
from viewer.archives.folder_keeper import FolderKeeper
from viewer.archives.retrieval import Retrieval
from viewer.archives.retrieval_place import FolderPlace, LibraryPlace, RetrievalPlace
from viewer.archives.retrieval_report import RetrievalReport
from viewer.base.byte_source import FileBytes
from viewer.base.jobs import Progress
from viewer.library.duplicate_judgement import data_set_part
from viewer.library.library import Library
from viewer.network.access import DimseAccess
from viewer.network.peers import Peer, Quirks, RetrieveMethod
from viewer.network.requesting import Patience
from viewer.network.retrieving import RetrieveRequest
from viewer.network.stations import Station
from viewer.reception.intake import Intake
from viewer.reception.intake_bounds import IntakeBounds
from viewer.reception.receiver_settings import ReceiverSettings

OUR_TITLE = "NEGATOSCOPE"
BRIEF = Patience(connect_s=5, answer_s=5, message_s=2, send_s=5)


def dimse_access(
    peer: PeerServer | Any,
    *,
    port: int = 0,
    quirks: Quirks | None = None,
    patience: Patience | None = None,
    **more: Any,
) -> DimseAccess:
    """Return how a peer is called; through a proxy where a port is given."""
    station = Station(peer.ae_title, "127.0.0.1", port or peer.port, **more)
    return DimseAccess(station, OUR_TITLE, None, quirks or Quirks(), patience or Patience())


def access_to(dimse: DimseAccess) -> Access:
    """Return an archive that speaks DIMSE alone."""
    return Access(Peer("Archive", dimse.station, quirks=dimse.quirks), dimse)


@dataclass
class Fetching:
    """A retrieve that is watched.

    Attributes:
        events: What it told.
        report: What came of it, after run().
    """

    retrieval: Retrieval
    events: list[Mapping[str, Any]] = field(default_factory=list)
    report: RetrievalReport = field(default_factory=lambda: RetrievalReport(None))

    def run(self) -> RetrievalReport:
        """Do it."""
        self.report = self.retrieval.run(Progress())
        return self.report

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the events of a kind."""
        return [event for event in tuple(self.events) if event["event"] == kind]


def fetching(
    access: DimseAccess,
    place: RetrievalPlace,
    study: str,
    method: str = "get",
    *,
    series: str = "",
    uids: Sequence[str] = (),
    port: int = 11112,
    tries: int = 3,
) -> Fetching:
    """Return a retrieve."""
    events: list[Mapping[str, Any]] = []
    retrieval = Retrieval(
        access_to(access),
        RetrieveRequest(study, series, tuple(uids)),
        place,
        settings=ReceiverSettings(port=port),
        method=RetrieveMethod(method),
        tell=events.append,
        tries=tries,
        rest_s=0.05,
    )
    return Fetching(retrieval, events)


class OutFolder(FolderPlace):
    """A folder as a place; closed by the test's end of its own."""

    def __init__(self, folder: Path) -> None:
        self.files = FolderKeeper(folder, reserve_bytes=0)
        super().__init__(self.files)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.files.close()


class OutLibrary(LibraryPlace):
    """A library as a place."""

    def __init__(self, folder: Path) -> None:
        library = Library(folder, reserve_bytes=0)
        self.intake = Intake(library, IntakeBounds(), lambda _event: None)
        super().__init__(library, self.intake)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.intake.close()
        self.library.close()


def data_sets_in(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Return transfer syntax and data set of every file of an OutFolder, by SOP Instance UID."""
    return {path.stem: data_set_of(path) for path in folder.glob("*.dcm")}


def data_set_of(path: Path) -> tuple[str, bytes]:
    """Return transfer syntax and data set of a file."""
    part = data_set_part(FileBytes(path))
    assert part is not None, path
    return part.transfer_syntax_uid, path.read_bytes()[part.offset :]


def sent_data_sets(made: Iterable[SentInstance]) -> dict[str, tuple[str, bytes]]:
    """Return the same of what was sent."""
    return {one.sop_instance_uid: (one.transfer_syntax_uid, one.data_set) for one in made}


def study_of(count: int, *, series: int = 1, size: int = 40_000, label: str = "s") -> list[SentInstance]:
    """Return the instances of one study, in explicit VR little endian."""
    return [
        made_instance(
            f"{label}/e{number % series}/{number}", bytes([number % 251]) * size,
            elements={"InstanceNumber": number + 1, "SeriesNumber": number % series + 1},
        )
        for number in range(count)
    ]  # fmt: skip
