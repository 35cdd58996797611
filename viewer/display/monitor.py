"""Which monitor: what the system tells of one, and how it is recognised again."""

import hashlib
from dataclasses import dataclass

from viewer.base.translation import _

_KEY_DIGITS = 16


@dataclass(frozen=True, slots=True)
class MonitorIdentity:
    """A monitor as the system names it (EDID); any text may be empty.

    Attributes:
        name: The name of its connector or screen.
        size_px: Width and height in device pixels.
        position: Of its upper left corner on the desktop; tells two alike monitors without serial numbers apart.
        size_mm: Width and height in millimetres as the system states them; zeros when it does not.
    """

    manufacturer: str = ""
    model: str = ""
    serial_number: str = ""
    name: str = ""
    size_px: tuple[int, int] = (0, 0)
    position: tuple[int, int] = (0, 0)
    size_mm: tuple[float, float] = (0.0, 0.0)

    @property
    def is_certain(self) -> bool:
        """Whether it is known by its serial number; else by name and place, and the reader must be told."""
        return bool(self.serial_number)

    @property
    def key(self) -> str:
        """The same for the same monitor at every start; fit for a file name."""
        known = [self.manufacturer, self.model, self.serial_number]
        if not self.is_certain:
            known += [self.name, *map(str, (*self.size_px, *self.position))]
        return hashlib.sha256("\0".join(known).encode("utf-8")).hexdigest()[:_KEY_DIGITS]

    @property
    def title(self) -> str:
        """What a person calls it."""
        words = " ".join(part for part in (self.manufacturer, self.model) if part) or self.name or _("Monitor")
        return f"{words} {self.serial_number}".strip()
