"""A library that other stations may query, in this process, on any free port; and files to fill it with."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from tests.builders.library_rows import record_of
from tests.builders.sent_instances import SentInstance, made_instance
from viewer.base.byte_source import FileBytes
from viewer.library.library import Library
from viewer.network.allow_list import AllowList, AllowRule
from viewer.network.limits import Limits
from viewer.network.part10 import part10_head
from viewer.network.ports import Caller, OfferedInstance
from viewer.network.server import DicomServer, ListeningPlace, Services
from viewer.network.stations import Station
from viewer.reception.archive import LibraryArchive
from viewer.reception.commitments import GIVEN_UP_AFTER, Commitments
from viewer.reception.events import ReceiverEvent
from viewer.reception.intake import Intake
from viewer.reception.intake_bounds import IntakeBounds

AE_TITLE = "NEGATOSCOPE"
PATIENCE_S = 60.0
RETRY = timedelta(milliseconds=50)


@dataclass
class Served:
    """A library and its server.

    Attributes:
        stations: May be changed while it serves.
        events: What was told.
    """

    library: Library
    port: int
    commitments: Commitments
    stations: dict[str, Station]
    events: list[ReceiverEvent] = field(default_factory=list)

    def wait_for(self, is_meant: Callable[[ReceiverEvent], bool]) -> ReceiverEvent:
        """Return the first event that is meant; fails when it does not come."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if found := next(filter(is_meant, tuple(self.events)), None):
                return found
            time.sleep(0.01)
        raise AssertionError(f"it did not happen: {self.events}")


def write_files(folder: Path, instances: Sequence[SentInstance]) -> list[Path]:
    """Write instances as files, byte for byte as they were received."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, one in enumerate(instances):
        offered = OfferedInstance(one.sop_class_uid, one.sop_instance_uid, one.transfer_syntax_uid)
        path = folder / f"{number}.dcm"
        path.write_bytes(part10_head(offered, Caller("SENDER", "192.0.2.1", AE_TITLE)) + one.data_set)
        paths.append(path)
    return paths


def keep_together(library: Library, paths: Sequence[Path]) -> None:
    """Keep files in one batch: much faster than one by one."""
    with library.store.batch() as batch:
        for path in paths:
            batch.add(FileBytes(path))
        kept = batch.commit()
        library.file([record_of(FileBytes(path), one, 0) for path, one in zip(paths, kept, strict=True)])


def fill(folder: Path, studies: int = 3, series: int = 2, instances: int = 3) -> list[SentInstance]:
    """Fill a library with studies of all kinds; return their instances."""
    made = [
        made_instance(f"s{study}/e{one}/{number}", bytes(64), kind=study, elements={"InstanceNumber": number + 1})
        for study in range(studies)
        for one in range(series)
        for number in range(instances)
    ]
    with Library(folder, reserve_bytes=0) as library:
        keep_together(library, write_files(folder.parent / "files", made))
    return made


@contextlib.contextmanager
def serving(
    folder: Path,
    stations: Mapping[str, Station] | None = None,
    allow: Sequence[str] = (),
    given_up_after: timedelta = GIVEN_UP_AFTER,
) -> Iterator[Served]:
    """Serve a library until the block ends."""
    events: list[ReceiverEvent] = []
    held = dict(stations or {})
    with Library(folder, reserve_bytes=0) as library, contextlib.ExitStack() as closing:
        intake = Intake(library, IntakeBounds(), events.append)
        closing.callback(intake.close)
        commitments = Commitments(
            library, AE_TITLE, held, events.append, first_delay=RETRY, given_up_after=given_up_after
        )
        server = DicomServer(
            ListeningPlace(port=0),
            AE_TITLE,
            AllowList(tuple(map(AllowRule.parse, allow))),
            Limits(),
            Services(intake, LibraryArchive(library), commitments, held),
            lambda event, details: events.append(ReceiverEvent(event, dict(details))),
        )
        server.start()
        closing.callback(server.close, 1.0)
        commitments.start()
        closing.callback(commitments.close, PATIENCE_S)
        yield Served(library, server.port, commitments, held, events)
    assert not [one for one in threading.enumerate() if one.name == "commitments"]
