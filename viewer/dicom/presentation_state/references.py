"""Whether a presentation state may be applied to an image: only to what it names (A.33.1, C.11.11), or why not."""

from dataclasses import dataclass

from viewer.base.translation import _
from viewer.dicom.presentation_state.values import PresentationState, StateKind

_STORAGE = "1.2.840.10008.5.1.4.1.1."
XRAY_CLASSES = frozenset(_STORAGE + suffix for suffix in ("12.1", "12.1.1", "12.2", "12.2.1", "12.3"))
"""What XA/XRF states are for."""
_BLENDS = frozenset({StateKind.BLENDING, StateKind.ADVANCED_BLENDING})


@dataclass(frozen=True, slots=True)
class PresentedImage:
    """What is asked of an image before a state is applied to it.

    Attributes:
        frame_number: From 1.
        is_color: Whether it has more than one sample a pixel, or a palette.
        frame_of_reference_uid: Empty for none.
    """

    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    frame_number: int = 1
    frame_count: int = 1
    is_color: bool = False
    frame_of_reference_uid: str = ""


def refusal(state: PresentationState, image: PresentedImage) -> str:
    """Return why a state cannot be applied to an image, translated; empty where it can."""
    if state.problems:
        return state.problems[0]
    return _of_reference(state, image) or _of_kind(state, image)


def _of_reference(state: PresentationState, image: PresentedImage) -> str:
    named = [each for each in state.images if each.sop_instance_uid == image.sop_instance_uid]
    study = next((each.study_instance_uid for each in named if each.study_instance_uid), state.study_instance_uid)
    if study != image.study_instance_uid:
        return _("The presentation state belongs to another study")
    if not named:
        is_series = any(each.series_instance_uid == image.series_instance_uid for each in state.images)
        if is_series:
            return _("The presentation state is for other images of this series")
        return _("The presentation state does not name this image")
    reference = named[0]
    if reference.sop_class_uid != image.sop_class_uid:
        return _("The presentation state names this image as one of another kind")
    if reference.series_instance_uid and reference.series_instance_uid != image.series_instance_uid:
        return _("The presentation state names this image in another series")
    missing = [number for each in named for number in each.frames if not 1 <= number <= image.frame_count]
    if missing:
        return _("The presentation state names frame {0} of {1}").format(missing[0], image.frame_count)
    if not any(each.covers(image.sop_instance_uid, image.frame_number) for each in named):
        return _("The presentation state is for other frames of this image")
    return ""


def _of_kind(state: PresentationState, image: PresentedImage) -> str:
    if state.kind is StateKind.COLOR and not image.is_color:
        return _("The presentation state is for colour images")
    if state.kind is not StateKind.COLOR and image.is_color:
        return _("The presentation state is for grayscale images")
    if state.kind is StateKind.XA_XRF and image.sop_class_uid not in XRAY_CLASSES:
        return _("The presentation state is for angiograms")
    if state.kind in _BLENDS and not image.frame_of_reference_uid:
        return _("The presentation state blends images, and this one has no frame of reference")
    return _of_blending(state, image)


def _of_blending(state: PresentationState, image: PresentedImage) -> str:
    for each in state.blending:
        is_named = any(named.sop_instance_uid == image.sop_instance_uid for named in each.images)
        if each.is_superimposed and is_named:
            return _("The presentation state lays this image over another series: it is for that one")
    return ""
