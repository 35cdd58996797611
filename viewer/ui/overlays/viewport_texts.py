"""Puts together all that is written over one viewport, from its picture and what is known of its display set."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from viewer.base.errors import ViewerError
from viewer.base.translation import N_, _
from viewer.dicom.pixel_spacing import PixelSpacing
from viewer.display.monitor_place import MonitorPlace
from viewer.display.state_texts import chip_text, is_quiet, short_text
from viewer.imaging.frame_state import PatientIdentity
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.stored_frame import FrameWarning, StoredFrame
from viewer.imaging.viewport_image import RenderedViewport
from viewer.ui.overlays.overlay_texts import (
    Chip,
    Line,
    OverlayTexts,
    color_bar,
    edge_letters,
    scale_bar,
)
from viewer.workspace.corner_text_table import CornerTextTable
from viewer.workspace.corner_texts import CornerScene, corner_texts, identity_lines
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.image_notes import (
    GAP_CODES,
    PARTIAL_CODES,
    NotedImage,
    is_for_processing,
    is_shutter_off,
    needs_attention,
    notes_of,
)
from viewer.workspace.viewport_state import DisplayOptions
from viewer.workspace.volume_look import VolumeLook
from viewer.workspace.volume_notes import plane_words, volume_notes
from viewer.workspace.volume_record import SETTLED, VolumeStanding

DISPLAY_PANEL = "display"
"""The page at the right that tells of the monitor."""
_PATIENT_NAME, _PATIENT_ID, _STUDY_DATE = 0x00100010, 0x00100020, 0x00080020
_BIRTH_DATE, _SEX = 0x00100030, 0x00100040
_NOTE_PRIORITY = 25
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
        place: The monitor it is seen on.
        is_loading: Whether the picture is an older one and the wanted one is on its way.
        playing: The rate that is reached while a cine plays; None while none plays.
        dropped: Images that the cine left out.
        preset: Name of the window preset in force; empty for none.
        character_set: The reader's override for the study's text; None for the file's own.
        identity: What is doubtful about whose image it is.
        patient_count: How many patients' images are on screen at once.
        is_true_size: Whether the picture is at its size in millimetres on this screen.
        is_screen_measured: Whether somebody measured the size of this screen.
        corners: Which texts stand in the corners; None for the built-in ones.
        look: At the volume that the picture shows; None for an image.
        standing: How far that volume is.
        links: What is said of the viewport's links: each text, and whether it calls for care.
        key: What is said of a key image; empty for any other.
        presentation: What is said of the presentation state in force, in the same way; never dropped for want of room.
        link_notes: By which registrations its patient space is joined to others on screen.
        own_spacing: The scale that a reader set for the image; None for its own.
    """

    image: ImageRef
    display_set: DisplaySet
    index: int
    options: DisplayOptions
    place: MonitorPlace
    is_loading: bool = False
    playing: float | None = None
    dropped: int = 0
    preset: str = ""
    character_set: str | None = None
    identity: tuple[str, ...] = ()
    patient_count: int = 1
    is_true_size: bool = False
    is_screen_measured: bool = False
    corners: CornerTextTable | None = None
    look: VolumeLook | None = None
    standing: VolumeStanding = SETTLED
    links: tuple[tuple[str, bool], ...] = ()
    presentation: tuple[tuple[str, bool], ...] = ()
    key: str = ""
    link_notes: tuple[str, ...] = ()
    own_spacing: PixelSpacing | None = None


def texts_of_picture(rendered: RenderedViewport, stored: StoredFrame, scene: Scene) -> OverlayTexts:
    """Return what is written over a picture."""
    corners = _corners(rendered, scene)
    notes = tuple(Line(note, _NOTE_PRIORITY) for note in (*_rendered_notes(rendered, scene), *scene.link_notes))
    return OverlayTexts(
        identity=identity_lines(_identity(rendered, scene), scene.image.header.ascii(_STUDY_DATE)),
        is_identity_marked=scene.patient_count > 1,
        top_right=corners["top_right"],
        bottom_left=(*notes, *corners["bottom_left"]),
        letters=edge_letters(rendered),
        scale_bar=scale_bar(rendered, scene.own_spacing) if scene.options.shows_scale_bar else None,
        color_bar=color_bar(rendered),
        chips=tuple(chips_of(rendered, stored, scene)),
    )


def _rendered_notes(rendered: RenderedViewport, scene: Scene) -> tuple[str, ...]:
    """Return the notes for a corner; that a plane is made, and how its values are mixed, takes one line."""
    if scene.options.corner_texts == "none":
        return ()
    made = plane_words(scene.look)[:2] if scene.look is not None else ()
    if not made or rendered.notes[: len(made)] != made:
        return rendered.notes
    return ", ".join(made), *rendered.notes[len(made) :]


def texts_of_failure(error: Exception, image: ImageRef, character_set: str | None) -> OverlayTexts:
    """Return what is written where there are no pixels: whose image it would be, and why it is not shown."""
    reason = error.one_line() if isinstance(error, ViewerError) else _("The image could not be shown: a fault of ours")
    return replace(texts_of_object(image, character_set, reason), chips=(Chip(_("NO PIXELS")),))


def texts_while_loading(image: ImageRef, character_set: str | None) -> OverlayTexts:
    """Return what is written before the first pixels come: whose image it will be, by its own header."""
    loading = (Chip(_("LOADING"), is_caution=False),)
    return replace(texts_of_object(image, character_set, ""), chips=loading)


def texts_of_object(image: ImageRef, character_set: str | None, message: str) -> OverlayTexts:
    """Return what is written where an object has no picture: whose it is, by its own header, and a message."""
    header = image.header
    identity = PatientIdentity(
        name=header.text(_PATIENT_NAME, character_set),
        patient_id=header.text(_PATIENT_ID, character_set),
        birth_date=header.ascii(_BIRTH_DATE),
        sex=header.ascii(_SEX),
    )
    return OverlayTexts(identity=identity_lines(identity, header.ascii(_STUDY_DATE)), message=message)


def chips_of(rendered: RenderedViewport, stored: StoredFrame, scene: Scene) -> list[Chip]:
    """Return the chips, the most serious first."""
    has_corners = scene.options.corner_texts != "none"
    volume = [] if scene.look is None else volume_notes(scene.look, scene.standing)
    volume = [note for note in volume if note.chip and not (note.is_in_corner and has_corners)]
    chips = [
        *([Chip(scene.key, is_caution=False, is_mark=True)] if scene.key else []),
        *_chips_of_identity(scene),
        *(Chip(text, is_caution) for text, is_caution in scene.presentation),
        *(Chip(note.chip, short=note.short) for note in volume if note.is_caution),
        *(Chip(text) for text, is_caution in scene.links if is_caution),
        *_chips_of_image(rendered, stored, scene),
        *(Chip(text, is_caution=False) for text, is_caution in scene.links if not is_caution),
        *(Chip(note.chip, is_caution=False, short=note.short) for note in volume if not note.is_caution),
        *_chips_of_display(rendered, scene),
    ]
    once = list({chip.text: chip for chip in reversed(chips)}.values())[::-1]
    return once if scene.look is None else sorted(once, key=lambda chip: not chip.is_caution)


def _chips_of_identity(scene: Scene) -> Iterator[Chip]:
    if scene.patient_count > 1:
        yield Chip(_("{0} PATIENTS").format(scene.patient_count))
    if scene.identity:
        yield Chip(_("CHECK IDENTITY"))


def _chips_of_image(rendered: RenderedViewport, stored: StoredFrame, scene: Scene) -> Iterator[Chip]:
    codes = {warning.code for warning in scene.display_set.warnings}
    lossiness = rendered.state.lossiness
    yield from (Chip(_(text)) for warning, text in _FRAME_CHIPS if warning in stored.warnings)
    if is_for_processing(scene.image):
        yield Chip(_("FOR PROCESSING"))
    if codes & PARTIAL_CODES:
        yield Chip(_("PARTIAL"))
    if codes & GAP_CODES:
        yield Chip(_("GAPS"))
    if lossiness.is_lossy:
        yield Chip(" ".join(part for part in (_("LOSSY"), lossiness.ratio) if part))
    if is_shutter_off(rendered):
        yield Chip(_("SHUTTER OFF"))
    noted = NotedImage(
        scene.image, scene.display_set, rendered, stored, scene.identity, look=scene.look, standing=scene.standing
    )
    if needs_attention(notes_of(noted)):
        yield Chip(_("SEE NOTES"))


def _chips_of_display(rendered: RenderedViewport, scene: Scene) -> Iterator[Chip]:
    """Yield what the monitor does to the picture; nothing of its greys while they still are another monitor's."""
    state = scene.place.state
    has_greys = rendered.pixels.ndim == 2 or (rendered.request.overlay is not None and not rendered.state.is_color)
    is_gray = has_greys and rendered.calibration == scene.place.calibration
    if scene.place.others:
        yield Chip(_("TWO MONITORS"), panel=DISPLAY_PANEL)
    if is_gray:
        is_caution = not is_quiet(state)
        yield Chip(chip_text(state), is_caution, short_text(state), DISPLAY_PANEL)
    if scene.is_loading:
        yield Chip(_("LOADING"), is_caution=False)
    is_coarse = rendered.request.is_interacting and (rendered.is_reduced or scene.look is not None)
    if rendered.is_reduced or is_coarse:
        yield Chip(_("COARSE") if is_coarse else _("REDUCED"), is_caution=False)
    elif rendered.is_interpolated and scene.look is None:
        yield Chip(_("INTERPOLATED"), is_caution=False)


def _identity(rendered: RenderedViewport, scene: Scene) -> PatientIdentity:
    """Return whose image it is, read by the reader's character set where there is one."""
    identity = rendered.state.identity
    if not scene.character_set:
        return identity
    header = scene.image.header
    return replace(
        identity,
        name=header.text(_PATIENT_NAME, scene.character_set),
        patient_id=header.text(_PATIENT_ID, scene.character_set),
    )


def _corners(rendered: RenderedViewport, scene: Scene) -> dict[str, tuple[Line, ...]]:
    corner_scene = CornerScene(
        scene.image,
        scene.display_set,
        scene.index,
        rendered,
        scene.preset,
        scene.playing,
        scene.dropped,
        character_set=scene.character_set,
        is_true_size=scene.is_true_size,
        is_screen_measured=scene.is_screen_measured,
        look=scene.look,
    )
    corners = corner_texts(corner_scene, scene.options.corner_texts, scene.corners)
    return {name: tuple(Line(line.text, line.priority) for line in lines) for name, lines in corners.items()}
