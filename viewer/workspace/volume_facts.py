"""What the information panel says of a volume that is looked at: its grid, its phases, what became of its slices."""

from collections.abc import Iterator

from viewer.base.translation import _
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.facts import FactGroup
from viewer.workspace.volume_look import VolumeLook


def volume_facts(look: VolumeLook) -> FactGroup:
    """Return the group of a volume; the file's own facts below it are those of the slice in its middle."""
    return FactGroup(_("Volume"), tuple(_lines(look.volume)))


def _lines(volume: SeriesVolume) -> Iterator[tuple[str, str]]:
    geometry, condition = volume.geometry, volume.condition
    yield _("Voxels"), " × ".join(map(str, geometry.dimensions))
    yield _("Spacing (mm)"), " × ".join(f"{each:.4g}" for each in geometry.spacing_mm)
    if volume.images:
        yield _("Slices"), str(len(volume.images[0]))
    if len(volume.phases) > 1:
        yield _("Phases"), str(len(volume.phases))
    if condition.is_tilted:
        yield _("Tilt"), f"{condition.tilt_deg:.1f}°"
    if condition.gaps:
        yield _("Missing slices"), str(sum(gap.missing for gap in condition.gaps))
    low, high = (f"{end:.6g}".replace("-", "−") for end in volume.value_range)
    unit = f" {volume.rescale.unit}" if volume.rescale.unit not in {"", "SV"} else ""
    yield _("Values"), _("{0} to {1}").format(low, high) + unit
    yield _("Memory"), _("{0} MB").format(round(sum(phase.nbytes for phase in volume.phases) / (1 << 20)))
    yield _("File below"), _("the middle slice")
