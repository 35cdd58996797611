"""What is kept of monitors: one file a monitor, in the folder "monitors" of the settings folder."""

import contextlib
import json
import os
from dataclasses import replace
from pathlib import Path

from viewer.base.errors import DisplayError, ViewerError, system_reason
from viewer.base.events import Event
from viewer.base.translation import _
from viewer.display.monitor import MonitorIdentity
from viewer.display.monitor_json import record_from_json, record_to_json
from viewer.display.monitor_record import MonitorRecord

FOLDER = "monitors"
SUFFIX, BAD_SUFFIX = ".json", ".bad"
LARGEST_FILE = 64 * 2**20
"""A monitor's colour profile has some megabytes at most."""

_Stamp = tuple[int, int, int] | None


class MonitorStore:
    """Records of monitors, read when first asked for and written whole.

    Args:
        folder: Of the settings; the files are in its folder "monitors", which is made when the first one is written.
        is_kept: Whether changes are written; False for a run that is not the reader's own (a screenshot).

    Attributes:
        changed: The key of a monitor whose record is another one now.
        problems: Files that could not be read and were set aside, in plain words; whoever tells them empties the list.
    """

    def __init__(self, folder: Path, *, is_kept: bool = True) -> None:
        self.folder = folder / FOLDER
        self.changed: Event[str] = Event()
        self.problems: list[ViewerError] = []
        self._is_kept = is_kept
        self._records: dict[str, MonitorRecord | None] = {}
        self._stamps: dict[str, _Stamp] = {}

    def record(self, identity: MonitorIdentity) -> MonitorRecord:
        """Return what is kept of a monitor; of one that was never seen, that nothing is known of it.

        The identity is the one given: a monitor known by its serial number may have another place or size by now. A
        pixel pitch measured at another number of pixels is left out, for then it does not hold.
        """
        kept = self.kept(identity.key)
        if kept is None:
            return MonitorRecord(identity)
        pitch = kept.pixel_pitch_mm if kept.identity.size_px == identity.size_px else None
        return replace(kept, identity=identity, pixel_pitch_mm=pitch)

    def kept(self, key: str) -> MonitorRecord | None:
        """Return what is kept under a key, as it was kept; None where nothing is."""
        if key not in self._records:
            self._stamps[key] = _stamp(self._path(key))
            self._records[key] = self._read(self._path(key))
        return self._records[key]

    def keep(self, record: MonitorRecord) -> None:
        """Keep a record, and tell everyone that it changed.

        Raises:
            DisplayError: If it cannot be written; it is in force until the program ends all the same.
        """
        key = record.identity.key
        self._records[key] = record
        try:
            if self._is_kept:
                self._write(record)
        finally:
            self._stamps[key] = _stamp(self._path(key))
            self.changed.emit(key)

    def forget(self, key: str) -> None:
        """Let a record go, with its file.

        Raises:
            DisplayError: If the file cannot be removed.
        """
        self._records[key] = None
        path = self._path(key)
        try:
            if self._is_kept:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise DisplayError(system_reason(error), subject=str(path)) from error
        finally:
            self._stamps[key] = _stamp(path)
            self.changed.emit(key)

    def look_again(self) -> None:
        """Read anew what another process of the program has written since, and tell everyone."""
        if not self._is_kept:
            return
        for key, stamp in tuple(self._stamps.items()):
            if _stamp(self._path(key)) != stamp:
                del self._stamps[key], self._records[key]
                self.changed.emit(key)

    def all(self) -> tuple[MonitorRecord, ...]:
        """Return everything that is kept, also of monitors that are not connected now."""
        with contextlib.suppress(OSError):
            for path in sorted(self.folder.glob(f"*{SUFFIX}")):
                self.kept(path.stem)
        return tuple(record for record in self._records.values() if record is not None)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{SUFFIX}"

    def _read(self, path: Path) -> MonitorRecord | None:
        try:
            if path.stat().st_size > LARGEST_FILE:
                raise DisplayError(_("The file is too large"))
            record = record_from_json(json.loads(path.read_text("utf-8"), parse_constant=_refuse))
            if record.identity.key != path.stem:  # copied from another monitor: its greys would be wrong here
                raise DisplayError(_("The file belongs to another monitor"))
        except FileNotFoundError:
            return None
        except (OSError, ViewerError, ValueError, RecursionError) as error:
            self._set_aside(path, error)
            return None
        return record

    def _set_aside(self, path: Path, error: Exception) -> None:
        reason = str(error) if isinstance(error, ViewerError) else type(error).__name__
        is_aside = False
        with contextlib.suppress(OSError):
            if self._is_kept:
                path.replace(path.with_suffix(BAD_SUFFIX))
                is_aside = True
        self.problems.append(
            DisplayError(
                _("What is kept of a monitor could not be read ({0}); it counts as not calibrated").format(reason),
                subject=str(path),
                advice=_("The old file was kept beside it with the ending .bad") if is_aside else "",
            )
        )

    def _write(self, record: MonitorRecord) -> None:
        path = self._path(record.identity.key)
        temporary = path.with_suffix(f".{os.getpid()}.part")
        text = json.dumps(record_to_json(record), ensure_ascii=False, indent=1, allow_nan=False)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary.touch(mode=0o600)
            with temporary.open("w", encoding="utf-8", errors="backslashreplace") as stream:  # JSON's own escapes
                stream.write(text + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise DisplayError(
                _("What is known of the monitor could not be kept: {0}").format(system_reason(error)), subject=str(path)
            ) from error


def _stamp(path: Path) -> _Stamp:
    """Return what another writing of a file would change; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _refuse(name: str) -> float:
    raise ValueError(name)
