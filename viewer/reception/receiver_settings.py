"""What is set of the receiver: section "receiver" of the settings, and what the command line says instead."""

from dataclasses import dataclass

from viewer.base.settings import setting
from viewer.base.translation import N_

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ReceiverSettings:
    """Closed and on this computer only, until somebody opens it.

    Attributes:
        is_on: Whether the window starts the receiver and keeps it running.
        keeps_when_closed: Whether it goes on receiving when the last window is closed.
        bind: Address to listen at.
        allow: Who may send and ask, each AET[@NETWORK]; empty lets in whoever calls from this computer itself.
        unknown: What to do with callers from an allowed network whose title is not listed: "inbox" or "refuse".
        takes_unknown_classes: Whether SOP classes that the dictionary does not know are kept.
        certificate: Path of a PEM file; empty without TLS. Likewise its key, and the CA that callers' certificates
            must be of (empty: callers need none).
        most_gigabytes: What the library may hold before the receiver takes no more; 0 for no limit but the disk's.
        quiet_seconds: After how long without an instance a study counts as arrived.
        stations: Others that can be sent to, each TITLE@host:port[+tls].
    """

    is_on: bool = setting(default=False, title=N_("Receive images from other stations"))
    keeps_when_closed: bool = setting(default=True, title=N_("Keep receiving when the window is closed"))
    starts_at_login: bool = setting(default=False, title=N_("Start the receiver at login"))
    ae_title: str = setting("NEGATOSCOPE")
    bind: str = setting(LOOPBACK)
    port: int = setting(11112, minimum=1, maximum=65535)
    allow: tuple[str, ...] = setting(())
    unknown: str = setting("inbox", choices=(("inbox", N_("Into the inbox")), ("refuse", N_("Refuse them"))))
    takes_unknown_classes: bool = setting(default=True)
    certificate: str = setting("")
    key: str = setting("")
    authority: str = setting("")
    most_gigabytes: int = setting(0, minimum=0, maximum=1_000_000)
    most_instance_mb: int = setting(4096, minimum=1, maximum=1_000_000)
    most_associations: int = setting(200, minimum=1, maximum=1000)
    quiet_seconds: int = setting(10, minimum=1, maximum=3600)
    stations: tuple[str, ...] = setting(())
