"""Puts together all that is written over one viewport, from its picture and what is known of its display set."""

from collections.abc import Sequence
from dataclasses import dataclass

from viewer.base.errors import ViewerError
from viewer.base.translation import N_, _
from viewer.imaging.display_calibration import DisplayCalibration
from viewer.imaging.frame_state import FrameState
from viewer.imaging.stored_frame import FrameWarning, StoredFrame
from viewer.imaging.viewport_image import RenderedViewport
from viewer.imaging.voi_lut import Window
from viewer.ui.overlays.overlay_texts import (
    Chip,
    Line,
    OverlayTexts,
    edge_letters,
    identity_lines,
    number,
    scale_bar,
)
from viewer.workspace.display_set import DisplaySet, ImageRef, WarningCode
from viewer.workspace.viewport_state import DisplayOptions

GAP_CODES = frozenset({WarningCode.GAP, WarningCode.MISSING_NUMBERS, WarningCode.MISSING_PARTS})
PARTIAL_CODES = frozenset({WarningCode.FEWER_THAN_EXPECTED, WarningCode.FRAME_COUNT, WarningCode.UNEVEN_PHASES})
_FRAME_CHIPS = (
    (FrameWarning.TRUNCATED, N_("TRUNCATED")),
    (FrameWarning.OVERLONG, N_("EXTRA DATA")),
    (FrameWarning.CODEC_DISAGREES, N_("HEADER DISAGREES")),
    (FrameWarning.BITS_DISAGREE, N_("BITS DISAGREE")),
)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a viewport knows beside its pixels.

    Attributes:
        index: Of the image in the display set, from 0.
        is_loading: Whether the picture is an older one and the wanted one is on its way.
        playing: The rate that is reached while a cine plays; None while none plays.
    """

    image: ImageRef
    display_set: DisplaySet
    index: int
    options: DisplayOptions
    calibration: DisplayCalibration
    is_loading: bool = False
    playing: float | None = None


def texts_of_picture(rendered: RenderedViewport, stored: StoredFrame, scene: Scene) -> OverlayTexts:
    """Return what is written over a picture."""
    is_full = scene.options.corner_texts == "full"
    top_right, bottom_left = _corners(rendered, scene) if scene.options.corner_texts != "none" else ((), ())
    return OverlayTexts(
        identity=identity_lines(rendered.state.identity),
        top_right=top_right if is_full else (),
        bottom_left=bottom_left,
        letters=edge_letters(rendered),
        scale_bar=scale_bar(rendered) if scene.options.shows_scale_bar else None,
        chips=tuple(chips_of(rendered, stored, scene)),
    )


def texts_of_failure(error: Exception, state: FrameState | None) -> OverlayTexts:
    """Return what is written where there are no pixels: whose image it would be, and why it is not shown."""
    reason = error.one_line() if isinstance(error, ViewerError) else _("The image could not be shown: a fault of ours")
    return OverlayTexts(
        identity=identity_lines(state.identity) if state is not None else (),
        message=reason,
        chips=(Chip(_("NO PIXELS")),),
    )


def chips_of(rendered: RenderedViewport, stored: StoredFrame, scene: Scene) -> list[Chip]:
    """Return the chips, the most serious first."""
    state = rendered.state
    codes = {warning.code for warning in scene.display_set.warnings}
    found = [Chip(_(text)) for warning, text in _FRAME_CHIPS if warning in stored.warnings]
    if codes & PARTIAL_CODES:
        found.append(Chip(_("PARTIAL")))
    if codes & GAP_CODES:
        found.append(Chip(_("GAPS")))
    if state.lossiness.is_lossy:
        found.append(Chip(" ".join(part for part in (_("LOSSY"), state.lossiness.ratio) if part)))
    if state.warnings or rendered.notes:
        found.append(Chip(_("SEE NOTES")))
    if not scene.calibration.is_calibrated and not stored.is_color:
        found.append(Chip(_("NOT CALIBRATED")))
    if scene.is_loading:
        found.append(Chip(_("LOADING"), is_caution=False))
    if rendered.is_reduced:
        coarse = rendered.request.is_interacting
        found.append(Chip(_("COARSE") if coarse else _("REDUCED"), is_caution=False))
    elif rendered.is_interpolated:
        found.append(Chip(_("INTERPOLATED"), is_caution=False))
    return found


def _corners(rendered: RenderedViewport, scene: Scene) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    header = scene.image.header
    top_right = (
        Line(header.text(0x00081030), 40),
        Line(_series_line(scene), 30),
        Line(scene.display_set.label, 45),
        Line(header.text(0x00080080), 80),
    )
    bottom_left = (
        Line(_window_line(rendered), 20),
        Line(_("Zoom {0} %").format(number(rendered.placement.scale_x * 100, 3)), 60),
        Line(_position_line(rendered, scene), 35),
        Line(_place_line(scene), 10),
    )
    return _present(top_right), _present((*(Line(note, 25) for note in rendered.notes), *bottom_left))


def _present(lines: Sequence[Line]) -> tuple[Line, ...]:
    return tuple(line for line in lines if line.text)


def _series_line(scene: Scene) -> str:
    header = scene.image.header
    parts = (header.ascii(0x00200011), header.text(0x0008103E))
    return " ".join(part for part in parts if part)


def _window_line(rendered: RenderedViewport) -> str:
    if isinstance(rendered.voi, Window):
        return _("W {0}  L {1}").format(number(rendered.voi.width), number(rendered.voi.center))
    return _("Table of the image") if rendered.voi is not None else ""


def _position_line(rendered: RenderedViewport, scene: Scene) -> str:
    parts = []
    if rendered.state.plane is not None:
        parts.append(_("P {0} mm").format(number(round(rendered.state.plane.distance_along_normal, 1))))
    thickness = scene.image.header.number(0x00180050)
    if thickness:
        parts.append(_("T {0} mm").format(number(thickness, 3)))
    return "  ".join(parts)


def _place_line(scene: Scene) -> str:
    place = _("Image {0} of {1}").format(scene.index + 1, len(scene.display_set.images))
    if scene.playing is not None:
        return place + "  " + _("{0}/s").format(f"{scene.playing:.1f}")
    return place
