"""Who each screen of Qt's is: what the system tells of its monitor, as far as it tells monitors apart."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtGui import QScreen

from viewer.display.monitor import MonitorIdentity

_NO_SERIALS = frozenset({"", "16843009", "0x01010101", "4294967295", "0xFFFFFFFF"})
"""What makers write who give none: bytes of all ones or all the same; zeros are told by themselves."""


def identities_of(screens: Sequence[QScreen]) -> dict[QScreen, MonitorIdentity]:
    """Return who each monitor is; a serial number that two of them tell tells neither, and is left out."""
    found = {screen: identity_of(screen) for screen in screens}
    keys = [identity.key for identity in found.values()]
    return {
        screen: replace(identity, serial_number="") if keys.count(identity.key) > 1 else identity
        for screen, identity in found.items()
    }


def identity_of(screen: QScreen) -> MonitorIdentity:
    """Return who a monitor is by itself; whether another one says the same of itself is not looked at."""
    area, ratio, size = screen.geometry(), screen.devicePixelRatio(), screen.physicalSize()
    serial = screen.serialNumber().strip()
    return MonitorIdentity(
        manufacturer=screen.manufacturer().strip(),
        model=screen.model().strip(),
        serial_number="" if serial in _NO_SERIALS or not serial.strip("0") else serial,
        name=screen.name(),
        size_px=(round(area.width() * ratio), round(area.height() * ratio)),
        position=(area.x(), area.y()),
        size_mm=(size.width(), size.height()),
    )
