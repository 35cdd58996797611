"""What the quality panel shows of one monitor, gathered once, and how a section asks for a change."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from viewer.display.monitor_record import MonitorRecord, MonitorState
from viewer.imaging.display_calibration import DisplayCalibration

Change = Callable[[MonitorRecord], MonitorRecord]
"""Makes another record of the one that is kept now."""
Keep = Callable[[Change], None]
"""Puts a change into force and keeps it."""


@dataclass(frozen=True, slots=True)
class ShownMonitor:
    """One monitor today.

    Attributes:
        calibration: What pixels are drawn with: as kept, as far as the surface can show it.
        likely_title: Of the kept monitor that this one without a serial number probably is; empty where none is.
        takes_ten_bits: Whether its surface has 10 bits a channel.
        pixels_per_mm: None where nobody knows.
    """

    record: MonitorRecord
    state: MonitorState
    today: date
    calibration: DisplayCalibration
    likely_title: str = ""
    takes_ten_bits: bool = False
    pixels_per_mm: float | None = None
