"""A state goes onto the frames it names and onto no other: every way in which it can miss is refused."""

import itertools
from dataclasses import replace

import pytest

from viewer.dicom.presentation_state.references import PresentedImage, refusal
from viewer.dicom.presentation_state.values import ImageReference, PresentationState, StateKind, kind_of_class

_STORAGE = "1.2.840.10008.5.1.4.1.1."
CT, MR, SC, XA, US = (_STORAGE + suffix for suffix in ("2", "4", "7", "12.1", "6.1"))
FITTING = {
    StateKind.GRAYSCALE: (CT, False),
    StateKind.COLOR: (US, True),
    StateKind.PSEUDO_COLOR: (MR, False),
    StateKind.BLENDING: (CT, False),
    StateKind.XA_XRF: (XA, False),
}
"""A class of images for each kind, and whether they are in colour."""


def pair(kind: StateKind) -> tuple[PresentationState, PresentedImage]:
    sop_class, is_color = FITTING[kind]
    image = PresentedImage(sop_class, "1.5", "1.1", "1.2", 2, 4, is_color, "1.9")
    reference = ImageReference(sop_class, "1.5", (1, 2), "1.2")
    return PresentationState(kind, "1.7", "1.1", "1.3", (reference,)), image


def other_study(state: PresentationState, image: PresentedImage) -> tuple[PresentationState, PresentedImage]:
    return state, replace(image, study_instance_uid="2.1")


def other_image(state: PresentationState, image: PresentedImage) -> tuple[PresentationState, PresentedImage]:
    return state, replace(image, sop_instance_uid="1.6")


def image_elsewhere(state: PresentationState, image: PresentedImage) -> tuple[PresentationState, PresentedImage]:
    return state, replace(image, sop_instance_uid="1.6", series_instance_uid="1.22")


def other_class(state: PresentationState, image: PresentedImage) -> tuple[PresentationState, PresentedImage]:
    return state, replace(image, sop_class_uid=SC)


def other_series(state: PresentationState, image: PresentedImage) -> tuple[PresentationState, PresentedImage]:
    return state, replace(image, series_instance_uid="1.22")


def other_frame(state: PresentationState, image: PresentedImage) -> tuple[PresentationState, PresentedImage]:
    return state, replace(image, frame_number=3)


def no_such_frame(state: PresentationState, image: PresentedImage) -> tuple[PresentationState, PresentedImage]:
    return replace(state, images=(replace(state.images[0], frames=(2, 9)),)), image


def frame_zero(state: PresentationState, image: PresentedImage) -> tuple[PresentationState, PresentedImage]:
    return replace(state, images=(replace(state.images[0], frames=(0, 2)),)), image


def fewer_frames(state: PresentationState, image: PresentedImage) -> tuple[PresentationState, PresentedImage]:
    return state, replace(image, frame_count=1, frame_number=1)


def wrong_color(state: PresentationState, image: PresentedImage) -> tuple[PresentationState, PresentedImage]:
    return state, replace(image, is_color=not image.is_color)


def no_images(state: PresentationState, image: PresentedImage) -> tuple[PresentationState, PresentedImage]:
    return replace(state, images=()), image


def own_study_of_blending(state: PresentationState, image: PresentedImage) -> tuple[PresentationState, PresentedImage]:
    return replace(state, images=(replace(state.images[0], study_instance_uid="3.1"),)), image


WAYS = (
    other_study,
    other_image,
    image_elsewhere,
    other_class,
    other_series,
    other_frame,
    no_such_frame,
    frame_zero,
    fewer_frames,
    wrong_color,
    own_study_of_blending,
    no_images,
)
MISMATCHES = [(kind, ways) for kind in FITTING for size in (1, 2) for ways in itertools.combinations(WAYS, size)]


@pytest.mark.parametrize("kind", FITTING)
def test_what_fits_is_not_refused(kind: StateKind) -> None:
    assert refusal(*pair(kind)) == ""


def test_hundreds_of_mismatched_states_are_refused_each_with_a_reason() -> None:
    assert len(MISMATCHES) >= 100
    for kind, ways in MISMATCHES:
        state, image = pair(kind)
        for way in ways:
            state, image = way(state, image)
        assert refusal(state, image), (kind, [way.__name__ for way in ways])


@pytest.mark.parametrize(
    ("way", "words"),
    [
        (other_study, "another study"),
        (other_image, "other images of this series"),
        (image_elsewhere, "does not name this image"),
        (other_class, "another kind"),
        (other_series, "another series"),
        (other_frame, "other frames"),
        (no_such_frame, "frame 9 of 4"),
        (wrong_color, "for grayscale images"),
    ],
)
def test_the_reason_says_what_is_wrong(way: object, words: str) -> None:
    assert callable(way)
    assert words in refusal(*way(*pair(StateKind.GRAYSCALE)))


def test_angiography_states_are_for_angiograms_and_blending_needs_a_frame_of_reference() -> None:
    state, image = pair(StateKind.XA_XRF)
    state = replace(state, images=(replace(state.images[0], sop_class_uid=CT),))
    assert "angiograms" in refusal(state, replace(image, sop_class_uid=CT))
    state, image = pair(StateKind.BLENDING)
    assert "frame of reference" in refusal(state, replace(image, frame_of_reference_uid=""))


def test_blending_names_studies_of_its_own() -> None:
    state, image = pair(StateKind.BLENDING)
    state = replace(state, images=(replace(state.images[0], study_instance_uid="8.1"),))
    assert refusal(state, replace(image, study_instance_uid="8.1")) == ""


@pytest.mark.parametrize("kind", [kind for kind in StateKind if kind not in FITTING])
def test_what_is_read_and_not_applied_says_so(kind: StateKind) -> None:
    state, image = pair(StateKind.GRAYSCALE)
    assert "not applied" in refusal(replace(state, kind=kind, problems=("it is not applied",)), image)


def test_every_class_has_its_kind() -> None:
    assert [kind_of_class(kind.sop_class_uid) for kind in StateKind] == list(StateKind)
    assert kind_of_class(CT) is None
