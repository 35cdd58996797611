"""What the probe tells: the value of one pixel as stored and in its unit, and where it lies in the patient."""

import numpy as np

from viewer.base.translation import _
from viewer.imaging.modality_lut import apply_modality
from viewer.ui.overlays.overlay_texts import number
from viewer.workspace.viewport_state import DisplayedImage

_AXES = (("L", "R"), ("P", "A"), ("H", "F"))


def probe_lines(displayed: DisplayedImage, column: int, row: int) -> tuple[str, ...]:
    """Return the lines for the pixel at a column and row counted from 0; empty outside the image.

    Positions are told as the distance towards L or R, P or A, H or F of the patient's origin (PS3.3 C.7.6.2.1.1).
    """
    stored, state = displayed.stored, displayed.rendered.state
    if stored is None or not (0 <= row < stored.values.shape[0] and 0 <= column < stored.values.shape[1]):
        return ()
    value = stored.values[row, column]
    if stored.is_color:
        lines = [f"{stored.photometric_interpretation}  " + " ".join(str(part) for part in value.tolist())]
    else:
        modality = float(apply_modality(np.asarray([value]), state.modality_transform)[0])
        lines = [" ".join(part for part in (number(modality), state.unit) if part)]
        lines.append(_("stored {0}").format(value.item()))
    lines.append(_("column {0}, row {1}").format(column + 1, row + 1))
    if state.plane is not None:
        point = state.plane.point_patient(column, row)
        parts = (f"{_AXES[axis][0 if part >= 0 else 1]} {abs(part):.1f}" for axis, part in enumerate(point))
        lines.append("  ".join(parts) + " mm")
    return tuple(lines)
