"""The profile that colord, the colour daemon of Linux desktops, has for a monitor; asked through its colormgr."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from viewer.base.errors import DisplayError, system_reason
from viewer.base.translation import _
from viewer.display.monitor import MonitorIdentity
from viewer.display.system_answers import answer_of

LARGEST_PROFILE = 32 << 20
_CONNECTOR = "XRANDR_name"


@dataclass(slots=True)
class ColordDevice:
    """A monitor as colord lists it.

    Attributes:
        fields: "Model", "Vendor", "Serial", "Device ID", "Enabled" …
        metadata: "XRANDR_name" is its connector.
        profiles: Files, the one in force first.
    """

    fields: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    profiles: list[str] = field(default_factory=list)

    @property
    def is_enabled(self) -> bool:
        """Whether colord manages it at all."""
        return self.fields.get("Enabled", "Yes") == "Yes"

    def is_of(self, monitor: MonitorIdentity) -> bool:
        """Return whether it is a monitor: by its serial number where both have one, else by its connector."""
        serial = self.fields.get("Serial", "")
        if serial and monitor.serial_number:
            same_model = (
                not monitor.model or not self.fields.get("Model") or _alike(monitor.model, self.fields["Model"])
            )
            return serial == monitor.serial_number and same_model
        return bool(monitor.name) and self.metadata.get(_CONNECTOR) == monitor.name


def colord_profile(monitor: MonitorIdentity) -> bytes:
    """Return the profile colord has for a monitor; empty when it has none.

    Raises:
        DisplayError: If the file it names cannot be read.
    """
    for device in devices_of(answer_of("colormgr", "get-devices-by-kind", "display")):
        if device.is_enabled and device.profiles and device.is_of(monitor):
            return _read(device.profiles[0])
    return b""


def devices_of(listing: str) -> tuple[ColordDevice, ...]:
    """Return the devices of a listing by colormgr."""
    return tuple(_devices(listing))


def _devices(listing: str) -> Iterator[ColordDevice]:
    for block in listing.split("Object Path:")[1:]:
        device = ColordDevice()
        is_profile = False
        for line in block.splitlines()[1:]:
            name, colon, value = line.partition(":")
            if is_profile and line.startswith(" "):
                device.profiles.append(line.strip())
                is_profile = False
                continue
            is_profile = bool(colon) and name.startswith("Profile ")
            if name == "Metadata":
                key, _equals, text = value.strip().partition("=")
                device.metadata[key] = text
            elif colon and not is_profile:
                device.fields[name] = value.strip()
        yield device


def _alike(one: str, other: str) -> bool:
    """Return whether two spellings of a model are of one: systems put the maker before it, or not."""
    first, second = one.lower().strip(), other.lower().strip()
    return first in second or second in first


def _read(path: str) -> bytes:
    file = Path(path)
    try:
        if file.stat().st_size > LARGEST_PROFILE:
            raise DisplayError(_("The system's colour profile is too large to be one"), subject=file.name)
        return file.read_bytes()
    except OSError as error:
        raise DisplayError(
            _("The system's colour profile cannot be read: {0}").format(system_reason(error)), subject=file.name
        ) from error
