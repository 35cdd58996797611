"""What is written over a picture: made once from the same rendered frame as its pixels, and drawn with them."""

import math
from dataclasses import dataclass, field

from viewer.dicom.orientation import EdgeLabels, orientation_from
from viewer.dicom.pixel_spacing import PixelSpacing
from viewer.imaging.viewport_image import RenderedViewport

_MINUS = "−"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a corner.

    Attributes:
        priority: The lowest stays longest when there is little room.
    """

    text: str
    priority: int = 50


@dataclass(frozen=True, slots=True)
class Chip:
    """At most three words at the lower right about how far the picture can be believed.

    Attributes:
        short: In its place where there is little room; empty for none.
        panel: The page at the right that tells more (MainWindow.show_panel); empty for the notes on the image.
        is_mark: Whether it tells what a reader has marked, in the colour marks have.
    """

    text: str
    is_caution: bool = True
    short: str = ""
    panel: str = ""
    is_mark: bool = False


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """How long millimetres are on screen.

    Attributes:
        device_pixels_per_mm: Along a screen row.
        label: What the millimetres are ("mm", "mm at detector", "mm est.").
    """

    device_pixels_per_mm: float
    label: str


@dataclass(frozen=True, slots=True)
class ColorBar:
    """What the colours of an overlay mean.

    Attributes:
        palette: Id of the colour table (imaging.fusion_palettes).
        ends: The lowest and the highest number.
        title: What the numbers are, with their unit.
    """

    palette: str
    ends: tuple[str, str]
    title: str


@dataclass(frozen=True, slots=True)
class OverlayTexts:
    """All that is written over one picture.

    Attributes:
        identity: Name, then birth date, sex and ID: never dropped.
        is_identity_marked: Whether images of other patients are on screen beside this one.
        message: In place of pixels that could not be had.
    """

    identity: tuple[str, ...] = ()
    is_identity_marked: bool = False
    top_left: tuple[Line, ...] = ()
    top_right: tuple[Line, ...] = ()
    bottom_left: tuple[Line, ...] = ()
    letters: EdgeLabels = field(default_factory=EdgeLabels)
    scale_bar: ScaleBar | None = None
    color_bar: ColorBar | None = None
    chips: tuple[Chip, ...] = ()
    message: str = ""


def edge_letters(rendered: RenderedViewport) -> EdgeLabels:
    """Return the letters of the edges, from the matrix the pixels were placed with; blank where it is not known."""
    state = rendered.state
    orientation = orientation_from(
        state.image_orientation,
        state.patient_orientation,
        is_quadruped=state.identity.is_quadruped,
        body_part=state.body_part,
    )
    return orientation.edge_labels(rendered.placement.transform.display_matrix)


def scale_bar(rendered: RenderedViewport, own: PixelSpacing | None = None) -> ScaleBar | None:
    """Return the scale along a screen row; None without spacing: there is never a millimetre that nobody stated.

    Args:
        rendered: The picture.
        own: The scale that a reader set, which goes before the image's own.
    """
    spacing = own or rendered.state.spacing
    if spacing is None or not spacing.is_known or spacing.column_mm is None or spacing.row_mm is None:
        return None
    ia, _ib, _tx, ic, _id, _ty = rendered.placement.inverse
    mm_per_device_pixel = math.hypot(ia * spacing.column_mm, ic * spacing.row_mm)
    if mm_per_device_pixel <= 0 or not math.isfinite(mm_per_device_pixel):
        return None
    return ScaleBar(1.0 / mm_per_device_pixel, spacing.label)


def color_bar(rendered: RenderedViewport) -> ColorBar | None:
    """Return what the colours of a picture's overlay mean; None for a picture without one."""
    overlay = rendered.request.overlay
    if overlay is None or rendered.state.plane is None:
        return None
    title = " ".join(part for part in (overlay.title, overlay.unit) if part)
    return ColorBar(overlay.palette, (number(overlay.low), number(overlay.high)), title)


def number(value: float, digits: int = 4) -> str:
    """Return a number for a corner text: no more digits than tell something, a true minus sign."""
    text = f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.{digits}g}"
    return text.replace("-", _MINUS)


def nice_length_mm(longest_mm: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is not above longest_mm."""
    power = 10.0 ** math.floor(math.log10(longest_mm))
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= longest_mm * (1 + 1e-9))
