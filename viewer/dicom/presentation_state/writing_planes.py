"""Planes through volumes as Planar MPR Volumetric Presentation States, grayscale (PS3.3 A.80.1, C.11.22 to C.11.27).

Only what one plane or slab of one volume says: no cropping, no compositing, no animation.
"""

from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID

from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom import derived_attributes
from viewer.dicom.derived_instance import NewSeries, derived_data_set, new_uid, series_number, take_over
from viewer.dicom.image_plane import Vector
from viewer.dicom.presentation_state.values import PresentationState, StateKind
from viewer.dicom.presentation_state.writing_graphics import put_graphics
from viewer.dicom.presentation_state.writing_identity import put_identity, put_own_characters
from viewer.dicom.presentation_state.writing_parts import long_string, put_vois, references


@dataclass(frozen=True, slots=True)
class StatePlane:
    """A rectangle on a plane through the patient, as it is seen (C.11.26).

    Attributes:
        corner: Its top left, in mm.
        width_direction: Of its top edge, to the right as it is seen.
        height_direction: Of its left edge, downwards.
        thickness_mm: Of a slab; 0 for a thin plane.
        rendering: Rendering Method (0070,120D) of a slab: AVERAGE_IP, MAXIMUM_IP or MINIMUM_IP.
    """

    corner: Vector
    width_direction: Vector
    height_direction: Vector
    width_mm: float
    height_mm: float
    thickness_mm: float = 0.0
    rendering: str = ""


def plane_state_data_set(state: PresentationState, plane: StatePlane, source: Dataset) -> Dataset:
    """Return a state of a plane as a data set.

    Args:
        state: Of kind PLANAR_MPR; its images are those of the volume, its graphics in DISPLAY units.
        plane: What is seen.
        source: An image of the volume (derived_instance.source_data_set).

    Raises:
        DicomError: If the volume names no frame of reference.
    """
    if state.kind is not StateKind.PLANAR_MPR or not state.images:
        raise DicomError(_("Such presentation states cannot be written"))
    if not source.get("FrameOfReferenceUID"):
        raise DicomError(_("The images name no frame of reference: no state can tell where the plane is"))
    description = long_string(state.description or state.label)
    series = NewSeries(description, series_number(source), state.series_instance_uid)
    made = derived_data_set(source, series, state.kind.sop_class_uid)
    put_own_characters(made, state)
    made.SOPInstanceUID, made.Modality = UID(state.sop_instance_uid), "PR"
    put_identity(made, state)
    take_over(made, source, derived_attributes.FRAME_OF_REFERENCE)
    if "PositionReferenceIndicator" not in made:
        made.PositionReferenceIndicator = ""
    made.DeviceSerialNumber = _SERIAL_NUMBER
    _put_input(made, state, plane)
    _put_geometry(made, plane)
    made.PixelPresentation = "MONOCHROME"
    made.PresentationLUTShape = "INVERSE" if state.is_inverse else "IDENTITY"
    put_graphics(made, state)
    return made


_SERIAL_NUMBER = "0"
"""A program has none, and the attribute may not be empty (C.7.5.2)."""


def _put_input(made: Dataset, state: PresentationState, plane: StatePlane) -> None:
    """Write the one volume, and how its values become greys: by its own modality stage and a VOI of the state."""
    uid = UID(new_uid())
    volume = Dataset()
    volume.VolumetricPresentationInputSetUID = uid
    volume.PresentationInputType = "VOLUME"
    volume.ReferencedImageSequence = references(state.images)
    made.VolumetricPresentationInputSetSequence = Items([volume])
    item = Dataset()
    item.VolumetricPresentationInputNumber = 1
    item.VolumetricPresentationInputSetUID = uid
    if plane.thickness_mm > 0:
        item.RenderingMethod = plane.rendering
    held = Dataset()
    put_vois(held, state.vois)
    for voi in held.get("SoftcopyVOILUTSequence") or ():
        item.update(voi)
    item.Crop = "NO"
    made.VolumetricPresentationStateInputSequence = Items([item])
    made.GlobalCrop = "NO"


def _put_geometry(made: Dataset, plane: StatePlane) -> None:
    made.MultiPlanarReconstructionStyle = "PLANAR"
    made.MPRThicknessType = "SLAB" if plane.thickness_mm > 0 else "THIN"
    if plane.thickness_mm > 0:
        made.MPRSlabThickness = plane.thickness_mm
    made.MPRTopLeftHandCorner = list(plane.corner)
    made.MPRViewWidthDirection, made.MPRViewWidth = list(plane.width_direction), plane.width_mm
    made.MPRViewHeightDirection, made.MPRViewHeight = list(plane.height_direction), plane.height_mm
