"""Other stations of the network: whom we send to, and who may ask us for things to be sent there."""

import re
from dataclasses import dataclass

from viewer.base.errors import NetworkError
from viewer.base.translation import _

DEFAULT_PORT, DEFAULT_TLS_PORT = 11112, 2762
_LONGEST_TITLE = 16
_WRITTEN = re.compile(
    r"(?P<title>[^@]+)@(?P<host>\[[0-9A-Fa-f:.%\w]+\]|[^:\[\]@\s]+)(?::(?P<port>\d{1,5}))?(?P<tls>\+tls)?"
)
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Station:
    """An application entity that can be called.

    Attributes:
        host: Name or IP address.
        uses_tls: Whether it is called over TLS.
    """

    ae_title: str
    host: str
    port: int = DEFAULT_PORT
    uses_tls: bool = False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.ae_title}@{host}:{self.port}{'+tls' if self.uses_tls else ''}"


def checked_title(title: str) -> str:
    """Return an AE title without the spaces around it.

    Raises:
        NetworkError: If it is none: 1 to 16 characters of ASCII, no backslash, no control character (PS3.5 6.2).
    """
    stripped = title.strip(" ")
    is_good = 0 < len(stripped) <= _LONGEST_TITLE and stripped.isascii() and stripped.isprintable()
    if not is_good or "\\" in stripped:
        raise NetworkError(
            _("'{0}' is no AE title").format(title),
            advice=_("Give 1 to 16 letters, digits or signs, without a backslash"),
        )
    return stripped


def parse_station(text: str) -> Station:
    """Return the station of a text like TITLE@host:port or TITLE@host:port+tls.

    Raises:
        NetworkError: If it is none.
    """
    found = _WRITTEN.fullmatch(text.strip())
    uses_tls = bool(found and found["tls"])
    port = int(found["port"]) if found and found["port"] else DEFAULT_TLS_PORT if uses_tls else DEFAULT_PORT
    if found is None or not 0 < port <= _HIGHEST_PORT:
        raise NetworkError(
            _("'{0}' is no station").format(text), advice=_("Write it as TITLE@host:port, with +tls at its end for TLS")
        )
    return Station(checked_title(found["title"]), found["host"].strip("[]"), port, uses_tls)
