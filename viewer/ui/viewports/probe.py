"""The words of the probe: the value of one pixel as stored and in its unit, and where it lies in the patient."""

from viewer.base.translation import _
from viewer.imaging.spatial_transform import Point
from viewer.ui.overlays.overlay_texts import number
from viewer.workspace.tools.probe import ProbeReading, probe_at
from viewer.workspace.viewport_state import DisplayedImage
from viewer.workspace.volume_readings import position_text

_TOLD = 0.05
"""Indices are told with one digit after the point."""


def probe_lines(displayed: DisplayedImage, point_image: Point) -> tuple[str, ...]:
    """Return the lines for a point of the image, (0, 0) being the corner of the first pixel; empty outside the image.

    Positions are told as the distance towards L or R, P or A, H or F of the patient's origin (PS3.3 C.7.6.2.1.1), or
    what these are called in an animal.
    """
    reading = probe_at(displayed, point_image)
    if reading is None:
        return ()
    lines = [*_value_lines(reading), *_overlay_lines(displayed, reading), _place_line(reading)]
    if reading.point_patient is not None:
        lines.append(f"{position_text(reading.point_patient, displayed.rendered.state)} mm")
    return tuple(lines)


def _overlay_lines(displayed: DisplayedImage, reading: ProbeReading) -> list[str]:
    """Return the value of what is laid over the image, in its unit."""
    overlay = displayed.rendered.request.overlay
    plane = displayed.rendered.state.plane
    if overlay is None or plane is None or reading.point_patient is None:
        return []
    value = overlay.value_at(reading.point_patient, plane.normal)
    if value is None:
        return [_("{0}: nothing here").format(overlay.title)]
    return [" ".join(part for part in (overlay.title, number(value), overlay.unit) if part)]


def _place_line(reading: ProbeReading) -> str:
    if reading.voxel is None:
        return _("column {0}, row {1}").format(reading.column + 1, reading.row + 1)
    column, row, slice_ = (f"{part + 1:.1f}" for part in reading.voxel)
    text = _("voxel {0}, {1}, {2}") if is_on_voxel(reading.voxel) else _("between voxels {0}, {1}, {2}")
    return text.format(column, row, slice_)


def is_on_voxel(voxel: tuple[float, float, float]) -> bool:
    """Return whether an index names the centre of a voxel, as finely as it is told."""
    return all(abs(part - round(part)) < _TOLD for part in voxel)


def _value_lines(reading: ProbeReading) -> list[str]:
    stored = _("stored {0}").format(" ".join(f"{part:g}" for part in reading.stored))
    if reading.is_missing:
        return [_("not in the data")]
    if reading.is_padding:
        return [_("padding"), stored] if reading.voxel is None else [_("nothing here")]
    if reading.value is None:
        return [stored]
    value = " ".join(part for part in (number(reading.value), reading.unit) if part)
    return [value, stored] if reading.voxel is None else [value]
