"""What a picture of a volume must say of itself: its chips in a few words, and whole sentences behind them.

Every view says that it is reformatted, and how thick it is; what is not plain about the volume wears a badge.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from viewer.base.translation import N_, _
from viewer.dicom.image_plane import dot, scaled
from viewer.volume.reslice_plane import Projection
from viewer.volume.series_volume import SeriesVolume, VolumeCondition
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.volume_look import VolumeLook
from viewer.workspace.volume_planes import acquisition_turn, orientation_axes
from viewer.workspace.volume_readings import side_letters
from viewer.workspace.volume_record import SETTLED, VolumeStanding
from viewer.workspace.volume_stepping import place_count, place_index
from viewer.workspace.volume_view import Orientation, VolumeKind, VolumeView

PROJECTION_NAMES = {
    Projection.MEAN: N_("mean"),
    Projection.MAXIMUM: N_("MIP"),
    Projection.MINIMUM: N_("MinIP"),
    Projection.SUM: N_("sum"),
}
_KIND_CHIPS = {
    VolumeKind.PLANE: (N_("REFORMATTED"), N_("MPR")),
    VolumeKind.PROJECTION: (N_("PROJECTION"), ""),
    VolumeKind.RENDERING: (N_("RENDERING"), N_("VR")),
    VolumeKind.CURVED: (N_("CURVED"), N_("CPR")),
}


_ORIENTATIONS = {
    Orientation.AXIAL: N_("Axial"),
    Orientation.CORONAL: N_("Coronal"),
    Orientation.SAGITTAL: N_("Sagittal"),
}
_PARALLEL = 1 - 1e-6


@dataclass(frozen=True, slots=True)
class VolumeNote:
    """One thing that is said.

    Attributes:
        chip: In at most three words; empty where there is none.
        text: As a sentence.
        is_caution: Whether it could mislead who does not know it.
        short: The chip where there is little room.
        is_in_corner: Whether a corner says it, too: the chip is for who has no texts there.
    """

    chip: str
    text: str
    is_caution: bool = True
    short: str = ""
    is_in_corner: bool = False


def millimetres(value: float) -> str:
    """Return a length for a chip: no more digits than tell something."""
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def slab_text(look: VolumeLook) -> str:
    """Return thickness and kind of a slab ("20 mm MIP"); empty for a plane alone and a rendering."""
    if look.plane is None or not (look.plane.thickness_mm or look.view.thickness_mm):
        return ""
    name = _(PROJECTION_NAMES[look.plane.projection])
    if look.view.kind is VolumeKind.PROJECTION:
        return name
    return _("{0} mm {1}").format(millimetres(look.view.thickness_mm), name)


def phase_title(volume: SeriesVolume, phase: int) -> str:
    """Return what a reader calls a phase ("Phase 3/6 · Trigger 120 ms"); empty for a volume with a single one."""
    count = len(volume.phases)
    if count < 2:
        return ""
    phase = min(max(phase, 0), count - 1)
    title = _("Phase {0}/{1}").format(phase + 1, count)
    name = volume.phase_names[phase] if phase < len(volume.phase_names) else ""
    parts = [part for part in name.split(" · ") if part not in {"", title, str(phase + 1)}]
    return " · ".join((title, *parts))


def place_text(look: VolumeLook) -> str:
    """Return which plane of its run a view shows ("Coronal 12 of 512"); of a projection the angle it is seen at."""
    view, geometry = look.view, look.volume.geometry
    if view.kind is VolumeKind.PLANE:
        name = _(_ORIENTATIONS[view.orientation]) if is_upright(view, geometry) else _("Oblique")
        place, count = place_index(view, geometry) + 1, place_count(view, geometry)
        return _("{0} {1} of {2}").format(name, place, count)
    if look.is_curved:
        return ""
    camera = view.rendering
    return _("Azimuth {0}°  Elevation {1}°").format(round(camera.azimuth_deg), round(camera.elevation_deg))


def position_text(look: VolumeLook) -> str:
    """Return where a plane lies along its normal, with the letters of that side; empty for what has no one place."""
    if look.view.kind is not VolumeKind.PLANE or look.plane is None:
        return ""
    plane = look.plane.plane
    distance = round(plane.distance_along_normal, 1)
    side = side_letters(plane.normal if distance >= 0 else scaled(plane.normal, -1.0), look.volume.state)
    return f"{side} " + _("{0} mm").format(f"{abs(distance):.1f}")


def is_upright(view: VolumeView, geometry: VolumeGeometry) -> bool:
    """Return whether a plane lies as its name says: along the patient's axes, or as the slices were acquired."""
    own = orientation_axes(view.orientation, view.turn)
    named = (orientation_axes(view.orientation), orientation_axes(view.orientation, acquisition_turn(geometry)))
    return any(abs(dot(own[2], each[2])) > _PARALLEL for each in named)


def plane_words(look: VolumeLook) -> tuple[str, ...]:
    """Return the words in a corner of the picture that say how its plane was made: nothing to be careful of."""
    from viewer.volume.curved_frame import curved_notes
    from viewer.volume.plane_frame import plane_notes

    if look.plane is None:
        return ()
    return curved_notes(look.curved_plane(look.plane)) if look.is_laid_flat else plane_notes(look.plane)


def volume_notes(look: VolumeLook, standing: VolumeStanding = SETTLED) -> tuple[VolumeNote, ...]:
    """Return all that a picture of a volume says of itself, cautions first."""
    found = [*_of_loading(look.volume, standing), *_of_condition(look.volume), *_of_view(look), *_of_phase(look)]
    return tuple(sorted(found, key=lambda note: not note.is_caution))


def loading_chip(standing: VolumeStanding) -> str:
    """Return the chip of a volume on its way."""
    return _("LOADING {0} %").format(standing.percent) if standing.percent else _("LOADING")


def _of_loading(volume: SeriesVolume, standing: VolumeStanding) -> Iterator[VolumeNote]:
    if standing.is_stopped and not volume.is_complete:
        text = _("Loading was stopped: between the slices that were read, the nearest one is shown")
        yield VolumeNote(_("INCOMPLETE"), text)
    elif standing.is_loading:
        text = _("More of the volume is on its way; until then the nearest slice that was read is shown")
        yield VolumeNote(loading_chip(standing), text, is_caution=False)
    elif not volume.is_complete:
        yield VolumeNote(_("INCOMPLETE"), _("Not all slices of the volume were read"))


def _of_condition(volume: SeriesVolume) -> Iterator[VolumeNote]:
    condition = volume.condition
    if condition.gaps:
        missing = sum(gap.missing for gap in condition.gaps)
        text = _("{0} slices are missing in {1} places; what is shown there is interpolated over the gap")
        yield VolumeNote(_("GAPS"), text.format(missing, len(condition.gaps)))
    if condition.missing_slices:
        text = _("{0} slices could not be read and are shown as background").format(len(condition.missing_slices))
        yield VolumeNote(_("MISSING SLICES"), text)
    if condition.is_irregular:
        text = _("The slices are not equally far apart: they were interpolated onto a regular grid")
        yield VolumeNote(_("IRREGULAR"), text)
    if condition.is_tilted:
        text = _("The slices are tilted by {0}°: they were sheared upright by interpolation")
        yield VolumeNote(_("TILTED"), text.format(f"{condition.tilt_deg:.1f}"), is_caution=False)
    if condition.duplicates:
        text = _("At {0} positions there was more than one slice; the first is shown").format(len(condition.duplicates))
        yield VolumeNote(_("DUPLICATES"), text)
    if condition.is_sampled:
        text = _("The images are projections of others, not what was measured")
        yield VolumeNote(_("SAMPLED"), text)
    yield from _of_use(condition)


def _of_use(condition: VolumeCondition) -> Iterator[VolumeNote]:
    if condition.is_reduced:
        text = _("The volume does not fit into memory: columns, rows and slices are thinned out by {0}, {1} and {2}")
        yield VolumeNote(_("THINNED OUT"), text.format(*condition.reduction))
    if condition.refusal:
        yield VolumeNote(_("NO MEASURING"), condition.refusal)
    for note in condition.notes:
        yield VolumeNote("", note)


def _of_phase(look: VolumeLook) -> Iterator[VolumeNote]:
    if title := phase_title(look.volume, look.view.phase):
        name, _separator, what = title.partition(" · ")
        yield VolumeNote(name.upper(), what or title, is_caution=False, short=name.partition(" ")[2])


def _of_view(look: VolumeLook) -> Iterator[VolumeNote]:
    kind, slab = look.view.kind, slab_text(look)
    if look.is_rendering and look.view.rendering.is_perspective:
        text = _("In perspective near parts are larger than far ones: nothing can be measured")
        yield VolumeNote(_("PERSPECTIVE"), text)
    if look.is_rendering and (
        look.view.rendering.cuts or look.view.rendering.clip_box or look.view.rendering.clip_planes
    ):
        yield VolumeNote(_("CUT"), _("Parts of the volume are cut away"))
    texts = {
        VolumeKind.PLANE: _("A plane through the volume, made from its voxels"),
        VolumeKind.PROJECTION: _("The whole depth of the volume in one picture"),
        VolumeKind.RENDERING: _("A rendering: colours and light are chosen, not measured"),
        VolumeKind.CURVED: _("A curved plane laid flat: lengths are true along the line alone"),
    }
    chip, short = (_(word) if word else "" for word in _KIND_CHIPS[kind])
    if kind is VolumeKind.PROJECTION:
        yield VolumeNote(slab.upper() or chip, texts[kind], is_caution=False, short=short)
        return
    yield VolumeNote(chip, texts[kind], is_caution=False, short=short)
    if slab:
        text = _("A slab: every pixel is made of the values through its depth ({0})").format(slab)
        yield VolumeNote(_("SLAB {0}").format(slab), text, is_caution=False, short=slab, is_in_corner=True)
