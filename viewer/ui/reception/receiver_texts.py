"""The receiver's condition in words: for the window's foot, the tray and the page."""

from datetime import datetime

from viewer.base.translation import _, ngettext
from viewer.reception.events import REFUSED, STORED, ReceiverEvent
from viewer.reception.receiver_process import Condition, Phase


def place_text(address: str, port: int) -> str:
    """Return address and port as one word; any address is left out."""
    if address in {"", "0.0.0.0", "::"}:  # noqa: S104 - compared, not bound to
        return f":{port}"
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def foot_text(condition: Condition) -> str:
    """Return the few words for the window's foot; empty when there is nothing to say."""
    state = condition.state
    if condition.phase is Phase.RUNNING and state is not None:
        text = _("receiver on {0}").format(place_text("", state.port))
        senders = sorted({each.ae_title for each in state.associations if each.instances})
        if len(senders) == 1:
            return _("{0} · from {1}").format(text, senders[0])
        return _("{0} · from {1} stations").format(text, len(senders)) if senders else text
    words = {
        Phase.OFF: "",
        Phase.STARTING: _("receiver starting"),
        Phase.WAITING: _("receiver starting again"),
        Phase.STOPPING: _("receiver stopping"),
        Phase.FAILED: _("receiver failed"),
    }
    return words.get(condition.phase, "")


def sentence(condition: Condition) -> str:
    """Return how it stands with the receiver, in one sentence."""
    state = condition.state
    if condition.phase is Phase.RUNNING and state is not None:
        words = _("Receiving at {0} as {1}") if not state.tls else _("Receiving at {0} as {1}, over TLS")
        return words.format(place_text(state.address, state.port), state.ae_title)
    words_of = {
        Phase.OFF: _("The receiver is off"),
        Phase.STARTING: _("The receiver is starting"),
        Phase.STOPPING: _("The receiver finishes what it is receiving, and stops"),
        Phase.WAITING: _("The receiver ended; it is started again in {0} s").format(max(1, round(condition.wait_s))),
        Phase.FAILED: _("The receiver could not be kept running"),
    }
    return words_of.get(condition.phase, _("The receiver is off"))


def details(condition: Condition, now: datetime) -> str:
    """Return what is worth knowing beside the sentence: since when, how much; or why it does not run."""
    state = condition.state
    if condition.phase is not Phase.RUNNING or state is None:
        return condition.reason
    stored, refused = state.counts.get(STORED, 0), state.counts.get(REFUSED, 0)
    parts = [_("since {0}").format(_moment(state.started_at, now))]
    parts.append(ngettext("{0} instance received", "{0} instances received", stored).format(stored))
    connected = len(state.associations)
    if connected:
        parts.append(ngettext("{0} station connected", "{0} stations connected", connected).format(connected))
    if refused:
        parts.append(ngettext("{0} refused", "{0} refused", refused).format(refused))
    return " · ".join(parts)


def arrival_text(quiet: ReceiverEvent) -> str:
    """Return that a study has arrived, without saying whose: whoever passes by may read it."""
    count, missing = (_number(quiet, name) for name in ("instances", "missing"))
    words = ngettext("{0} image has arrived from {1}", "{0} images have arrived from {1}", count)
    text = words.format(count, str(quiet.details.get("aet", "")) or "?")
    if not missing:
        return text
    return ngettext("{0}; {1} is missing", "{0}; {1} are missing", missing).format(text, missing)


def _number(event: ReceiverEvent, name: str) -> int:
    value = event.details.get(name)
    return value if isinstance(value, int) else 0


def _moment(at: datetime, now: datetime) -> str:
    local = at.astimezone()
    return f"{local:%H:%M}" if local.date() == now.astimezone().date() else f"{local:%Y-%m-%d %H:%M}"
