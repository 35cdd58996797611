"""The receiver of a library that runs already: whether an archive can send to it, and what to change if not."""

import time
from collections.abc import Sequence
from pathlib import Path

from viewer.archives.own_place import OwnPlace, local_address, senders_of, titles_of
from viewer.base.errors import NetworkError, ViewerError
from viewer.base.translation import _
from viewer.network.access import DimseAccess
from viewer.network.allow_list import Admission, AllowList, AllowRule, parse_address
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.reception.receiver_state import ReceiverState, read_receiver_state

_START_S, _LOOK_S = 15.0, 0.2
_ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - only compared


def running_place(
    folder: Path, access: DimseAccess, addresses: Sequence[str], settings: ReceiverSettings
) -> OwnPlace | None:
    """Return where the receiver that runs takes images; None when none runs.

    Args:
        folder: Of the library.
        access: The archive that is to send.
        addresses: Of the archive.
        settings: Of the receiver; only counted on where they are those of the one that runs.

    Raises:
        NetworkError: If it does not let the archive in, with what to change.
    """
    state = _ready(folder)
    if state is None:
        return None
    from_here = [parsed.is_loopback for each in addresses if (parsed := parse_address(each)) is not None]
    parsed_place = parse_address(state.address)
    is_closed = state.address == "localhost" or (parsed_place is not None and parsed_place.is_loopback)
    if is_closed and not all(from_here):
        raise NetworkError(
            _("The receiver that runs listens on this computer only"),
            subject=str(access.station), advice=_("Have it listen to the network, in the preferences of the receiver"),
        )  # fmt: skip
    if (settings.ae_title.strip(), settings.port) == (state.ae_title, state.port):
        _check_rules(access, addresses, settings)
    host = local_address(addresses[0]) if state.address in _ANYWHERE else state.address
    return OwnPlace(state.ae_title, host, state.port, state.tls)


def _ready(folder: Path) -> ReceiverState | None:
    """Return what the receiver says of itself when it listens; it may be just starting."""
    deadline = time.monotonic() + _START_S
    while (state := read_receiver_state(folder)) is not None and state.is_running:
        if state.is_ready:
            return state
        if time.monotonic() > deadline:
            break
        time.sleep(_LOOK_S)
    return None


def _check_rules(access: DimseAccess, addresses: Sequence[str], settings: ReceiverSettings) -> None:
    try:
        allowed = AllowList(tuple(map(AllowRule.parse, settings.allow)), takes_unknown=False)
    except ViewerError:
        return  # the one that runs has read them, or others
    titles = titles_of(access)
    is_let_in = any(allowed.judge(title, address) is Admission.KNOWN for title in titles for address in addresses)
    if not is_let_in:
        rule = next(iter(senders_of(access, addresses, settings)), None)
        raise NetworkError(
            _("The receiver that runs does not let it in"),
            subject=str(access.station),
            advice=_("Enter {0} among those who may send, in the preferences of the receiver").format(
                rule or titles[0]
            ),
        )
