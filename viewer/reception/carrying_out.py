"""One attempt at what a rule wants of a study: sent, flagged, exported, given to a program; noted when it is done."""

import contextlib
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol

from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.library import durable
from viewer.library.deliveries import Deliveries, Delivery
from viewer.library.exporting import export_series
from viewer.library.library import Library
from viewer.library.study_row import InstanceRow
from viewer.network.ports import HeldInstance
from viewer.network.stations import Station
from viewer.reception.outside_command import filled_in, run_command
from viewer.reception.routing_rules import Action, Export, Forward, Run, Tag
from viewer.reception.tagging import add_flags

_ENOUGH_REFUSED = 200
_NOTE_EVERY_S = 0.2
_OUTGOING = "outgoing"


class Outcome(Protocol):
    """What became of an instance that was sent."""

    @property
    def reason(self) -> str:
        """Why it was not taken; empty when it was."""


Send = Callable[[Station, Sequence[HeldInstance]], Generator[tuple[HeldInstance, Outcome], None, None]]
"""Sends instances to a station, and yields what became of each as it is known."""


@dataclass(frozen=True, slots=True)
class Result:
    """What an attempt came to.

    Attributes:
        delivered: How many instances.
        error: Why not all of them; empty when all were.
        is_unreachable: Whether whatever goes the same way would fail too.
    """

    delivered: int
    error: str = ""
    is_unreachable: bool = False


class CarryingOut:
    """Carries out actions; several threads may.

    Args:
        library: Where the studies are; nobody else carries out anything there.
        deliveries: Told of what was delivered.
        send: How instances are sent.
    """

    def __init__(self, library: Library, deliveries: Deliveries, send: Send) -> None:
        self._library, self._deliveries, self._send = library, deliveries, send
        self._progress = Progress()
        self._outgoing = library.folder / _OUTGOING
        shutil.rmtree(self._outgoing, ignore_errors=True)  # nobody else's: the receiver has the library alone

    def cut_off(self) -> None:
        """End what is under way."""
        self._progress.cancel()

    def close(self) -> None:
        """Leave nothing behind; nothing is under way any more."""
        shutil.rmtree(self._outgoing, ignore_errors=True)

    def carry_out(self, delivery: Delivery, action: Action, instances: Sequence[InstanceRow]) -> Result:
        """Do an action, and note which instances it was done with.

        Raises:
            ViewerError: If it cannot be done.
            Cancelled: If it was cut off.
        """
        match action:
            case Forward(station):
                return self._forward(delivery, station, instances)
            case Tag(flags):
                add_flags(self._library, delivery.study_instance_uid, flags)
            case Export(folder):
                self._export(instances, folder / _folder_name(instances))
            case Run():
                self._run_program(delivery, action, instances)
        self._deliveries.delivered(delivery.key, [each.sop_instance_uid for each in instances])
        return Result(len(instances))

    def _forward(self, delivery: Delivery, station: Station, instances: Sequence[InstanceRow]) -> Result:
        sent, failed = _Noted(self._deliveries, delivery.key), dict[str, str]()
        held = [self._held(each) for each in instances]
        with contextlib.closing(self._send(station, held)) as outcomes:
            try:
                for instance, outcome in outcomes:
                    if outcome.reason:
                        failed[instance.sop_instance_uid] = outcome.reason
                    else:
                        sent.add(instance.sop_instance_uid)
                    if len(failed) >= _ENOUGH_REFUSED and not sent.count:
                        break  # it takes nothing: the others would fare no better
                    self._progress.check()
            finally:
                sent.note()
        if not failed:
            return Result(sent.count)
        reason = next(iter(failed.values()))
        if not sent.count:
            return Result(0, reason, is_unreachable=True)
        return Result(sent.count, _("{0} not taken: {1}").format(len(failed), reason))

    def _held(self, row: InstanceRow) -> HeldInstance:
        path = self._library.store.path_of(row.kept)
        # With its hash: what was altered on the disk is not sent.
        return HeldInstance(row.sop_class_uid, row.sop_instance_uid, row.transfer_syntax_uid, path, row.kept.sha256)

    def _export(self, instances: Sequence[InstanceRow], target: Path) -> None:
        if target.is_dir() and any(target.iterdir()):
            return  # a folder is there whole or not at all: it was written, and the power went before that was noted
        for left in target.parent.glob(f"{target.name}.part-*"):  # by a crash
            shutil.rmtree(left, ignore_errors=True)
        by_series = [list(group) for _uid, group in groupby(instances, key=lambda each: each.series_instance_uid)]
        series = [[each.kept for each in group] for group in by_series]
        export_series(self._library.store, series, target, self._progress)
        uids = tuple(dict.fromkeys(each.study_instance_uid for each in instances))
        self._library.audit.append("export", uids, len(instances))

    def _run_program(self, delivery: Delivery, action: Run, instances: Sequence[InstanceRow]) -> None:
        folder = Path()
        is_given_files = any("{folder}" in argument for argument in action.arguments)
        values = {"study_uid": delivery.study_instance_uid, "ae": instances[-1].source.name}
        try:
            if is_given_files:
                durable.make_folder(self._outgoing)
                folder = Path(tempfile.mkdtemp(prefix="study-", dir=self._outgoing))
                self._export(instances, folder / "study")
                values["folder"] = str(folder / "study")
            run_command(filled_in(action.arguments, values), action.timeout_s, self._progress)
        finally:
            if is_given_files and folder.name:
                shutil.rmtree(folder, ignore_errors=True)


class _Noted:
    """Instances that a station has taken, noted some times a second: little is sent twice when the power goes."""

    def __init__(self, deliveries: Deliveries, key: int) -> None:
        self.count = 0
        self._deliveries, self._key = deliveries, key
        self._waiting: list[str] = []
        self._noted_at = time.monotonic()

    def add(self, sop_instance_uid: str) -> None:
        """Add one."""
        self.count += 1
        self._waiting.append(sop_instance_uid)
        if time.monotonic() - self._noted_at >= _NOTE_EVERY_S:
            self.note()

    def note(self) -> None:
        """Note those that are not noted yet."""
        if self._waiting:
            self._deliveries.delivered(self._key, self._waiting)
            self._waiting = []
        self._noted_at = time.monotonic()


def _folder_name(instances: Sequence[InstanceRow]) -> str:
    """Return the name of an exported folder: of our own hashes, the same for the same instances."""
    study, *_others = (each.study_instance_uid for each in instances)
    uids = "\n".join(sorted(each.sop_instance_uid for each in instances))
    return f"study-{_digest(study)[:16]}-{_digest(uids)[:8]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
