"""What a presentation state says, as frozen values (PS3.3 A.33, C.11): read from objects, and written into them.

A stage that a state does not have is None here; in a grayscale state that means identity, never the image's own stage.
Scopes are tuples of references: an empty one means all images of the state.
"""

import enum
from dataclasses import dataclass, field, replace

from viewer.dicom.graphic_objects import GraphicLayer, GraphicObject, GraphicUnits, Point, TextObject

_STORAGE = "1.2.840.10008.5.1.4.1.1.11."
TITLE_LENGTH = 16
"""As long as a label may be."""


class StateKind(enum.Enum):
    """What a state is for; the value ends the UID of its SOP Class."""

    GRAYSCALE = "1"
    COLOR = "2"
    PSEUDO_COLOR = "3"
    BLENDING = "4"
    XA_XRF = "5"
    PLANAR_MPR = "6"
    COMPOSITED_MPR = "7"
    ADVANCED_BLENDING = "8"
    VOLUME_RENDERING = "9"
    SEGMENTED_VOLUME_RENDERING = "10"
    MULTIPLE_VOLUME_RENDERING = "11"
    VARIABLE_MODALITY_LUT = "12"

    @property
    def sop_class_uid(self) -> str:
        """The UID of its SOP Class."""
        return _STORAGE + self.value

    @property
    def is_volumetric(self) -> bool:
        """Whether it presents a volume instead of images."""
        return self in _VOLUMETRIC

    @property
    def is_gray(self) -> bool:
        """Whether it replaces the grayscale pipeline, and ends in P-values."""
        return self in {StateKind.GRAYSCALE, StateKind.XA_XRF, StateKind.VARIABLE_MODALITY_LUT}


_VOLUMETRIC = frozenset(
    {
        StateKind.PLANAR_MPR,
        StateKind.COMPOSITED_MPR,
        StateKind.VOLUME_RENDERING,
        StateKind.SEGMENTED_VOLUME_RENDERING,
        StateKind.MULTIPLE_VOLUME_RENDERING,
    }
)


def kind_of_class(sop_class_uid: str) -> StateKind | None:
    """Return what a SOP Class is for; None when it is no presentation state."""
    return next((kind for kind in StateKind if kind.sop_class_uid == sop_class_uid), None)


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image, or some of its frames.

    Attributes:
        frames: Counted from 1; empty for all.
        series_instance_uid: Empty where the reference stands inside a module, which does not repeat it.
        study_instance_uid: Only blending states name it; empty for the state's own study.
    """

    sop_class_uid: str
    sop_instance_uid: str
    frames: tuple[int, ...] = ()
    series_instance_uid: str = ""
    study_instance_uid: str = ""

    def covers(self, sop_instance_uid: str, frame_number: int) -> bool:
        """Return whether a frame counted from 1 is meant."""
        return sop_instance_uid == self.sop_instance_uid and (not self.frames or frame_number in self.frames)


Scope = tuple[ImageReference, ...]


def covers(scope: Scope, sop_instance_uid: str, frame_number: int) -> bool:
    """Return whether a scope means a frame counted from 1; an empty one means every frame of the state."""
    return not scope or any(each.covers(sop_instance_uid, frame_number) for each in scope)


@dataclass(frozen=True, slots=True)
class LutData:
    """A lookup table as it is stored: how its first input and its entries are to be read is told by the stage it is of.

    Attributes:
        count: Entries it announces.
        first: First input mapped, as the unsigned word.
        bits: Of an entry.
        data: Entries, the lowest octet of a word first; 8-bit entries may lie two in a word, or one.
        explanation: (0028,3003).
        type: Modality LUT Type (0028,3004), where it is one.
        is_segmented: Whether data are segments (C.7.9.2).
    """

    count: int
    first: int
    bits: int
    data: bytes
    explanation: str = ""
    type: str = ""
    is_segmented: bool = False


@dataclass(frozen=True, slots=True)
class StateRescale:
    """Rescale Slope and Intercept, with their type."""

    slope: float
    intercept: float
    type: str = ""


@dataclass(frozen=True, slots=True)
class StateVoi:
    """An item of the Softcopy VOI LUT Sequence (0028,3110): one window or one table for the images it names.

    Attributes:
        window: Center and width; None where it is a table.
        function: VOI LUT Function (0028,1056) of the window.
        table: None where it is a window.
    """

    images: Scope = ()
    window: tuple[float, float] | None = None
    function: str = "LINEAR"
    explanation: str = ""
    table: LutData | None = None


class SizeMode(enum.StrEnum):
    """Presentation Size Mode (0070,0100)."""

    SCALE_TO_FIT = "SCALE TO FIT"
    TRUE_SIZE = "TRUE SIZE"
    MAGNIFY = "MAGNIFY"


@dataclass(frozen=True, slots=True)
class DisplayedArea:
    """An item of the Displayed Area Selection Sequence (0070,005A).

    Attributes:
        top_left: (column, row) from 1 of the pixel that is top left after rotation and flip; may lie outside the image.
        bottom_right: The same for the pixel that is bottom right as displayed.
        spacing_mm: Presentation Pixel Spacing (0070,0101): between rows, between columns; None when not stated.
        aspect: Height of a pixel over its width by Presentation Pixel Aspect Ratio (0070,0102); None when not stated.
        magnification: Displayed pixels for an image pixel, in mode MAGNIFY.
    """

    top_left: tuple[int, int]
    bottom_right: tuple[int, int]
    size_mode: SizeMode = SizeMode.SCALE_TO_FIT
    spacing_mm: tuple[float, float] | None = None
    aspect: float | None = None
    magnification: float | None = None
    images: Scope = ()


@dataclass(frozen=True, slots=True)
class StateTransform:
    """Image Rotation (0070,0042), clockwise, before Image Horizontal Flip (0070,0041)."""

    rotation_deg: int = 0
    is_flipped: bool = False


@dataclass(frozen=True, slots=True)
class StateShutter:
    """A shutter: what any of its shapes covers is covered (C.7.6.11, C.7.6.15, C.11.12).

    Attributes:
        rectangle: Left, right, upper and lower edge in columns and rows from 1.
        circle: Row and column of the centre from 1, radius in pixels along a row.
        polygon: Vertices (row, column) from 1.
        overlay_group: Whose 1 bits are covered; 0 for none.
    """

    images: Scope = ()
    rectangle: tuple[int, int, int, int] | None = None
    circle: tuple[float, float, float] | None = None
    polygon: tuple[tuple[int, int], ...] = ()
    overlay_group: int = 0
    p_value: int = 0
    cielab: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class StateOverlay:
    """An overlay plane that the state brings along; it replaces the image's of the same group (C.9.2).

    Attributes:
        origin: Row and column, from 1, of its first pixel on the image.
        bits: Packed, the lowest bit first.
    """

    group: int
    rows: int
    columns: int
    bits: bytes
    kind: str = "G"
    origin: tuple[int, int] = (1, 1)
    first_frame: int = 1
    frame_count: int = 1
    label: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class StateAnnotation:
    """An item of the Graphic Annotation Sequence (0070,0001): graphics and texts of one layer on some images."""

    layer: str
    graphics: tuple[GraphicObject, ...] = ()
    texts: tuple[TextObject, ...] = ()
    images: Scope = ()


@dataclass(frozen=True, slots=True)
class CompoundGraphic:
    """A compound graphic (0070,0209). A state holds the same in simple graphics too: of both one is drawn.

    Attributes:
        type: (0070,0294), upper case.
        instance: Compound Graphic Instance ID (0070,0226); 0 for none.
        is_simple_too: Whether graphics of the same instance stand in the state: then it is those that are drawn.
    """

    type: str
    points: tuple[Point, ...]
    units: GraphicUnits = GraphicUnits.PIXEL
    instance: int = 0
    is_simple_too: bool = True
    layer: str = ""


class MaskOperation(enum.StrEnum):
    """Mask Operation (0028,6101)."""

    NONE = "NONE"
    AVG_SUB = "AVG_SUB"
    TID = "TID"
    REV_TID = "REV_TID"


@dataclass(frozen=True, slots=True)
class PixelShift:
    """How the mask is moved under frames (0028,9501).

    Attributes:
        frame_ranges: Pairs, from 1; empty for all.
        shift: Rows and columns as Mask Sub-pixel Shift (0028,6114) has them.
        vertices: (column, row) of the region it is for; empty for the whole image.
    """

    shift: tuple[float, float]
    frame_ranges: tuple[tuple[int, int], ...] = ()
    vertices: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ToLog:
    """A table that leads to logarithmic intensity (0028,9422) for frames in ranges; empty for all."""

    table: LutData
    frame_ranges: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class MaskSubtraction:
    """An item of the Mask Subtraction Sequence (0028,6100).

    Attributes:
        frame_ranges: Contrast frames it is for, pairs from 1; empty for all.
        mask_frames: From 1.
        averaging: Contrast frames averaged, from the current one on (0028,6112).
        tid_offset: (0028,6120).
        visibility: Mask Visibility Percentage (0028,9478): 0 for full subtraction, 100 for native.
    """

    operation: MaskOperation
    frame_ranges: tuple[tuple[int, int], ...] = ()
    mask_frames: tuple[int, ...] = ()
    averaging: int = 1
    shifts: tuple[PixelShift, ...] = ()
    tid_offset: int = 1
    to_log: tuple[ToLog, ...] = ()
    visibility: float = 0.0
    explanation: str = ""
    images: Scope = ()
    item_id: int = 0
    """Subtraction Item ID (0028,9416), by which frames of enhanced images state shifts of their own; 0 for none."""


@dataclass(frozen=True, slots=True)
class StatePalette:
    """A palette for the whole VOI range (C.7.9)."""

    red: LutData
    green: LutData
    blue: LutData
    uid: str = ""


@dataclass(frozen=True, slots=True)
class BlendingInput:
    """One of what is blended: of Blending (0070,0402) or Advanced Blending Sequence (0070,1B01)."""

    images: Scope
    is_superimposed: bool = False
    modality: StateRescale | LutData | None = None
    vois: tuple[StateVoi, ...] = ()
    palette: StatePalette | None = None


@dataclass(frozen=True, slots=True)
class PresentationState:
    """A presentation state.

    Attributes:
        images: What it may be applied to, with their series; no other image.
        label: Content Label (0070,0080).
        created: Presentation Creation Date and Time as they are stored: "20260102 101500".
        modality: None for identity.
        vois: None of them for an image means identity.
        presentation_table: Presentation LUT; None where the shape tells.
        is_inverse: Presentation LUT Shape INVERSE.
        activated_overlays: Group and layer of overlays, the image's or its own, that are drawn; no others are.
        masks: Of Mask Subtraction; none where the state shows native images.
        blending: Inputs of blending states.
        opacity: Relative Opacity (0070,0403) of the superimposed input.
        problems: Why it cannot be applied at all, translated.
        patient_id: Whose images it is for, as it says itself.
        omissions: What of it is not applied though the rest is, translated.
    """

    kind: StateKind
    sop_instance_uid: str
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    images: Scope = ()
    label: str = ""
    description: str = ""
    creator: str = ""
    created: str = ""
    instance_number: int = 1
    modality: StateRescale | LutData | None = None
    vois: tuple[StateVoi, ...] = ()
    presentation_table: LutData | None = None
    is_inverse: bool = False
    areas: tuple[DisplayedArea, ...] = ()
    transform: StateTransform = StateTransform()
    shutters: tuple[StateShutter, ...] = ()
    overlays: tuple[StateOverlay, ...] = ()
    activated_overlays: tuple[tuple[int, str], ...] = ()
    layers: tuple[GraphicLayer, ...] = ()
    annotations: tuple[StateAnnotation, ...] = ()
    compounds: tuple[CompoundGraphic, ...] = ()
    masks: tuple[MaskSubtraction, ...] = ()
    palette: StatePalette | None = None
    icc_profile: bytes = field(default=b"", repr=False)
    blending: tuple[BlendingInput, ...] = ()
    opacity: float = 1.0
    problems: tuple[str, ...] = ()
    patient_id: str = ""
    omissions: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """How it is called on screen."""
        return self.label or self.description[:TITLE_LENGTH].strip() or "?"

    def voi_of(self, sop_instance_uid: str, frame_number: int) -> StateVoi | None:
        """Return the VOI of a frame counted from 1; None for identity."""
        return next((each for each in self.vois if covers(each.images, sop_instance_uid, frame_number)), None)

    def area_of(self, sop_instance_uid: str, frame_number: int) -> DisplayedArea | None:
        """Return the displayed area of a frame; None where none is stated."""
        return next((each for each in self.areas if covers(each.images, sop_instance_uid, frame_number)), None)

    def shutter_of(self, sop_instance_uid: str, frame_number: int) -> StateShutter | None:
        """Return the shutter of a frame."""
        return next((each for each in self.shutters if covers(each.images, sop_instance_uid, frame_number)), None)

    def layers_of(self, sop_instance_uid: str, frame_number: int) -> tuple[GraphicLayer, ...]:
        """Return the layers with what is drawn on a frame, the lowest first; layers without graphics too."""
        named = {layer.name: layer for layer in self.layers}
        for each in self.annotations:
            layer = named.setdefault(each.layer, GraphicLayer(each.layer, len(named) + 1))
            if covers(each.images, sop_instance_uid, frame_number):
                graphics, texts = (*layer.graphics, *each.graphics), (*layer.texts, *each.texts)
                named[each.layer] = replace(layer, graphics=graphics, texts=texts)
        return tuple(sorted(named.values(), key=lambda layer: layer.order))
