"""A Key Object Selection document as values (PS3.3 A.35.4, TID 2010): what is selected, what for, by whom."""

from dataclasses import dataclass

from viewer.dicom.codes import Code
from viewer.dicom.key_object.titles import is_listing, is_rejection
from viewer.dicom.structured_report.references import DocumentReference, InstanceReference


@dataclass(frozen=True, slots=True)
class KeyReference:
    """Something that is selected.

    Attributes:
        value_type: IMAGE, WAVEFORM or COMPOSITE.
        study_instance_uid: As the document's evidence lists it; empty where it does not.
        series_instance_uid: Likewise.
        frames: From 1; empty for the whole object.
        channels: Pairs of multiplex group and channel of a waveform; empty for all.
        presentation_state: What the image is to be seen with; None for nothing.
    """

    instance: InstanceReference
    value_type: str = "IMAGE"
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    frames: tuple[int, ...] = ()
    segments: tuple[int, ...] = ()
    channels: tuple[tuple[int, int], ...] = ()
    presentation_state: InstanceReference | None = None

    def has_frame(self, number: int) -> bool:
        """Whether a frame of the object, from 1, is selected."""
        return not self.frames or number in self.frames


@dataclass(frozen=True, slots=True)
class KeyObjects:
    """A document.

    Attributes:
        title: What it is for (CID 7010); None where the document does not say.
        modifiers: What qualifies the title: reasons (CID 7011), of what it is the best (CID 7012).
        comment: Key Object Description; several are joined by lines.
        creators: Observers it names, people first; PN texts for people.
        made_by: The equipment: manufacturer and model.
        content_date: As in the file; likewise content_time.
        identical: The same selection in other studies.
        predecessors: Documents this one takes the place of.
        problems: What is damaged or odd, translated.
    """

    instance: InstanceReference
    patient_id: str = ""
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    series_description: str = ""
    title: Code | None = None
    modifiers: tuple[Code, ...] = ()
    comment: str = ""
    creators: tuple[str, ...] = ()
    made_by: str = ""
    content_date: str = ""
    content_time: str = ""
    references: tuple[KeyReference, ...] = ()
    identical: tuple[DocumentReference, ...] = ()
    predecessors: tuple[DocumentReference, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def is_rejection(self) -> bool:
        """Whether what it selects is taken out of use."""
        return is_rejection(self.title)

    @property
    def is_listing(self) -> bool:
        """Whether it only says what there is."""
        return is_listing(self.title)
