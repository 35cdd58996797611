"""What is saved of key marks, or of what is rejected: which objects, what for, in whose words; the job that writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import MediaError, system_reason
from viewer.base.jobs import Progress
from viewer.base.translation import _, ngettext
from viewer.dicom.codes import Code
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.key_object.titles import OF_INTEREST, QUALITY_REJECTED, is_rejection, words_of
from viewer.dicom.key_object.values import KeyObjects
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.presenting.key_book import FiledDocument
from viewer.workspace.presenting.key_deeds import mark_of_image, markable
from viewer.workspace.presenting.key_marks import KeyMark
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.dicom.key_object.writing import SelectedObject


@dataclass(frozen=True, slots=True)
class Offer:
    """Objects that can be saved together.

    Attributes:
        label: What they are, translated.
        title: What they are for, unless the reader says otherwise.
        are_marks: Whether they are the reader's marks, which are saved then.
    """

    label: str
    marks: tuple[KeyMark, ...]
    title: Code = OF_INTEREST
    are_marks: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """What the reader says of a selection."""

    title: Code
    modifiers: tuple[Code, ...] = ()
    comment: str = ""
    creator: str = ""


def offers_to_save(workspace: Workspace) -> tuple[Offer, ...]:
    """Return the reader's marks of the active patient's open images: a selection for each title.

    A mark of an image that is not open stays a mark: what it would be saved from is not there.
    """
    series = workspace.series_at(workspace.active)
    if series is None:
        return ()
    studies = [study.study_instance_uid for study in series.study.patient.studies.values()]
    by_title: dict[Code, list[KeyMark]] = {}
    marks = workspace.shared.keys.marks(studies)
    open_ones = {(each.study_instance_uid, each.sop_instance_uid) for each in headers_of(workspace.tree, marks)}
    for mark in marks:
        if (mark.study_instance_uid, mark.sop_instance_uid) in open_ones:
            by_title.setdefault(mark.title, []).append(mark)
    chosen = workspace.shared.keys.title
    ordered = sorted(by_title.items(), key=lambda item: not item[0].is_same(chosen))
    return tuple(
        Offer(_counted(words_of(title), marks), tuple(marks), title, are_marks=True) for title, marks in ordered
    )


def offers_to_reject(workspace: Workspace) -> tuple[Offer, ...]:
    """Return what can be rejected: what is shown, its series, what is marked. Objects are rejected as a whole."""
    image, series = markable(workspace), workspace.series_at(workspace.active)
    found = []
    if image is not None:
        mark = mark_of_image(workspace, image, QUALITY_REJECTED, is_whole=True)
        found.append(Offer(_("This image"), (mark,), QUALITY_REJECTED))
    if series is not None:
        headers = {header.sop_instance_uid: header for header in series.headers}
        marks = tuple(
            mark_of_image(workspace, ImageRef(header), QUALITY_REJECTED, is_whole=True) for header in headers.values()
        )
        found.append(Offer(_counted(_("The whole series"), marks), marks, QUALITY_REJECTED))
    marked = offers_to_save(workspace)
    found += [
        Offer(_("Marked: {0}").format(each.label), each.marks, QUALITY_REJECTED, are_marks=True) for each in marked
    ]
    return tuple(found)


def _counted(name: str, marks: Sequence[KeyMark]) -> str:
    studies = len({mark.study_instance_uid for mark in marks})
    text = ngettext("{0} image", "{0} images", len(marks)).format(len(marks))
    if studies > 1:
        text = _("{images} of {studies} studies").format(images=text, studies=studies)
    return f"{name}  ·  {text}"


@dataclass(eq=False)
class SaveKeyObjects:
    """Writes the documents of a selection (workspace.object_saving.Make), and keeps what they say.

    Attributes:
        made: What was written.
    """

    marks: tuple[KeyMark, ...]
    headers: tuple[InstanceHeader, ...]
    wording: Wording
    made: list[KeyObjects] = field(default_factory=list)

    def __call__(self, folder: Path, progress: Progress) -> Sequence[Path]:
        """Write them.

        Raises:
            ViewerError: If an object cannot be read, or a file not written.
        """
        from viewer.base.byte_source import FileBytes
        from viewer.dicom.derived_instance import write_object
        from viewer.dicom.key_object.reading import read_key_objects
        from viewer.dicom.key_object.writing import Selection, key_object_documents

        wording = self.wording
        objects = tuple(_selected(self.marks, self.headers, is_whole=is_rejection(wording.title)))
        selection = Selection(wording.title, objects, wording.modifiers, wording.comment, wording.creator)
        self.made.clear()
        files = []
        for number, document in enumerate(key_object_documents(selection), start=1):
            progress.check()
            path = folder / f"key-objects-{number}.dcm"
            try:
                with path.open("wb") as stream:
                    write_object(document, stream)
            except OSError as error:
                raise MediaError(
                    _("It could not be saved: {0}").format(system_reason(error)), subject=str(folder)
                ) from error
            self.made.append(read_key_objects(FileBytes(path)))
            files.append(path)
        return files


def headers_of(tree: StudyTree, marks: Iterable[KeyMark]) -> tuple[InstanceHeader, ...]:
    """Return the open objects that marks are of, and the presentation states they were seen in."""
    wanted = {uid for mark in marks for uid in (mark.sop_instance_uid, mark.presentation) if uid}
    found = {header.sop_instance_uid: header for header in tree.headers() if header.sop_instance_uid in wanted}
    return tuple(found.values())


def filed(workspace: Workspace, documents: Iterable[KeyObjects]) -> tuple[FiledDocument, ...]:
    """Return documents that were saved just now as the book files them."""
    patients = {study.study_instance_uid: study.patient.key for study in workspace.tree.studies()}
    return tuple(
        FiledDocument(each, patients[each.study_instance_uid], is_new=True)
        for each in documents
        if each.study_instance_uid in patients
    )


def _selected(
    marks: Iterable[KeyMark], headers: Iterable[InstanceHeader], *, is_whole: bool
) -> "Iterable[SelectedObject]":
    from viewer.dicom.key_object.writing import SelectedObject

    known = {header.sop_instance_uid: header for header in headers}
    frames: dict[tuple[str, str], set[int]] = {}
    for mark in marks:
        frames.setdefault((mark.sop_instance_uid, mark.presentation), set()).add(0 if is_whole else mark.frame_number)
    for (uid, presentation), numbers in frames.items():
        if uid in known:
            chosen = () if 0 in numbers else tuple(sorted(numbers))
            yield SelectedObject(known[uid], chosen, known.get(presentation))
