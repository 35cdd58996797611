"""How our own receiver is reached, for commands that have an archive send or answer here: as set, or as given."""

import argparse
from dataclasses import replace

from viewer.base.settings import Settings
from viewer.base.translation import _
from viewer.media.safety import printable
from viewer.reception.receiver_settings import ReceiverSettings

_HIGHEST_PORT = 65535


def add_own_receiver(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--aet", default=None, metavar="AET", help=_("AE title of our receiver"))
    parser.add_argument("--bind", default=None, metavar="ADDR", help=_("address that our receiver listens at"))
    parser.add_argument("--port", default=None, type=_port, metavar="N", help=_("port of our receiver"))


def receiver_of(arguments: argparse.Namespace) -> ReceiverSettings:
    """Return how our receiver is reached."""
    settings = Settings(arguments.folder).section("receiver", ReceiverSettings)
    given = {"ae_title": arguments.aet, "bind": arguments.bind, "port": arguments.port}
    return replace(settings, **{name: value for name, value in given.items() if value is not None})


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(_("'{0}' is no port").format(printable(text)))
    return int(text)
