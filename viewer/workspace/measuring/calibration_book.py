"""The scales that readers set by known lengths, of all open studies: one book for all windows, beside annotations."""

from collections.abc import Iterable, Mapping

from viewer.base.events import Event
from viewer.measurement.annotation import Anchor, ImageAnchor
from viewer.measurement.user_calibration import UserCalibration

Calibrations = Mapping[str, UserCalibration | None]
"""Calibrations by calibration_uid as they are now; None for one that was taken away."""


def calibration_uid(sop_instance_uid: str, frame_number: int = 0) -> str:
    """Return what a calibration is filed under; frame 0 is all frames of the image."""
    return f"{sop_instance_uid}/{frame_number}" if frame_number else sop_instance_uid


def uid_of(calibration: UserCalibration) -> str:
    """Return what a calibration is filed under."""
    return calibration_uid(calibration.sop_instance_uid, calibration.frame_number)


class CalibrationBook:
    """Calibrations by image.

    Attributes:
        changed: The uids of calibrations that were set or taken away.
        applied: What a change was made of, for whoever keeps it; not emitted for what was restored.
    """

    def __init__(self) -> None:
        self.changed: Event[frozenset[str]] = Event()
        self.applied: Event[tuple[str, Calibrations]] = Event()
        self._all: dict[str, UserCalibration] = {}

    def get(self, uid: str) -> UserCalibration | None:
        """Return what is filed under a uid; None for none."""
        return self._all.get(uid)

    def of_frame(self, sop_instance_uid: str, frame_number: int) -> UserCalibration | None:
        """Return what holds for a frame, counted from 1: its own, else that of its image; None for none."""
        own = self._all.get(calibration_uid(sop_instance_uid, frame_number))
        return own or self._all.get(sop_instance_uid)

    def of(self, anchor: Anchor) -> UserCalibration | None:
        """Return what holds where an annotation lies; None for none, and on planes of volumes."""
        return self.of_frame(anchor.sop_instance_uid, anchor.frame_number) if isinstance(anchor, ImageAnchor) else None

    def apply(self, study: str, changes: Calibrations) -> None:
        """Put calibrations of a study as they are now, and have them kept."""
        self.take(changes)
        self.applied.emit((study, changes))

    def take(self, changes: Calibrations) -> None:
        """Put calibrations as they are kept already."""
        for uid, calibration in changes.items():
            if calibration is None:
                self._all.pop(uid, None)
            else:
                self._all[uid] = calibration
        if changes:
            self.changed.emit(frozenset(changes))

    def restore(self, calibrations: Iterable[UserCalibration]) -> None:
        """Put those of a study that was opened."""
        self.take({uid_of(each): each for each in calibrations})

    def forget(self, uids: Iterable[str]) -> None:
        """Drop those of a study that was closed; what is kept of them stays."""
        self.take(dict.fromkeys(uid for uid in uids if uid in self._all))
