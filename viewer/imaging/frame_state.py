"""The one rendering truth of a frame: everything but its pixels, worked out once and never changed.

Screen, print and export draw from it, so that none of them can show another value, side or name than the others.
frame_state_reader fills it from a data set.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from viewer.dicom.graphic_objects import GraphicLayer
from viewer.imaging.display_shutter import DisplayShutter
from viewer.imaging.modality_lut import IDENTITY, ModalityTransform
from viewer.imaging.overlay_plane import OverlayPlane
from viewer.imaging.padding import Padding
from viewer.imaging.palette_color_lut import PaletteColorLut
from viewer.imaging.presentation_lut import Presentation
from viewer.imaging.stored_frame import PixelDescription
from viewer.imaging.voi_lut import VoiOption, VoiOrigin

if TYPE_CHECKING:
    from viewer.dicom.image_plane import ImagePlane
    from viewer.dicom.instance_header import InstanceHeader
    from viewer.dicom.pixel_spacing import PixelSpacing
    from viewer.dicom.presentation_state.values import MaskSubtraction
    from viewer.dicom.ultrasound_regions import UltrasoundRegion
    from viewer.imaging.data_set_values import DataSet

DEFAULT_FRAMES_PER_SECOND = 15.0


@dataclass(frozen=True, slots=True)
class PatientIdentity:
    """Whose image it is, in the file's own characters."""

    name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    sex: str = ""
    species: str = ""

    @property
    def is_quadruped(self) -> bool:
        """Whether directions are named as for four-legged animals (0010,2210)."""
        return self.species.upper() == "QUADRUPED"


@dataclass(frozen=True, slots=True)
class Lossiness:
    """Whether information was lost in compression, now or at any time before (0028,2110).

    Attributes:
        ratio: One for each time it was compressed, the first first.
        method: Their names, in the same order; empty where they are not stated.
    """

    is_lossy: bool = False
    ratio: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class Cine:
    """How a multi-frame image wants to be played (C.7.6.5).

    Attributes:
        frame_times_ms: The time of every frame from the first, where intervals differ; else empty.
        start: First frame to play, from 1.
        stop: Last frame to play, from 1.
        is_sweep: Forth and back instead of round and round.
        is_stated: Whether the file states the rate; else it is our default.
    """

    frames_per_second: float = DEFAULT_FRAMES_PER_SECOND
    frame_times_ms: tuple[float, ...] = ()
    start: int = 1
    stop: int = 1
    is_sweep: bool = False
    is_stated: bool = False


@dataclass(frozen=True, slots=True)
class FrameState:
    """One frame's truth.

    Attributes:
        frame_number: From 1.
        plane: Where the frame lies in the patient; None when not stated.
        image_orientation: Direction cosines of rows and columns, also where the position is not known; empty when not
            stated.
        patient_orientation: (0020,0020) row and column directions; empty when not stated.
        aspect: Height of a pixel over its width, for display.
        modality_transform: Stored values to modality units.
        voi_options: What the reader can choose from; the first is the default. Empty for colour.
        voi_colors: Red, green and blue of 256 places in the VOI range, for a pseudo-colour state; empty for greys.
        volumetric_properties: (0008,9206) of the frame, upper case; empty when not stated.
        intensity_relationship: Pixel Intensity Relationship (0028,1040) of projection X-ray; empty when not stated.
        masks: What the image asks to have subtracted from it (Recommended Viewing Mode SUB).
        presentation_uid: SOP Instance UID of the presentation state in force; empty for the image as acquired.
        presentation_title: What that state is called on screen.
        is_rescaled_by_state: Whether that state has other modality values than the image itself.
        is_subtracted: Whether a mask was subtracted from the pixels.
        is_scrambled: Whether a table of the grayscale pipeline neither rises nor falls all along: values between those
            of two pixels then mean nothing.
        graphics: Of the presentation state in force, to be drawn over the pixels in this order.
        regions: Of an ultrasound image, for whoever measures.
        notes: What this frame's display rests on that the reader must see, translated.
        warnings: What is wrong with the frame's data, translated.
    """

    identity: PatientIdentity
    sop_instance_uid: str
    sop_class_uid: str
    modality: str
    frame_number: int
    pixels: PixelDescription
    plane: "ImagePlane | None" = None
    image_orientation: tuple[float, ...] = ()
    patient_orientation: tuple[str, ...] = ()
    laterality: str = ""
    body_part: str = ""
    spacing: "PixelSpacing | None" = None
    aspect: float = 1.0
    modality_transform: ModalityTransform = IDENTITY
    voi_options: tuple[VoiOption, ...] = (VoiOption(None, origin=VoiOrigin.AUTO),)
    presentation: Presentation = field(default_factory=Presentation)
    padding: Padding | None = None
    shutter: DisplayShutter | None = None
    overlays: tuple[OverlayPlane, ...] = ()
    palette: PaletteColorLut | None = None
    icc_profile: bytes = b""
    lossiness: Lossiness = field(default_factory=Lossiness)
    cine: Cine | None = None
    voi_colors: bytes = b""
    volumetric_properties: str = ""
    intensity_relationship: str = ""
    masks: "tuple[MaskSubtraction, ...]" = ()
    presentation_uid: str = ""
    presentation_title: str = ""
    is_rescaled_by_state: bool = False
    is_subtracted: bool = False
    is_scrambled: bool = False
    graphics: tuple[GraphicLayer, ...] = ()
    regions: tuple["UltrasoundRegion", ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_color(self) -> bool:
        """Whether the frame is shown in its own colours, wholly or partly."""
        return self.pixels.samples_per_pixel > 1 or self.palette is not None

    @property
    def unit(self) -> str:
        """The unit of modality values."""
        return self.modality_transform.unit


@dataclass(frozen=True, slots=True)
class FrameStates:
    """The states of all frames of one instance, each worked out when asked for."""

    frame_count: int
    make: Callable[[int], FrameState]

    def state(self, index: int) -> FrameState:
        """Return the state of a frame counted from 0."""
        return self.make(index)


def frame_states(data_set: "DataSet", description: PixelDescription) -> FrameStates:
    """Return the states of the frames of a data set.

    Args:
        data_set: Without pixels.
        description: Of its pixels.
    """
    from viewer.imaging.frame_state_reader import states_of_data_set

    return states_of_data_set(data_set, description)


def read_frame_states(header: "InstanceHeader") -> FrameStates:
    """Return the states of the frames of a file.

    Raises:
        DicomError: If the data set cannot be read or has no pixels.
        MediaError: If the medium fails.
    """
    from viewer.imaging.frame_state_reader import states_of_header

    return states_of_header(header)
