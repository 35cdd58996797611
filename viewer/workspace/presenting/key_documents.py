"""Key Object Selection documents among the open studies, read in the background as they come."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from viewer.base.errors import ViewerError
from viewer.base.jobs import INTERACTION, JobRunner, Progress
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.key_object.values import KeyObjects
from viewer.dicom.sop_classes import SopKind, sop_kind
from viewer.workspace.presenting.key_book import FiledDocument, KeyBook
from viewer.workspace.study_tree import StudyTree, TreeChange

Read = tuple[tuple[InstanceHeader, KeyObjects | None], ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """Reads documents; one that cannot be read is told when it is opened."""

    headers: tuple[InstanceHeader, ...]
    character_set: str

    def run(self, progress: Progress) -> Read:
        from viewer.dicom.key_object.reading import read_key_objects

        found: list[tuple[InstanceHeader, KeyObjects | None]] = []
        for header in self.headers:
            progress.check()
            try:
                found.append((header, read_key_objects(header.source, self.character_set)))
            except ViewerError:
                found.append((header, None))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class _ReadKept:
    paths: tuple[Path, ...]

    def run(self, progress: Progress) -> tuple[KeyObjects, ...]:
        from viewer.base.byte_source import FileBytes
        from viewer.dicom.key_object.reading import read_key_objects

        found: list[KeyObjects] = []
        for path in self.paths:
            progress.check()
            with suppress(ViewerError):  # told where the library's study is opened
                found.append(read_key_objects(FileBytes(path)))
        return tuple(found)


class KeyDocuments:
    """Fills a book.

    Args:
        book: What is filled.
        tree: The open studies.
        runner: Does the reading.
    """

    def __init__(self, book: KeyBook, tree: StudyTree, runner: JobRunner) -> None:
        self._book, self._tree, self._runner = book, tree, runner
        self._looked: dict[str, int] = {}
        tree.changed.connect(self._changed)

    def _changed(self, change: TreeChange) -> None:
        if change.is_rebuilt:
            self._looked.clear()
            self._book.keep_documents(header.sop_instance_uid for header in self._tree.headers() if is_document(header))
        series = self._tree.all_series() if change.is_rebuilt else map(self._tree.series, change.series_keys)
        for each in series:
            if each is None:
                continue
            new = tuple(filter(is_document, each.headers[self._looked.get(each.key, 0) :]))
            self._looked[each.key] = len(each.headers)
            if new:
                self._runner.submit(_Read(new, each.study.character_set), lane=INTERACTION, done=self._came)

    def read_kept(self, paths: Sequence[Path]) -> None:
        """Read documents that the library has of studies that are open, from wherever those were opened."""
        if paths:
            self._runner.submit(_ReadKept(tuple(paths)), lane=INTERACTION, done=self._kept_came)

    def _kept_came(self, found: tuple[KeyObjects, ...]) -> None:
        """File them as what they are: of the patient whose ID they state, in the study they belong to."""
        patients = {
            (study.study_instance_uid, study.patient.patient_id): study.patient.key for study in self._tree.studies()
        }
        known = {document.instance.sop_instance_uid for document in self._book.documents}
        self._book.file(
            FiledDocument(each, patients[each.study_instance_uid, each.patient_id], is_new=True)
            for each in found
            if (each.study_instance_uid, each.patient_id) in patients and each.instance.sop_instance_uid not in known
        )

    def _came(self, found: Read) -> None:
        patients = {
            header.sop_instance_uid: series.study.patient.key
            for series in self._tree.all_series()
            for header in series.headers
            if is_document(header)
        }
        self._book.file(
            FiledDocument(document, patients[header.sop_instance_uid])
            for header, document in found
            if document is not None and header.sop_instance_uid in patients  # else it was closed meanwhile
        )


def is_document(header: InstanceHeader) -> bool:
    """Whether an object is a Key Object Selection."""
    return sop_kind(header.sop_class_uid) is SopKind.KEY_OBJECT
