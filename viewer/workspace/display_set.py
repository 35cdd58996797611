"""What is shown together: an ordered run of images of one series, and what the reader must know of it.

display_sets builds these from a series; completeness adds the warnings.
"""

import enum
from dataclasses import dataclass, field

from viewer.base.translation import N_, _
from viewer.imaging.image_ref import ImageRef


class DisplaySetKind(enum.StrEnum):
    """What a display set is; the value is what `scan --json` says."""

    STACK = "stack"
    LOCALIZER = "localizer"
    TIME_RUN = "time run"
    IMAGES = "images"
    MULTI_FRAME = "multi-frame"
    ENHANCED = "enhanced multi-frame"
    MOSAIC = "mosaic"
    NUCLEAR = "nuclear"
    VIDEO = "video"
    REPEATED = "repeated files"
    REPORT = "report"
    KEY_OBJECTS = "key objects"
    PRESENTATION_STATE = "presentation state"
    DOCUMENT = "document"
    WAVEFORM = "waveform"
    RADIOTHERAPY = "radiotherapy"
    OTHER = "other object"


IMAGE_KINDS = frozenset(
    {
        DisplaySetKind.STACK,
        DisplaySetKind.LOCALIZER,
        DisplaySetKind.TIME_RUN,
        DisplaySetKind.IMAGES,
        DisplaySetKind.MULTI_FRAME,
        DisplaySetKind.ENHANCED,
        DisplaySetKind.MOSAIC,
        DisplaySetKind.NUCLEAR,
        DisplaySetKind.VIDEO,
        DisplaySetKind.REPEATED,
    }
)


class WarningCode(enum.StrEnum):
    """What can be wrong with a display set."""

    GAP = "gap"
    DUPLICATE_POSITION = "duplicate position"
    REPEATED_FILE = "repeated file"
    IRREGULAR_SPACING = "irregular spacing"
    TILTED = "tilted"
    NO_POSITIONS = "no positions"
    BAD_ORIENTATION = "bad orientation"
    FEWER_THAN_EXPECTED = "fewer than expected"
    MORE_THAN_EXPECTED = "more than expected"
    MISSING_NUMBERS = "missing numbers"
    FRAME_COUNT = "frame count"
    UNEVEN_PHASES = "uneven phases"
    MISSING_PARTS = "missing parts"
    UNREADABLE_FRAME_GROUPS = "unreadable functional groups"
    IDENTITY = "identity"
    REJECTED = "rejected"


REJECTED_HIDDEN = N_("Rejected and hidden, of this series: {0}")
INCOMPLETE_CODES = frozenset(
    {
        WarningCode.GAP,
        WarningCode.FEWER_THAN_EXPECTED,
        WarningCode.MISSING_NUMBERS,
        WarningCode.FRAME_COUNT,
        WarningCode.UNEVEN_PHASES,
        WarningCode.MISSING_PARTS,
    }
)


@dataclass(frozen=True, slots=True)
class SetWarning:
    """One thing that is wrong.

    Attributes:
        code: What, for programs.
        message: English, marked for translation, with {0}, {1}… where the arguments go.
        arguments: What fills the message.
        after_image: Index of the image after which it lies (gaps), else -1.
    """

    code: WarningCode
    message: str
    arguments: tuple[str, ...] = ()
    after_image: int = -1

    def __str__(self) -> str:
        return _(self.message).format(*self.arguments)


@dataclass(frozen=True, slots=True)
class StackGeometry:
    """How the images of a stack lie (PS3.3 C.7.6.2).

    Attributes:
        spacing_mm: Median distance of neighbours along the normal.
        positions_mm: Of each image along the normal, ascending.
        shear_mm: How far neighbours slide within their plane, per step; 0 for an upright stack.
        is_regular: Whether neighbours are equally far apart (within 1 % or 0.01 mm).
        normal: Along which positions count: row × column of the first image.
    """

    spacing_mm: float
    positions_mm: tuple[float, ...]
    shear_mm: float = 0.0
    is_regular: bool = True
    normal: tuple[float, float, float] = (0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class DisplaySet:
    """Images of one series that are shown together, in the order they are scrolled.

    Attributes:
        key: Stays the same while files of the same set keep arriving.
        series_key: The series it belongs to (Series.key).
        kind: What it is.
        label: Short, in the reader's language: what tells it from its neighbours ("b 1000", "Echo 2").
        images: In order; for an object without pixels its files, frame_index 0.
        warnings: What is wrong with it.
        geometry: Of a stack with positions; None otherwise.
        phase: (number from 1, of how many) for one of several runs over the same positions.
        is_final: False while the functional groups of an enhanced object have not been read yet.
        family: The same for sets of a series whose images are of one kind: runs over the same positions (times,
            echoes, b-values), but not another kernel or flavour. Empty where there is none.
    """

    key: str
    series_key: str
    kind: DisplaySetKind
    label: str
    images: tuple[ImageRef, ...]
    warnings: tuple[SetWarning, ...] = field(default=())
    geometry: StackGeometry | None = None
    phase: tuple[int, int] | None = None
    is_final: bool = True
    family: str = ""

    @property
    def is_image(self) -> bool:
        """Whether it has pixels to show."""
        return self.kind in IMAGE_KINDS and bool(self.images) and self.images[0].header.pixel_data is not None

    @property
    def is_complete(self) -> bool:
        """Whether nothing says that images are missing."""
        return not any(warning.code in INCOMPLETE_CODES for warning in self.warnings)

    def index_of(self, image: ImageRef) -> int | None:
        """Return where an image lies in the set; None when it is not in it.

        A mosaic that was cut into its slices meanwhile is found by the first of them.
        """
        wanted, header = image.identity, image.header
        exact = next((index for index, each in enumerate(self.images) if each.identity == wanted), None)
        if exact is not None or image.is_tile:
            return exact
        return next((index for index, each in enumerate(self.images) if each.is_tile and each.header is header), None)
