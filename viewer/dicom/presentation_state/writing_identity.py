"""What a presentation state is called, who made it and when (C.11.10, C.11.22), and the characters that takes."""

from collections.abc import Iterator

from pydicom.dataset import Dataset

from viewer.dicom.presentation_state.values import PresentationState
from viewer.dicom.presentation_state.writing_labels import content_label
from viewer.dicom.presentation_state.writing_parts import long_string
from viewer.dicom.text_encoding import UTF_8


def put_own_characters(made: Dataset, state: PresentationState) -> None:
    """Have a state written in Unicode where it says anything beyond ASCII."""
    if not all(text.isascii() for text in _texts(state)):
        made.SpecificCharacterSet = UTF_8


def put_identity(made: Dataset, state: PresentationState) -> None:
    """Write C.11.10: what it is called, who made it, when."""
    day, _space, moment = state.created.partition(" ")
    made.InstanceNumber = str(state.instance_number)
    made.ContentLabel = content_label(state.label) or "STATE"
    made.ContentDescription = long_string(state.description)
    made.PresentationCreationDate = day or made.ContentDate
    made.PresentationCreationTime = moment or made.ContentTime
    made.ContentCreatorName = state.creator
    for keyword in ("ContentDate", "ContentTime"):  # of no module that a state has
        delattr(made, keyword)


def _texts(state: PresentationState) -> Iterator[str]:
    yield from (state.label, state.description, state.creator)
    yield from (layer.description for layer in state.layers)
    yield from (text.text for each in state.annotations for text in each.texts)
    yield from (part for overlay in state.overlays for part in (overlay.label, overlay.description))
    yield from (voi.explanation for voi in state.vois)
    yield from (voi.table.explanation for voi in state.vois if voi.table is not None)
