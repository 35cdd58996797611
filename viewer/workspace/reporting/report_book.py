"""The reports of the open studies, of all windows: read on a worker when somebody wants to see them.

Also what of them lies over images: the regions of the item a reader went to, and marks of computer-aided detection,
which are off in every study until somebody asks for them (digest 10.4).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from viewer.base.errors import ViewerError
from viewer.base.events import Event
from viewer.base.jobs import INTERACTION, JobHandle, JobRunner, Progress
from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.sop_classes import SopKind, sop_kind
from viewer.workspace.study_nodes import Study
from viewer.workspace.study_tree import StudyTree, TreeChange

if TYPE_CHECKING:
    from viewer.dicom.structured_report.regions import ReportRegion
    from viewer.dicom.structured_report.templates.cad import CadReading
    from viewer.dicom.structured_report.templates.sections import Section
    from viewer.dicom.structured_report.values import ContentItem, Position, StructuredReport

REPORT_KINDS = frozenset({SopKind.REPORT, SopKind.KEY_OBJECT})
CAD_CLASSES = frozenset(f"1.2.840.10008.5.1.4.1.1.88.{suffix}" for suffix in ("50", "65", "69"))
_GENERAL_CLASSES = frozenset(f"1.2.840.10008.5.1.4.1.1.88.{suffix}" for suffix in ("11", "22", "33", "34", "35"))
MOST_RELATIVES = 50
"""Reports of a study that are looked through for the one that amends another."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadReport:
    """A report with what is made of it once.

    Attributes:
        sections: What its template says.
        positions: Its items by where they stand.
        cad: What computer-aided detection says; None for other reports.
    """

    report: "StructuredReport"
    sections: "tuple[Section, ...]"
    positions: "dict[Position, ContentItem]"
    cad: "CadReading | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class HeldReport:
    """One report.

    Attributes:
        read: What is in it; None until it was read.
        failure: Why it cannot be read, translated.
        character_set: What the reader chose for its study; empty for the file's own.
    """

    header: InstanceHeader
    read: ReadReport | None = None
    failure: str = ""
    character_set: str = ""

    @property
    def uid(self) -> str:
        """Its SOP Instance UID."""
        return self.header.sop_instance_uid

    @property
    def is_loading(self) -> bool:
        """Whether it is on its way."""
        return self.read is None and not self.failure


@dataclass(frozen=True, slots=True)
class Highlight:
    """The regions of the item that a reader went to.

    Attributes:
        report_uid: Of the report.
        title: What the item is called.
    """

    report_uid: str
    title: str
    regions: "tuple[ReportRegion, ...]"


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Reads one report."""

    header: InstanceHeader
    character_set: str = ""

    def run(self, _progress: Progress) -> ReadReport:
        """Return it.

        Raises:
            ViewerError: If it cannot be read.
        """
        from viewer.dicom.structured_report.reading import read_report
        from viewer.dicom.structured_report.templates.cad import is_cad, read_cad
        from viewer.dicom.structured_report.templates.views import sections_of
        from viewer.dicom.structured_report.tree import by_position

        report = read_report(self.header.source, self.character_set)
        root = report.root
        if root is None:
            return ReadReport(report, (), {})
        return ReadReport(report, sections_of(report), by_position(root), read_cad(root) if is_cad(root) else None)


class ReportBook:
    """Used from the GUI thread.

    Args:
        runner: Reads reports.
        tree: The open studies.

    Attributes:
        changed: The UID of the report that is different now.
        marks_changed: Other marks lie over images.
    """

    def __init__(self, runner: JobRunner, tree: StudyTree) -> None:
        self.changed: Event[str] = Event()
        self.marks_changed: Event[None] = Event()
        self._runner, self._tree = runner, tree
        self._held: dict[str, HeldReport] = {}
        self._handles: dict[str, JobHandle[ReadReport]] = {}
        self._cad_studies: set[str] = set()
        self._highlight: Highlight | None = None
        self._disconnect = tree.changed.connect(self._follow)

    def close(self) -> None:
        """Let go of everything."""
        self._disconnect()
        for handle in self._handles.values():
            handle.cancel()
        self._handles.clear()

    # Reports

    def report_of(self, header: InstanceHeader) -> HeldReport:
        """Return a report; reading begins where it was not read yet, and changed tells when it is there."""
        character_set = self._tree.character_set_of(header) or ""
        held = self._held.get(header.sop_instance_uid)
        if held is None or held.character_set != character_set or held.header is not header:
            held = HeldReport(header, character_set=character_set)
            self._held[held.uid] = held
            self._load(held)
        return held

    def held(self, uid: str) -> HeldReport | None:
        """Return a report that was asked for; None for any other."""
        return self._held.get(uid)

    def open_report(self, uid: str) -> InstanceHeader | None:
        """Return the header of a report that is open; None where it is not."""
        return next((header for header in self._all_headers() if header.sop_instance_uid == uid), None)

    def amended_by(self, uid: str) -> str:
        """Return the UID of a report that was read and takes the place of another; empty for none known."""
        for each in self._held.values():
            if each.read is not None:
                named = {document.instance.sop_instance_uid for document in each.read.report.header.predecessors}
                if uid in named:
                    return each.uid
        return ""

    def read_relatives(self, header: InstanceHeader) -> None:
        """Read the other reports of a study: one of them may amend the one that is seen."""
        study = self._study_of(header)
        if study is None:
            return
        others = [each for each in _headers_of(study) if sop_kind(each.sop_class_uid) is SopKind.REPORT]
        for each in others[:MOST_RELATIVES]:
            if _are_kin(each, header):
                self.report_of(each)

    @property
    def is_busy(self) -> bool:
        """Whether any report is on its way."""
        return bool(self._handles)

    def _load(self, held: HeldReport) -> None:
        def done(read: ReadReport) -> None:
            self._keep(replace(held, read=read), held)

        def failed(error: Exception) -> None:
            if not isinstance(error, ViewerError):
                self._handles.pop(held.uid, None)
                raise error
            self._keep(replace(held, failure=error.one_line()), held)

        job = LoadReport(held.header, held.character_set)
        self._handles[held.uid] = self._runner.submit(job, lane=INTERACTION, done=done, failed=failed)

    def _keep(self, held: HeldReport, asked: HeldReport) -> None:
        if self._held.get(held.uid) is not asked:
            return  # closed, or asked for anew meanwhile
        self._handles.pop(held.uid, None)
        self._held[held.uid] = held
        self.changed.emit(held.uid)
        if held.read is not None and held.read.cad is not None:
            self.marks_changed.emit(None)

    # Marks

    @property
    def highlight(self) -> Highlight | None:
        """What the reader went to last; None for nothing."""
        return self._highlight

    def set_highlight(self, highlight: Highlight | None) -> None:
        """Mark other regions, or none."""
        if highlight != self._highlight:
            self._highlight = highlight
            self.marks_changed.emit(None)

    def has_cad(self, study: Study) -> bool:
        """Whether a study has reports of computer-aided detection."""
        return any(header.sop_class_uid in CAD_CLASSES for header in _headers_of(study))

    def shows_cad(self, study: Study) -> bool:
        """Whether marks of computer-aided detection are shown in a study."""
        return study.key in self._cad_studies

    def show_cad(self, study: Study, *, is_shown: bool) -> None:
        """Show the marks of a study, or not any more."""
        if is_shown == self.shows_cad(study):
            return
        if is_shown:
            self._cad_studies.add(study.key)
            for header in _headers_of(study):
                if header.sop_class_uid in CAD_CLASSES:
                    self.report_of(header)
        else:
            self._cad_studies.discard(study.key)
        self.marks_changed.emit(None)

    def cad_reports(self, study: Study) -> tuple[HeldReport, ...]:
        """Return the reports of computer-aided detection whose marks are shown in a study."""
        if not self.shows_cad(study):
            return ()
        headers = [header for header in _headers_of(study) if header.sop_class_uid in CAD_CLASSES]
        return tuple(self.report_of(header) for header in headers)

    def _read_newcomers(self, series_key: str) -> None:
        series = self._tree.series(series_key)
        for header in series.headers[-MOST_RELATIVES:] if series is not None and self._held else ():
            if sop_kind(header.sop_class_uid) is not SopKind.REPORT or header.sop_instance_uid in self._held:
                continue
            if any(
                each.header.study_instance_uid == header.study_instance_uid and _are_kin(header, each.header)
                for each in tuple(self._held.values())
            ):
                self.report_of(header)

    def _study_of(self, header: InstanceHeader) -> Study | None:
        studies = (each.study for each in self._tree.all_series() if header in each.headers)
        return next(studies, None)

    def _all_headers(self) -> Iterable[InstanceHeader]:
        for series in self._tree.all_series():
            yield from series.headers

    def _follow(self, change: TreeChange) -> None:
        """Forget what was closed; read what came and may amend what was read."""
        if not change.is_rebuilt:
            for key in change.series_keys:
                self._read_newcomers(key)
            return
        kept = {header.sop_instance_uid for header in self._all_headers()}
        self._held = {uid: held for uid, held in self._held.items() if uid in kept}
        for uid in [uid for uid in self._handles if uid not in kept]:
            self._handles.pop(uid).cancel()
        self._cad_studies &= {series.study.key for series in self._tree.all_series()}
        if self._highlight is not None and self._highlight.report_uid not in kept:
            self.set_highlight(None)


def _are_kin(one: InstanceHeader, other: InstanceHeader) -> bool:
    """Whether a report may amend another: a text becomes a report with numbers, dose never a text."""
    return one.sop_class_uid == other.sop_class_uid or {one.sop_class_uid, other.sop_class_uid} <= _GENERAL_CLASSES


def cad_state_words(reports: Iterable[HeldReport]) -> tuple[str, ...]:
    """Return what a reader must be told when marks are switched on: what failed, what could not be read."""
    told = []
    for held in reports:
        if held.failure:
            told.append(_("A report of computer-aided detection cannot be read: {0}").format(held.failure))
        elif held.read is not None and held.read.cad is not None:
            told += held.read.cad.cautions
    return tuple(dict.fromkeys(told))


def _headers_of(study: Study) -> list[InstanceHeader]:
    return [header for series in study.series.values() for header in series.headers]
