"""From stored values to grey levels of the display: modality, VOI, presentation, display LUT (PS3.4 N.2)."""

import enum
from dataclasses import dataclass

from viewer.imaging.voi_lut import VoiOption, Window


class Stage(enum.Enum):
    """Where in the pipeline to stop."""

    STORED = "stored"
    MODALITY = "modality"
    VOI = "voi"
    P_VALUE = "p-value"
    DISPLAY = "display"


@dataclass(frozen=True, slots=True)
class View:
    """The reader's choices; the defaults show the image as it asks to be shown.

    Attributes:
        voi: None for the image's own default; one of its options; or a window of the reader's.
        inverted: Whether dark and light are exchanged, once more after the image's own polarity.
        pseudo_color: The id of a well-known palette (pseudo_color.PALETTE_IDS), or None for grey.
    """

    voi: VoiOption | Window | None = None
    inverted: bool = False
    pseudo_color: str | None = None
    show_overlays: bool = True
    show_shutter: bool = True
