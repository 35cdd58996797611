"""The words of a monitor's state: for the chip on a viewport, the foot of the window, and the notes."""

from viewer.base.translation import N_, _
from viewer.display.monitor_record import MonitorState, StateKind
from viewer.imaging.display_calibration import DisplayColor, RenderingIntent

_CHIPS = {
    StateKind.CALIBRATED: N_("GSDF"),
    StateKind.NATIVE: N_("NATIVE GSDF"),
    StateKind.VISUAL_ESTIMATE: N_("VISUAL ESTIMATE"),
    StateKind.NOT_CALIBRATED: N_("NOT CALIBRATED"),
    StateKind.OVERDUE: N_("QA OVERDUE"),
    StateKind.FAILED: N_("QA FAILED"),
}
_STATUS = {
    StateKind.CALIBRATED: N_("Display calibrated"),
    StateKind.NATIVE: N_("Display follows the GSDF by itself"),
    StateKind.VISUAL_ESTIMATE: N_("Display matched by eye"),
    StateKind.NOT_CALIBRATED: N_("Display not calibrated"),
    StateKind.OVERDUE: N_("Display test overdue"),
    StateKind.FAILED: N_("Display failed its test"),
}
_SENTENCES = {
    StateKind.CALIBRATED: N_("The monitor is calibrated: greys follow the GSDF"),
    StateKind.NATIVE: N_("The monitor corrects its greys by itself (GSDF); the program passes them straight"),
    StateKind.VISUAL_ESTIMATE: N_("The monitor was matched by eye, not measured: greys are an estimate"),
    StateKind.NOT_CALIBRATED: N_("The monitor is not calibrated: faint differences may be lost"),
    StateKind.OVERDUE: N_("A test of the monitor is overdue: its greys may have changed since"),
    StateKind.FAILED: N_("The monitor failed its last test: its greys are not what they should be"),
}
_INTENTS = {RenderingIntent.PERCEPTUAL: N_("perceptual"), RenderingIntent.RELATIVE: N_("relative colorimetric")}


def chip_text(state: MonitorState) -> str:
    """Return what the fidelity chip says, translated: at most three words, and κ."""
    text = short_text(state)
    if state.kind is not StateKind.CALIBRATED:
        return text
    return " ".join(part for part in (text, _day(state), _kappa(state)) if part)


def short_text(state: MonitorState) -> str:
    """Return what the fidelity chip says where there is little room, translated."""
    return _(_CHIPS[state.kind])


def status_text(state: MonitorState) -> str:
    """Return what the foot of the window says, translated."""
    kappa = _kappa(state)
    text = _(_STATUS[state.kind])
    return f"{text}, {kappa}" if kappa else text


def sentence(state: MonitorState) -> str:
    """Return the state in one sentence, translated, with what is known: since when, how well, until when."""
    details = [_(_SENTENCES[state.kind])]
    if state.since is not None:
        details.append(_("since {0}").format(state.since.isoformat()))
    if (kappa := _kappa(state)) and state.is_above_limit and state.most_kappa is not None:
        details.append(_("{0}, more than the {1:.0f} % that its class allows").format(kappa, 100 * state.most_kappa))
    elif kappa:
        details.append(kappa)
    if state.is_light_assumed:
        details.append(_("the light of the room is assumed"))
    if state.due_on is not None:
        text = _("test was due on {0}") if state.kind is StateKind.OVERDUE else _("next test by {0}")
        details.append(text.format(state.due_on.isoformat()))
    return " · ".join(details)


def is_quiet(state: MonitorState) -> bool:
    """Return whether the chip need not catch the eye: the reader may rely on the greys."""
    return state.is_good


def color_sentence(color: DisplayColor) -> str:
    """Return what colours of an image are brought to, translated."""
    if not color.profile:
        return _("Colours are shown as on an sRGB monitor")
    from viewer.imaging.icc_profile import is_usable_display

    if not is_usable_display(color.profile):
        return _("The monitor's colour profile cannot be used: colours are shown as on an sRGB monitor")
    return _("Colours are brought to the monitor's own colour profile ({0})").format(_(_INTENTS[color.intent]))


def _day(state: MonitorState) -> str:
    return state.since.isoformat() if state.since is not None else ""


def _kappa(state: MonitorState) -> str:
    return "" if state.kappa is None else f"κ {100 * state.kappa:.1f} %"
