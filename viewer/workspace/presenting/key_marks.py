"""What a reader has marked as key and not saved yet: an object or a frame, in a selection for some purpose."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from viewer.dicom.codes import Code
from viewer.dicom.key_object.titles import OF_INTEREST


@dataclass(frozen=True, slots=True)
class KeyMark:
    """One mark.

    Attributes:
        frame_number: From 1; 0 for the whole object.
        title: What it is selected for (CID 7010).
        presentation: SOP Instance UID of the presentation state it was seen in; empty for none.
        marked_at: ISO 8601 with zone.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    frame_number: int = 0
    title: Code = OF_INTEREST
    presentation: str = ""
    marked_by: str = ""
    marked_at: str = ""

    @property
    def uid(self) -> str:
        """What it is filed under: one mark of a frame in each selection."""
        return f"{self.sop_instance_uid}/{self.frame_number}/{self.title.scheme}:{self.title.value}"


def mark_table(mark: KeyMark) -> dict[str, Any]:
    """Return a mark as JSON has it."""
    return {**asdict(mark), "title": list(mark.title)}


def mark_of(table: Mapping[str, Any]) -> KeyMark:
    """Return the mark of a table.

    Raises:
        ValueError: If it is none.
    """
    try:
        value, scheme, meaning = map(str, table["title"])
        texts = {
            name: str(table[name])
            for name in ("study_instance_uid", "series_instance_uid", "sop_class_uid", "sop_instance_uid")
        }
        more = {name: str(table.get(name, "")) for name in ("presentation", "marked_by", "marked_at")}
        return KeyMark(**texts, **more, frame_number=int(table["frame_number"]), title=Code(value, scheme, meaning))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ValueError(f"No key mark: {type(error).__name__}") from error
