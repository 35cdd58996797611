"""A report that is being written, as a frozen value: whose it is, its headings and words, its numbers and key images.

Nothing in it needs the study to be open: it is kept as JSON (report_draft_json), and what is saved is made of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import Point
from viewer.dicom.structured_report.references import DocumentReference

MOST_UNDONE = 500


@dataclass(frozen=True, slots=True)
class DraftIdentity:
    """Whose report it is, as the study said when the draft was begun.

    Attributes:
        name: A PN text.
    """

    name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    sex: str = ""
    study_date: str = ""
    study_description: str = ""
    accession_number: str = ""


@dataclass(frozen=True, slots=True)
class DraftImage:
    """A frame that is named.

    Attributes:
        frame_number: From 1; 0 for an object that has one.
        presentation: SOP Class and Instance UID of the presentation state it is seen with; empty for none.
        view: How it was on screen when it was taken, for printing: key and value pairs (report_rendering).
    """

    sop_class_uid: str
    sop_instance_uid: str
    frame_number: int = 0
    caption: str = ""
    presentation: tuple[str, str] = ("", "")
    view: tuple[tuple[str, float | str], ...] = ()


@dataclass(frozen=True, slots=True)
class DraftRegion:
    """Where a number was measured.

    Attributes:
        graphic_type: Of a SCOORD.
    """

    graphic_type: str
    points: tuple[Point, ...]
    image: DraftImage


@dataclass(frozen=True, slots=True)
class DraftNumber:
    """A number of a mark as it was when it was put in.

    Attributes:
        label: As it reads: "Length 12.3 mm".
    """

    label: str
    name: Code
    value: float
    unit: Code
    derivation: Code | None = None
    method: Code | None = None
    remark: str = ""
    regions: tuple[DraftRegion, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftSection:
    """A heading (CID 7001), and what stands under it."""

    heading: Code
    text: str = ""
    numbers: tuple[DraftNumber, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return not self.text.strip() and not self.numbers


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A draft.

    Attributes:
        uid: Its own.
        title: Of the document (CID 7000).
        template: Id of its template; empty where it has none of ours.
        replaces: The saved report that it amends; None for a first version.
        version: Of the report, from 1.
        reason: Why it is amended.
        organization: Of the author, as typed last.
        changed_at: ISO 8601 with zone.
        left_out: What of the amended report could not be taken over, in words.
    """

    uid: str
    study_instance_uid: str
    identity: DraftIdentity
    title: Code
    sections: tuple[DraftSection, ...]
    images: tuple[DraftImage, ...] = ()
    template: str = ""
    replaces: DocumentReference | None = None
    version: int = 1
    reason: str = ""
    organization: str = ""
    changed_at: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be saved."""
        return all(section.is_empty for section in self.sections) and not self.images

    @property
    def has_changed_nothing(self) -> bool:
        """Whether a draft is not worth keeping: nothing was written, and it amends nothing."""
        return self.is_empty and self.replaces is None

    def with_text(self, place: int, text: str) -> "ReportDraft":
        """Return it with other words under a heading."""
        return self.with_section(place, replace(self.sections[place], text=text))

    def with_section(self, place: int, section: DraftSection) -> "ReportDraft":
        """Return it with another section."""
        return replace(self, sections=(*self.sections[:place], section, *self.sections[place + 1 :]))

    def with_numbers(self, place: int, numbers: Iterable[DraftNumber]) -> "ReportDraft":
        """Return it with more numbers under a heading; those that are there already are not put in again."""
        section = self.sections[place]
        more = tuple(dict.fromkeys(each for each in numbers if each not in section.numbers))
        return self.with_section(place, replace(section, numbers=section.numbers + more))

    def without_number(self, place: int, number: DraftNumber) -> "ReportDraft":
        """Return it without a number; its words stay."""
        section = self.sections[place]
        kept = tuple(each for each in section.numbers if each != number)
        return self.with_section(place, replace(section, numbers=kept))

    def with_image(self, image: DraftImage) -> "ReportDraft":
        """Return it with a key image; one that is there already gets the newer look and keeps its caption."""
        key = (image.sop_instance_uid, image.frame_number)
        for place, each in enumerate(self.images):
            if (each.sop_instance_uid, each.frame_number) == key:
                newer = replace(image, caption=image.caption or each.caption)
                return replace(self, images=(*self.images[:place], newer, *self.images[place + 1 :]))
        return replace(self, images=(*self.images, image))

    def without_image(self, place: int) -> "ReportDraft":
        """Return it without a key image."""
        return replace(self, images=self.images[:place] + self.images[place + 1 :])

    def with_caption(self, place: int, caption: str) -> "ReportDraft":
        """Return it with other words under a key image."""
        changed = replace(self.images[place], caption=caption)
        return replace(self, images=(*self.images[:place], changed, *self.images[place + 1 :]))


def in_template(draft: ReportDraft, template: str, title: Code, sections: tuple[DraftSection, ...]) -> ReportDraft:
    """Return a draft in another template: what was written stays, under its heading or behind the template's own.

    A default text gives way to what the reader wrote under the same heading.
    """
    written = {each.heading[:2]: each for each in draft.sections if not each.is_empty}
    put = tuple(written.pop(each.heading[:2], each) for each in sections)
    rest = tuple(each for each in draft.sections if each.heading[:2] in written)
    return replace(draft, template=template, title=title, sections=put + rest)


class DraftHistory:
    """The states of a draft, for undo: what is typed in one go is one step.

    Args:
        draft: As it is now.
    """

    def __init__(self, draft: ReportDraft) -> None:
        self._states = [draft]
        self._place = 0
        self._run: object = None

    @property
    def draft(self) -> ReportDraft:
        """As it is now."""
        return self._states[self._place]

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier state."""
        return self._place > 0

    @property
    def can_redo(self) -> bool:
        """Whether something was undone."""
        return self._place + 1 < len(self._states)

    def change(self, draft: ReportDraft, run: object = None) -> None:
        """Note a change.

        Args:
            draft: As it is now.
            run: What it is part of: changes of one run that follow each other are one step; None for one of its own.
        """
        if draft == self.draft:
            return
        del self._states[self._place + 1 :]
        if run is not None and run == self._run and self._place > 0:
            self._states[self._place] = draft
        else:
            self._states.append(draft)
            del self._states[: max(0, len(self._states) - MOST_UNDONE)]
            self._place = len(self._states) - 1
        self._run = run

    def end_run(self) -> None:
        """What comes next is a step of its own."""
        self._run = None

    def undo(self) -> ReportDraft:
        """Return the state before."""
        self._place = max(0, self._place - 1)
        self._run = None
        return self.draft

    def redo(self) -> ReportDraft:
        """Return the state that was undone."""
        self._place = min(len(self._states) - 1, self._place + 1)
        self._run = None
        return self.draft
