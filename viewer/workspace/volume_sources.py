"""Which display sets are volumes, and which of them are phases of one: cheap, for enabling commands.

Whether a set really is one, volume.volume_plan finds out from its slices.
"""

from typing import Protocol

from viewer.base.translation import N_, _
from viewer.dicom.instance_header import InstanceHeader
from viewer.workspace.display_set import DisplaySet, DisplaySetKind, WarningCode

_SAME_MM = 0.01
_ENOUGH_OF_A_RUN = 0.5
_VOLUMETRIC_PROPERTIES = 0x00089206
_SAMPLES, _PHOTOMETRIC, _IMAGE_TYPE = 0x00280002, 0x00280004, 0x00080008

_NOT_SLICES = {
    DisplaySetKind.LOCALIZER: N_("Localizers are no volume"),
    DisplaySetKind.TIME_RUN: N_("All images lie at one position: they are no volume"),
    DisplaySetKind.VIDEO: N_("A video is no volume"),
    DisplaySetKind.REPEATED: N_("These files repeat others that are open"),
}


class SetsOfSeries(Protocol):
    """What is asked of a catalogue of display sets."""

    def of_series(self, series_key: str) -> tuple[DisplaySet, ...]:
        """Return the display sets of a series."""


def phases_of(display_set: DisplaySet, catalogue: SetsOfSeries) -> tuple[DisplaySet, ...]:
    """Return the display sets that are phases of one volume with this one, in order; itself among them.

    They are runs of one kind over the same positions. Runs of which some have fewer positions stand together too:
    what is missing there, the plan of the volume tells. Mosaics and gated tomographs hold their phases themselves.
    """
    if not display_set.family:
        return (display_set,)
    runs = tuple(each for each in catalogue.of_series(display_set.series_key) if _belongs(each, display_set))
    return runs if display_set in runs else (display_set,)


def volume_refusal(display_set: DisplaySet) -> str:
    """Return why a display set cannot be a volume, translated; empty where nothing plainly speaks against it."""
    if display_set.kind in _NOT_SLICES:
        return _(_NOT_SLICES[display_set.kind])
    if not display_set.is_image:
        return _("It has no images")
    header = display_set.images[0].header
    if len(display_set.images) < 2:
        return _("One image is no volume")
    if header.modality == "SEG":
        return _("A segmentation is no volume of measured values")
    if _is_color(header):
        return _("Colour images are not put together to a volume")
    if header.ascii(_VOLUMETRIC_PROPERTIES).upper() == "DISTORTED":
        return _("The images say that their geometry is distorted: no plane through them would be true")
    if not display_set.is_final:
        return _("It is still being read")
    return "" if _is_placed(display_set, header) else _("The images do not say where they lie in the patient")


def _belongs(each: DisplaySet, wanted: DisplaySet) -> bool:
    if each.key == wanted.key:
        return True
    if each.family != wanted.family or each.kind != wanted.kind or _space(each) != _space(wanted):
        return False
    if all(WarningCode.UNEVEN_PHASES in {warning.code for warning in one.warnings} for one in (each, wanted)):
        return True
    if each.geometry is None or wanted.geometry is None:
        return False
    return _cover_each_other(each.geometry.positions_mm, wanted.geometry.positions_mm)


def _cover_each_other(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Return whether two runs lie at the same positions; a few may be missing of either."""
    fewer, more = sorted((one, other), key=len)
    if len(fewer) == len(more):
        return all(abs(a - b) <= _SAME_MM for a, b in zip(one, other, strict=True))
    if len(fewer) < _ENOUGH_OF_A_RUN * len(more):
        return False
    known = {round(place / _SAME_MM) + step for place in more for step in (-1, 0, 1)}
    return all(round(place / _SAME_MM) in known for place in fewer)


def _space(display_set: DisplaySet) -> str:
    return display_set.images[0].header.ascii(0x00200052)


def _is_color(header: InstanceHeader) -> bool:
    return (header.unsigned_short(_SAMPLES) or 1) > 1 or header.ascii(_PHOTOMETRIC).upper() == "PALETTE COLOR"


def _is_placed(display_set: DisplaySet, header: InstanceHeader) -> bool:
    if display_set.geometry is not None:
        return True
    if display_set.kind is DisplaySetKind.MOSAIC:
        return all(image.is_tile for image in display_set.images)
    if display_set.kind is DisplaySetKind.NUCLEAR:
        kinds = header.values(_IMAGE_TYPE)
        return len(kinds) > 2 and kinds[2].upper().startswith("RECON")
    return display_set.kind is DisplaySetKind.MULTI_FRAME and header.modality == "RTDOSE"
