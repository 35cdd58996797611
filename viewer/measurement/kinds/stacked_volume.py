"""Stacked volume: outlines drawn by hand on slices, one of each; together they are a volume.

Outlines of one series and one group are a stack; workspace.measuring.stacking adds them up. The volume is coded by how
many slices it rests on: Volume estimated from single 2D region (DCM 121216), from two (121218), from three or more
(121217) non-coplanar 2D regions.
"""

from viewer.base.translation import N_
from viewer.dicom.codes import Code
from viewer.measurement.kinds.freehand import Freehand

VOLUME_OF_ONE = Code("121216", "DCM", "Volume estimated from single 2D region")
VOLUME_OF_TWO = Code("121218", "DCM", "Volume estimated from two non-coplanar 2D regions")
VOLUME_OF_MORE = Code("121217", "DCM", "Volume estimated from three or more non-coplanar 2D regions")


def volume_code(slices: int) -> Code:
    """Return the code of a volume that rests on so many slices."""
    return {1: VOLUME_OF_ONE, 2: VOLUME_OF_TWO}.get(slices, VOLUME_OF_MORE)


class StackedVolume(Freehand):
    """The outline on one slice."""

    id = "stacked_volume"
    title = N_("Stacked volume")
    help = N_("Outlines drawn slice by slice: their areas times the distance of slices are a volume")
    icon = "layers"
    modalities = frozenset({"CT", "MR", "PT", "NM"})
    code = VOLUME_OF_MORE
