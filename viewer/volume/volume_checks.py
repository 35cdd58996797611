"""Why images are no volume, in plain words with what to do instead."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from viewer.base.errors import VolumeError
from viewer.base.translation import N_, _
from viewer.dicom.image_plane import subtract
from viewer.imaging.image_ref import ImageRef
from viewer.volume.source_slices import SourceSlice

_SPACING_SHARE = 3e-4
"""Decimal strings of one spacing differ by so much from file to file."""
_FRAME_OF_REFERENCE = 0x00200052
_FARTHEST_MM = 1e6
_TURN_PIXELS = 0.5
"""How far slices may turn against each other, at their far corner."""

ONE_BY_ONE = N_("Read the images one by one")


@dataclass(frozen=True, slots=True)
class Sampling:
    """What Volumetric Properties (0008,9206) says.

    Attributes:
        is_sampled: Whether pixels were made from others (a projection).
        refusal: Why nothing may be measured; empty where it may.
        notes: What the reader must be told.
    """

    is_sampled: bool = False
    refusal: str = ""
    notes: tuple[str, ...] = ()


def check_images(phases: Sequence[Sequence[ImageRef]]) -> None:
    """Raise VolumeError where a look at the number of images, or what they say of themselves, is enough.

    Raises:
        VolumeError: One image, or none.
    """
    images = [image for phase in phases for image in phase]
    if len(images) < 2:
        raise VolumeError(_("One image is no volume"), advice=_("Choose a series of slices"))
    if any(image.header.pixel_data is None for image in images):
        raise VolumeError(_("Objects without pixels are no volume"), advice=_("Choose a series of slices"))


def sampling_of(slices: Sequence[SourceSlice]) -> Sampling:
    """Return what images say of how their pixels came to be."""
    said = sorted({each.kind.properties for each in slices} & {"SAMPLED", "MIXED"})
    if not said:
        return Sampling()
    note = _("The slices are projections or samples of other data ({0}), not what was measured").format(said[0])
    return Sampling(is_sampled=True, notes=(note,))


def check_slices(slices: Sequence[SourceSlice]) -> None:
    """Raise VolumeError where slices do not fit each other.

    Raises:
        VolumeError: Colour, distorted, of other sizes, spacings or directions, in another frame of reference.
    """
    first = slices[0]
    for each in slices:
        if max(map(abs, each.plane.position)) > _FARTHEST_MM:
            raise VolumeError(
                _("An image says that it lies more than a kilometre away"),
                subject=each.image.header.source.name,
                advice=_(ONE_BY_ONE),
            )
        _check_kind(first, each)
        _check_spacing(first, each)
        _check_direction(first, each)


def _check_kind(first: SourceSlice, each: SourceSlice) -> None:
    if each.kind is first.kind and each is not first and _frame_of(each) == _frame_of(first):
        return  # as the first: a thousand slices are looked at in milliseconds
    name, pixels = each.image.header.source.name, each.kind.pixels
    if each.kind.is_color:
        raise VolumeError(_("Colour images are not put together to a volume"), subject=name, advice=_(ONE_BY_ONE))
    if each.kind.properties == "DISTORTED":
        raise VolumeError(
            _("The images say that their geometry is distorted: no plane through them would be true"),
            subject=name,
            advice=_(ONE_BY_ONE),
        )
    if (pixels.rows, pixels.columns) != (first.kind.pixels.rows, first.kind.pixels.columns):
        raise VolumeError(
            _("The slices are not all of one size: {0} × {1} and {2} × {3}").format(
                first.kind.pixels.columns, first.kind.pixels.rows, pixels.columns, pixels.rows
            ),
            subject=name,
            advice=_(ONE_BY_ONE),
        )
    if pixels.photometric_interpretation != first.kind.pixels.photometric_interpretation:
        raise VolumeError(_("Some slices are stored as negatives of the others"), subject=name, advice=_(ONE_BY_ONE))
    if _frame_of(each) != _frame_of(first):
        raise VolumeError(
            _("The slices have different frames of reference: they do not lie in one space"),
            subject=name,
            advice=_(ONE_BY_ONE),
        )


def _frame_of(each: SourceSlice) -> bytes:
    return each.image.header.elements.get(_FRAME_OF_REFERENCE, b"").strip(b" \0")


def _check_spacing(first: SourceSlice, each: SourceSlice) -> None:
    pairs = (
        (first.plane.row_spacing_mm, each.plane.row_spacing_mm),
        (first.plane.column_spacing_mm, each.plane.column_spacing_mm),
    )
    for wanted, found in pairs:
        if abs(found - wanted) > _SPACING_SHARE * wanted:
            raise VolumeError(
                _("The slices have different pixel spacings: {0} and {1} mm").format(f"{wanted:g}", f"{found:g}"),
                subject=each.image.header.source.name,
                advice=_(ONE_BY_ONE),
            )


def _check_direction(first: SourceSlice, each: SourceSlice) -> None:
    one, other = first.plane, each.plane
    if one.row_direction == other.row_direction and one.column_direction == other.column_direction:
        return
    across = math.hypot(*subtract(one.row_direction, other.row_direction)) * first.kind.pixels.columns
    down = math.hypot(*subtract(one.column_direction, other.column_direction)) * first.kind.pixels.rows
    if max(across, down) > _TURN_PIXELS:
        raise VolumeError(
            _("The slices are not parallel (radial, or turned against each other): there is no volume of them"),
            subject=each.image.header.source.name,
            advice=_(ONE_BY_ONE),
        )
