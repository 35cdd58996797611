"""What a viewport shows, gathered for a presentation state: which images, how they are looked at, what lies on them."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace

from viewer.base.translation import _
from viewer.dicom.presentation_state.values import PresentationState
from viewer.imaging.frame_store import FrameStore
from viewer.imaging.image_ref import ImageRef
from viewer.measurement.annotation import Annotation, PlaneAnchor
from viewer.workspace.measuring.marks_shown import marks_on, patient_place
from viewer.workspace.presenting.applying import NATIVE, presentation_of
from viewer.workspace.presenting.state_writing import StateWording
from viewer.workspace.presenting.state_writing_area import Lying, is_free
from viewer.workspace.presenting.state_writing_blending import superimposed_of
from viewer.workspace.presenting.state_writing_job import Looks, MakeStates, WantedImage
from viewer.workspace.presenting.state_writing_marks import USUAL_COLOUR, Box
from viewer.workspace.presenting.state_writing_planes import (
    MakePlaneState,
    make_plane_state,
    plane_cautions,
    plane_refusal,
)
from viewer.workspace.suv_display import suv_factor_of
from viewer.workspace.viewport_state import DisplayedImage
from viewer.workspace.workspace import Workspace


class Reach(enum.Enum):
    """Which images a state is saved for."""

    IMAGE = "image"
    """The image or frame on screen."""
    MARKED = "marked"
    """That, and all of its series that bear marks."""
    ALL = "all"
    """All that is shown together."""


@dataclass(frozen=True, slots=True)
class StateChoice:
    """What goes into a state.

    Attributes:
        has_marks: Measurements and annotations that are shown.
        has_hidden: Those that are hidden as well, on layers of their own.
        has_texts: Their words and values.
    """

    reach: Reach = Reach.IMAGE
    has_marks: bool = True
    has_hidden: bool = False
    has_texts: bool = True


@dataclass(frozen=True, slots=True)
class OnScreen:
    """What only the window knows.

    Attributes:
        colour: Of marks that have none of their own.
        boxes: Where their words stand, by uid: two corners in image points as they are seen.
    """

    colour: str = USUAL_COLOUR
    boxes: Mapping[str, Box] | None = None


def refusal_of(workspace: Workspace, cell: int) -> str:
    """Return why nothing of a cell can be saved as a presentation state, translated; empty where it can."""
    displayed, state = workspace.displayed(cell), workspace.viewport(cell)
    if displayed is None:
        return _("There is no image to save a presentation state of")
    if state.volume is not None or displayed.look is not None:
        return plane_refusal(displayed)
    if displayed.image.is_tile:
        return _("Slices cut from a mosaic have no presentation states: only the whole mosaic can be named")
    pixels = displayed.rendered.state.pixels
    if pixels.is_float and not displayed.rendered.state.is_subtracted:
        return _("Presentation states are for images of whole numbers, not of fractions")
    if not displayed.image.header.study_instance_uid or not displayed.image.header.series_instance_uid:
        return _("The image does not say to which study and series it belongs: no presentation state can name it")
    return ""


def cautions_of(workspace: Workspace, cell: int) -> tuple[str, ...]:
    """Return what a cell shows that a presentation state cannot say, translated."""
    state, found = workspace.viewport(cell), []
    if state.volume is not None:
        lost = (_("What is laid over the plane in colour is left out"),) if state.fusion is not None else ()
        return (*plane_cautions(), *lost)
    if is_free(state.transform):
        angle = f"{state.transform.rotation_deg:.0f}"
        found.append(_("Turned by {0}°: the state turns by the nearest quarter turn").format(angle))
    displayed = workspace.displayed(cell)
    if displayed is not None:
        found += superimposed_of(workspace, cell, displayed)[1]
    if state.suv_type:
        found.append(_("Other programs may not know that the values are SUV"))
    if displayed is not None and displayed.rendered.state.is_color and state.view.inverted:
        found.append(_("Colours cannot be inverted in a state"))
    marks = (mark.annotation for mark in marks_on(workspace, cell)) if displayed is not None else ()
    if any(isinstance(mark.anchor, PlaneAnchor) for mark in marks):
        found.append(_("Marks of a plane through the volume are drawn on this image alone"))
    return tuple(found)


def has_marks(workspace: Workspace, cell: int) -> tuple[bool, bool]:
    """Return whether something is marked on the images of a cell, and whether some of that is hidden."""
    displayed, book = workspace.displayed(cell), workspace.shared.annotations
    own = [mark for image in _images(workspace, cell, Reach.MARKED) for mark in book.on_image(image)]
    is_hidden = any(mark.is_hidden or not workspace.options.shows_marks for mark in own)
    return bool(own) or (displayed is not None and bool(marks_on(workspace, cell))), is_hidden


def counts_of(workspace: Workspace, cell: int) -> dict[Reach, int]:
    """Return how many images a state would be for."""
    return {reach: len(_images(workspace, cell, reach)) for reach in Reach}


def make_states(
    workspace: Workspace,
    cell: int,
    choice: StateChoice,
    wording: StateWording,
    store: FrameStore,
    screen: OnScreen | None = None,
) -> MakeStates | MakePlaneState:
    """Return the job that writes what a cell shows as presentation states.

    Args:
        workspace: Of the window.
        cell: Shows an image of which refusal_of says nothing.
        choice: What goes into it.
        wording: What is said of it.
        store: Where images come from.
        screen: What only the window knows.
    """
    screen = screen or OnScreen()
    displayed = workspace.displayed(cell)
    assert displayed is not None  # noqa: S101 - asked before
    if displayed.look is not None:
        return make_plane_state(workspace, cell, choice, wording, screen)
    wanted = tuple(
        WantedImage(image, _marks(workspace, cell, image, choice), screen.boxes)
        for image in _images(workspace, cell, choice.reach)
    )
    looks = looks_of(workspace, cell, displayed)
    labels = _labels(workspace, displayed) if choice.has_marks and workspace.options.shows_marks else ()
    looks = replace(looks, colour=screen.colour, labels=labels, has_texts=choice.has_texts)
    return MakeStates(wanted, looks, wording, store)


def looks_of(workspace: Workspace, cell: int, displayed: DisplayedImage) -> Looks:
    """Return how a cell looks at its images."""
    state, options, rendered = workspace.viewport(cell), workspace.options, displayed.rendered
    view = replace(
        state.view,
        show_overlays=state.view.show_overlays and options.shows_overlays,
        show_shutter=state.view.show_shutter and options.shows_shutter,
    )
    display_set = workspace.display_set_at(cell)
    presentation: PresentationState | None = None
    if state.presentation not in {"", NATIVE}:
        presentation, _reason = presentation_of(workspace.shared.states, state, displayed.image)
    suv = suv_factor_of(workspace, state, display_set) if state.suv_type and display_set is not None else None
    lying = Lying(state.transform, rendered.placement.size, state.is_true_size)
    is_native = state.presentation == NATIVE
    over, _lost = superimposed_of(workspace, cell, displayed)
    return Looks(view, lying, presentation, is_native, rendered.request.automatic, suv, over)


def _images(workspace: Workspace, cell: int, reach: Reach) -> tuple[ImageRef, ...]:
    displayed, display_set = workspace.displayed(cell), workspace.display_set_at(cell)
    if displayed is None:
        return ()
    if displayed.look is not None or reach is Reach.IMAGE or display_set is None:
        return (displayed.image,)
    if reach is Reach.ALL:
        return tuple(display_set.images)
    book, here = workspace.shared.annotations, displayed.image.identity
    return tuple(each for each in display_set.images if each.identity == here or book.on_image(each))


def _marks(workspace: Workspace, cell: int, image: ImageRef, choice: StateChoice) -> tuple[Annotation, ...]:
    """Return the marks of an image that go into the state: those that are shown, hidden ones by choice."""
    displayed = workspace.displayed(cell)
    if not choice.has_marks or displayed is None:
        return ()
    own = workspace.shared.annotations.on_image(image)
    hidden = tuple(replace(each, is_hidden=True) for each in own if each.is_hidden or not workspace.options.shows_marks)
    hidden = hidden if choice.has_hidden else ()
    if not workspace.options.shows_marks:
        return hidden
    if image.identity == displayed.image.identity:
        return (*(mark.annotation for mark in marks_on(workspace, cell)), *hidden)
    return (*(each for each in own if not each.is_hidden), *hidden)


def _labels(workspace: Workspace, displayed: DisplayedImage) -> tuple[Annotation, ...]:
    header = displayed.image.header
    found = workspace.shared.annotations.of_study(header.study_instance_uid or header.series_instance_uid)
    return tuple(each for each in found if not each.is_hidden and patient_place(each) is not None)
