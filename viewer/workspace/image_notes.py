"""Everything that must be said of an image on screen, in whole sentences: what the chips stand for and what has none.

The same list is behind the chips, the command view.notes and the information panel.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from viewer.base.translation import _
from viewer.dicom.pixel_spacing import SpacingSource
from viewer.display.monitor_place import MonitorPlace
from viewer.display.monitor_record import StateKind
from viewer.imaging.frame_annotations import frame_notes
from viewer.imaging.grayscale_pipeline import is_automatic
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.stored_frame import StoredFrame
from viewer.imaging.viewport_image import RenderedViewport
from viewer.workspace.display_set import DisplaySet, WarningCode
from viewer.workspace.volume_look import VolumeLook
from viewer.workspace.volume_notes import plane_words, volume_notes
from viewer.workspace.volume_record import SETTLED, VolumeStanding

GAP_CODES = frozenset({WarningCode.GAP, WarningCode.MISSING_NUMBERS, WarningCode.MISSING_PARTS})
PARTIAL_CODES = frozenset({WarningCode.FEWER_THAN_EXPECTED, WarningCode.FRAME_COUNT, WarningCode.UNEVEN_PHASES})
_WITH_CHIP = GAP_CODES | PARTIAL_CODES | {WarningCode.REJECTED}
_HARMLESS_CODES = frozenset({WarningCode.REPEATED_FILE, WarningCode.TILTED})
"""Nothing on the image itself is other than it seems."""
_SAID_OF_VOLUMES = frozenset({WarningCode.IRREGULAR_SPACING, WarningCode.DUPLICATE_POSITION})
"""Those have chips where the set is shown as a volume."""

_PRESENTATION_INTENT, _BURNED_IN = 0x00080068, 0x00280301
_SQUARE = 1e-3


@dataclass(frozen=True, slots=True)
class ImageNote:
    """One sentence.

    Attributes:
        is_caution: Whether it could mislead who does not know it.
        has_chip: Whether a chip of its own says it already.
    """

    text: str
    is_caution: bool = True
    has_chip: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class NotedImage:
    """What notes are taken of.

    Attributes:
        identity: What is doubtful about whose image it is (two names under one ID), translated; it has chips.
        place: The monitor it is seen on.
        look: At the volume that is shown; None for the image itself.
        standing: How far that volume is.
    """

    image: ImageRef
    display_set: DisplaySet
    rendered: RenderedViewport
    stored: StoredFrame
    identity: tuple[str, ...] = ()
    place: MonitorPlace = field(default_factory=MonitorPlace)
    look: VolumeLook | None = None
    standing: VolumeStanding = SETTLED


def notes_of(noted: NotedImage) -> tuple[ImageNote, ...]:
    """Return all notes, cautions first; each is said once."""
    found: dict[str, ImageNote] = {}
    parts = (_of_identity, _of_volume, _of_frame, _of_set, _of_data, _of_rendering, _of_monitor)
    for note in (note for part in parts for note in part(noted)):
        sentence = note.text[:1].upper() + note.text[1:]
        found.setdefault(sentence, ImageNote(sentence, note.is_caution, note.has_chip))
    return tuple(sorted(found.values(), key=lambda note: not note.is_caution))


def needs_attention(notes: Iterable[ImageNote]) -> bool:
    """Return whether there is a caution that no chip says."""
    return any(note.is_caution and not note.has_chip for note in notes)


def is_for_processing(image: ImageRef) -> bool:
    """Return whether an image was never meant to be looked at (0008,0068)."""
    return image.header.ascii(_PRESENTATION_INTENT).upper() == "FOR PROCESSING"


def is_shutter_off(rendered: RenderedViewport) -> bool:
    """Return whether something the image asks to cover is shown."""
    return rendered.state.shutter is not None and not rendered.request.view.show_shutter


def _of_identity(noted: NotedImage) -> Iterator[ImageNote]:
    for text in noted.identity:
        yield ImageNote(text, has_chip=True)
    if noted.image.header.ascii(_BURNED_IN).upper() == "YES":
        yield ImageNote(_("The patient's identity may be written into the pixels"), is_caution=False)


def _of_volume(noted: NotedImage) -> Iterator[ImageNote]:
    if noted.look is not None:
        for note in volume_notes(noted.look, noted.standing):
            yield ImageNote(note.text, note.is_caution, has_chip=bool(note.chip))


def _of_frame(noted: NotedImage) -> Iterator[ImageNote]:
    """Yield what decoding, reading and rendering noted; those that are only said in a corner count as unsaid."""
    rendered = noted.rendered
    with_chip = {*frame_notes(noted.stored), _("shutter off"), _("for processing, not for diagnosis")}
    of_making = plane_words(noted.look) if noted.look is not None else ()
    if noted.look is not None and noted.look.is_rendering:
        of_making = rendered.notes  # how it was rendered: what could mislead is among the notes of the volume
    automatic = _("automatic window")
    for text in frame_notes(noted.stored):
        yield ImageNote(text, has_chip=True)
    if noted.stored.missing_rows:
        text = _("{0} of {1} rows are not in the data and are shown black")
        yield ImageNote(text.format(noted.stored.missing_rows, rendered.state.pixels.rows), has_chip=True)
    yield from map(ImageNote, rendered.state.warnings)
    for text in rendered.notes:
        if text != automatic:
            yield ImageNote(text, text not in of_making, has_chip=text in with_chip)


def _of_set(noted: NotedImage) -> Iterator[ImageNote]:
    for warning in noted.display_set.warnings:
        is_harmless = warning.code in _HARMLESS_CODES
        with_chip = _WITH_CHIP | (frozenset() if noted.look is None else _SAID_OF_VOLUMES)
        yield ImageNote(str(warning), not is_harmless, has_chip=warning.code in with_chip)
    for problem in noted.image.header.problems:
        yield ImageNote(problem, is_caution=False)


def _of_data(noted: NotedImage) -> Iterator[ImageNote]:
    state = noted.rendered.state
    if state.lossiness.is_lossy:
        details = " ".join(part for part in (state.lossiness.ratio, state.lossiness.method) if part)
        text = _("Information was lost in compression: {0}") if details else _("Information was lost in compression")
        yield ImageNote(text.format(details), has_chip=True)
    spacing = state.spacing
    if spacing is not None and not spacing.is_known and spacing.description:
        yield ImageNote(_("No lengths: {0}").format(spacing.description), is_caution=False)
    elif spacing is None or not spacing.is_known:
        yield ImageNote(_("No lengths: the file states no spacing of its pixels"), is_caution=False)
    elif spacing.source is not SpacingSource.PATIENT:
        text = " · ".join(part for part in (spacing.label, spacing.description) if part)
        yield ImageNote(_("Lengths are in {0}").format(text), is_caution=False)
    if abs(state.aspect - 1.0) > _SQUARE:
        text = _("The pixels are not square: {0} times as high as wide; they are shown so")
        yield ImageNote(text.format(f"{state.aspect:.3g}"), is_caution=False)


def _of_rendering(noted: NotedImage) -> Iterator[ImageNote]:
    rendered = noted.rendered
    if rendered.voi is not None and is_automatic(rendered.state, rendered.request.view):
        text = _("The file asks for no window: an automatic one is used")
        shared = _("The file asks for no window: one automatic window is used for all images of the set")
        yield ImageNote(shared if rendered.request.automatic is not None else text, is_caution=False)
    if rendered.is_reduced:
        text = _("The image is larger than its viewport: several pixels share one of the screen")
        yield ImageNote(text, is_caution=False)
    elif rendered.is_interpolated and noted.look is None:
        yield ImageNote(_("Between the pixels of the image values are interpolated"), is_caution=False)


def _of_monitor(noted: NotedImage) -> Iterator[ImageNote]:
    """Yield what greys, or colours, mean on the monitor; what never was better than an estimate needs no alarm."""
    place = noted.place
    if others := place.others_sentence():
        yield ImageNote(others, is_caution=bool(place.others), has_chip=True)
    if noted.rendered.pixels.ndim == 2:
        is_caution = place.state.kind in {StateKind.OVERDUE, StateKind.FAILED} or place.state.is_above_limit
        yield ImageNote(place.gray_sentence(), is_caution, has_chip=True)
    elif noted.rendered.state.is_color:
        yield ImageNote(place.color_sentence(), is_caution=False)
    if name := place.name_sentence():
        yield ImageNote(name, is_caution=False)
