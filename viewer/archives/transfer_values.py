"""What is to be fetched, sent or asked for, and how it stands with it: values for a pipe and for the index.

Of a patient they hold nothing but the UIDs of their images; a Patient ID, which some archives must be told, goes
through the pipe and is never written down.
"""

import dataclasses
import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from viewer.base.translation import N_


class TransferKind(enum.StrEnum):
    """What is done with an archive."""

    RETRIEVE = "retrieve"
    SEND = "send"
    COMMIT = "commit"


class TransferState(enum.StrEnum):
    """How it stands with a transfer."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    RETRYING = "retrying"
    """Failed for now; goes on by itself in a while."""
    DONE = "done"
    INCOMPLETE = "incomplete"
    """Ended, but not everything of it: it can be asked for again."""
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def words(self) -> str:
        """What it is called: English, to be translated."""
        return _TITLES[self]

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is done unless somebody asks."""
        return self in ENDED


INTERRUPTED = N_("It was interrupted")
"""Why a transfer is paused that nobody has paused."""
MOST_LINES = 50
"""So many lines of a transfer's log are remembered."""
ENDED = frozenset({TransferState.DONE, TransferState.INCOMPLETE, TransferState.FAILED, TransferState.CANCELLED})
_TITLES: Mapping[TransferState, str] = {
    TransferState.QUEUED: N_("waiting"),
    TransferState.RUNNING: N_("running"),
    TransferState.PAUSED: N_("paused"),
    TransferState.RETRYING: N_("trying again"),
    TransferState.DONE: N_("done"),
    TransferState.INCOMPLETE: N_("incomplete"),
    TransferState.FAILED: N_("failed"),
    TransferState.CANCELLED: N_("cancelled"),
}


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """What somebody wants done with an archive.

    Attributes:
        archive: Its name here, or how it is called: AET@HOST:PORT, or a URL.
        series_instance_uid: Empty for the whole study.
        sop_instance_uids: Empty for the whole study or series.
        paths: Files to be sent, instead of a study of the library.
        folder: Where what is fetched goes instead of the library; empty to keep it there.
        is_background: Whether nobody waits for it: everything else comes first.
        expected: How many instances there are, as far as it is known before the archive is asked; 0 for unknown.
        patient_id: For an archive that asks for it; never written down.
        goes_on: Whether it goes on by itself after whatever interrupts it, and is tried again until the archive
            answers: what somebody saved, and was told it is on its way.
        commits: Whether, when all of it is sent, the archive is asked to promise that it keeps it.
    """

    kind: TransferKind
    archive: str
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    sop_instance_uids: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    folder: str = ""
    is_background: bool = False
    expected: int = 0
    patient_id: str = ""
    goes_on: bool = False
    commits: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether what comes goes into the library."""
        return not self.folder

    def as_json(self) -> dict[str, Any]:
        """Return it for the pipe between window and worker."""
        return dataclasses.asdict(self)

    def written(self) -> str:
        """Return it for the index, and for whoever lists it: without the Patient ID."""
        return json.dumps({**self.as_json(), "patient_id": ""}, separators=(",", ":"))


def request_of(values: Mapping[str, Any]) -> TransferRequest:
    """Return the request of as_json().

    Raises:
        ValueError: If it is none.
    """
    names = {each.name for each in dataclasses.fields(TransferRequest)}
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if name in names
    }
    try:
        known["kind"] = TransferKind(known["kind"])
        return TransferRequest(**known)
    except (KeyError, TypeError) as error:
        raise ValueError("no transfer") from error


@dataclass(frozen=True, slots=True)
class LogLine:
    """Something that happened to a transfer.

    Attributes:
        at: Seconds since 1970.
    """

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class TransferStatus:
    """How it stands with a transfer.

    Attributes:
        key: Tells it from others for ever.
        done: Instances that are there, those included that were there before.
        expected: How many there are; 0 while it is not known.
        failed: Instances that could not be had, or sent.
        size: Bytes that came or went.
        instances_per_s: Lately; likewise bytes_per_s. 0 while nothing moves.
        left_s: How long it will take at that rate; None while it is not known.
        attempts: How often it failed since something came last.
        retry_at: In RETRYING: when it is tried again, in seconds since 1970.
        reason: Why it failed, waits, or is not complete: plain words, without patient data.
        made_at: Seconds since 1970; likewise ended_at, None while it has not ended.
        log: What happened, the latest last; only what is read from the index has it.
    """

    key: int
    request: TransferRequest
    state: TransferState
    done: int = 0
    expected: int = 0
    failed: int = 0
    size: int = 0
    instances_per_s: float = 0.0
    bytes_per_s: float = 0.0
    left_s: float | None = None
    attempts: int = 0
    retry_at: float | None = None
    reason: str = ""
    made_at: float = 0.0
    ended_at: float | None = None
    log: tuple[LogLine, ...] = field(default=())

    @property
    def goes_on(self) -> bool:
        """Whether it goes on by itself: it is of that kind, has not ended, and nobody has paused it."""
        is_paused = self.state is TransferState.PAUSED and self.reason != INTERRUPTED
        return self.request.goes_on and not self.state.has_ended and not is_paused

    def as_json(self) -> dict[str, Any]:
        """Return it for the pipe, and for `transfers list --json`."""
        values = dataclasses.asdict(self)
        values["request"].pop("patient_id")
        return values


def status_of(values: Mapping[str, Any]) -> TransferStatus:
    """Return the status of as_json().

    Raises:
        ValueError: If it is none.
    """
    names = {each.name for each in dataclasses.fields(TransferStatus)}
    known = {name: value for name, value in values.items() if name in names}
    try:
        log = tuple(LogLine(float(line["at"]), str(line["text"])) for line in known.get("log", ()))
        request, state = request_of(known["request"]), TransferState(known["state"])
        return TransferStatus(**{**known, "request": request, "state": state, "log": log})
    except (KeyError, TypeError) as error:
        raise ValueError("no status") from error
