"""The words of the probe: the value of one pixel as stored and in its unit, and where it lies in the patient."""

from viewer.base.translation import _
from viewer.ui.overlays.overlay_texts import number
from viewer.workspace.tools.probe import ProbeReading, probe
from viewer.workspace.viewport_state import DisplayedImage

_AXES = (("L", "R"), ("P", "A"), ("H", "F"))


def probe_lines(displayed: DisplayedImage, column: int, row: int) -> tuple[str, ...]:
    """Return the lines for the pixel at a column and row counted from 0; empty outside the image.

    Positions are told as the distance towards L or R, P or A, H or F of the patient's origin (PS3.3 C.7.6.2.1.1).
    """
    reading = probe(displayed, column, row)
    if reading is None:
        return ()
    lines = [*_value_lines(reading), _("column {0}, row {1}").format(column + 1, row + 1)]
    if reading.point_patient is not None:
        place = enumerate(reading.point_patient)
        parts = (f"{_AXES[axis][0 if part >= 0 else 1]} {abs(part):.1f}" for axis, part in place)
        lines.append("  ".join(parts) + " mm")
    return tuple(lines)


def _value_lines(reading: ProbeReading) -> list[str]:
    stored = _("stored {0}").format(" ".join(f"{part:g}" for part in reading.stored))
    if reading.is_missing:
        return [_("not in the data")]
    if reading.is_padding:
        return [_("padding"), stored]
    if reading.value is None:
        return [stored]
    return [" ".join(part for part in (number(reading.value), reading.unit) if part), stored]
