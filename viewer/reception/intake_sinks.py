"""Where the bytes of one instance go on their way into the library: a data set as DIMSE brings it, or a whole file."""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from viewer.base.errors import DicomError, MediaError, RefusedError
from viewer.dicom.header_scan import scan_header
from viewer.dicom.instance_header import InstanceHeader
from viewer.library.incoming import Incoming
from viewer.library.instance_record import AsideReason, Door, Filed, InstanceRecord, KeptFile, Source
from viewer.library.query_keys import attributes_of
from viewer.network.part10 import part10_head
from viewer.network.ports import (
    CANNOT_UNDERSTAND,
    CLASS_MISMATCH,
    OUT_OF_RESOURCES,
    Became,
    Caller,
    OfferedInstance,
    StoreAnswer,
    StoreRefused,
)
from viewer.network.retrieving import Kept
from viewer.reception.intake_bounds import refused_when_full

if TYPE_CHECKING:
    from viewer.reception.intake import Intake

ALTERED_DUPLICATE = 0xC111
"""Our own failure of C-STORE: the UID is there with other content (PS3.4 Table B.2-1 leaves Cxxx to us)."""
UNKNOWN_INSTANCE = OfferedInstance("", "", "")
"""Of a file that has not been looked at."""
_BECAME: Mapping[Filed, Became] = {
    Filed.NEW: Became.STORED,
    Filed.ALREADY: Became.ALREADY,
    Filed.ASIDE: Became.QUARANTINED,
}


class _Arrival:
    """One instance on its way in.

    Attributes:
        offered: What it is said to be; of a file, what it is found to be.
    """

    def __init__(self, intake: "Intake", offered: OfferedInstance, caller: Caller, incoming: Incoming) -> None:
        self.offered = offered
        self._door = intake.door
        self._intake = intake
        self._caller = caller
        self._incoming = incoming
        self._taken = 0
        self._is_over = False

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Take the next piece."""
        with self._refusing():
            self._intake.room.take(len(piece), self._taken)
            self._taken += len(piece)
            with refused_when_full():
                self._incoming.write(piece)

    def abandon(self) -> None:
        """Give it up."""
        self._end(is_kept=False)

    def _kept(self) -> StoreAnswer:
        with self._refusing():
            self._intake.commit.begin_keeping(self._incoming)
            header = self._looked_at()
            self._check(header)
            record = self._record(header)
            judged = self._intake.keep(self._incoming, record)
        filed = judged.outcome.filed
        self._end(is_kept=filed is not Filed.ALREADY)
        self._intake.tell_kept(record, judged, is_damaged=bool(header.problems))
        if filed is Filed.CONFLICT:
            return StoreAnswer(Became.QUARANTINED, ALTERED_DUPLICATE, "Kept aside: this UID is here with other content")
        return StoreAnswer(_BECAME[filed])

    def _check(self, header: InstanceHeader) -> None:
        """Raise StoreRefused when it is not what it is said to be."""
        raise NotImplementedError

    def _looked_at(self) -> InstanceHeader:
        try:
            header = scan_header(self._incoming.source)
        except (DicomError, RefusedError) as error:
            raise StoreRefused(CANNOT_UNDERSTAND, "The data set cannot be read") from error
        except MediaError as error:
            raise StoreRefused(OUT_OF_RESOURCES, str(error)) from error
        for uid in (header.sop_instance_uid, header.study_instance_uid, header.series_instance_uid):
            if not uid:
                raise StoreRefused(CANNOT_UNDERSTAND, "A UID of instance, series or study is missing")
        return header

    def _record(self, header: InstanceHeader) -> InstanceRecord:
        incoming, caller = self._incoming, self._caller
        return InstanceRecord(
            sop_instance_uid=header.sop_instance_uid,
            sop_class_uid=header.sop_class_uid,
            series_instance_uid=header.series_instance_uid,
            study_instance_uid=header.study_instance_uid,
            transfer_syntax_uid=self.offered.transfer_syntax_uid,
            kept=KeptFile(incoming.sha256, incoming.size),
            source=Source(self._door, caller.ae_title, caller.address),
            received_at=datetime.now(UTC),
            attributes=attributes_of(header),
            aside=None if caller.is_known else AsideReason.UNKNOWN_SENDER,
        )

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._end(is_kept=False)
            if isinstance(error, StoreRefused):
                self._intake.tell_refused(self.offered, self._caller, error)
            raise

    def _end(self, *, is_kept: bool) -> None:
        if not self._is_over:
            self._is_over = True
            self._incoming.remove()
            self._intake.room.end(self._taken, is_kept=is_kept)


class DataSetSink(_Arrival):
    """A data set, behind a header that we write (network.ports.InstanceSink)."""

    def __init__(self, intake: "Intake", offered: OfferedInstance, caller: Caller, incoming: Incoming) -> None:
        super().__init__(intake, offered, caller, incoming)
        self.write(part10_head(offered, caller))

    def finish(self) -> StoreAnswer:
        """Return when it is on the disk and in the index."""
        return self._kept()

    def _check(self, header: InstanceHeader) -> None:
        if header.sop_class_uid != self.offered.sop_class_uid:
            raise StoreRefused(CLASS_MISMATCH, "The data set is of another SOP class")
        if header.sop_instance_uid != self.offered.sop_instance_uid:
            raise StoreRefused(CLASS_MISMATCH, "The data set has another SOP Instance UID")


class WholeFileSink(_Arrival):
    """A whole file, kept byte for byte: its preamble and group 0002 too (network.retrieving.FileSink)."""

    def __init__(self, intake: "Intake", caller: Caller, incoming: Incoming) -> None:
        super().__init__(intake, UNKNOWN_INSTANCE, caller, incoming)
        self._door = Door.RETRIEVE

    def finish(self) -> Kept:
        """Return when it is on the disk and in the index."""
        answer = self._kept()
        return Kept(self.offered, answer)

    def _check(self, header: InstanceHeader) -> None:
        self.offered = OfferedInstance(header.sop_class_uid, header.sop_instance_uid, header.transfer_syntax_uid)
