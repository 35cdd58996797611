"""The display sets of the open series, kept up to date while files arrive; one for all windows.

Small series are worked out at once, large ones and functional groups on a job, so that the window never waits.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from viewer.base.byte_source import ByteSource
from viewer.base.events import Event
from viewer.base.jobs import INTERACTION, JobRunner, Progress
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.display_set import REJECTED_HIDDEN, DisplaySet, SetWarning, WarningCode
from viewer.workspace.display_sets import display_sets_of
from viewer.workspace.frame_facts import FrameFacts, read_frame_facts
from viewer.workspace.study_nodes import Series
from viewer.workspace.study_tree import StudyTree, TreeChange

AT_ONCE = 800
"""Instances that are sorted without a job: some 10 ms."""

Facts = Mapping[ByteSource, tuple[FrameFacts, ...]]


@dataclass(frozen=True, slots=True)
class BuildDisplaySets:
    """Work out the display sets of a series, reading functional groups where there are any.

    Attributes:
        expected: How many instances a directory says there are.
    """

    series_key: str
    headers: tuple[InstanceHeader, ...]
    known: Facts
    expected: int | None = None

    def run(self, progress: Progress) -> tuple[tuple[DisplaySet, ...], Facts]:
        """Return the display sets and the frame facts they were made from."""
        facts = dict(self.known)
        for header in self.headers:
            progress.check()
            if needs_frame_facts(header) and header.source not in facts:
                facts[header.source] = read_frame_facts(header)
        return display_sets_of(self.series_key, self.headers, facts, self.expected), facts


class DisplaySetCatalogue:
    """Display sets by series and by key."""

    def __init__(self, tree: StudyTree, runner: JobRunner | None = None) -> None:
        self.changed: Event[frozenset[str]] = Event()
        self._tree = tree
        self._runner = runner
        self._by_series: dict[str, tuple[DisplaySet, ...]] = {}
        self._by_key: dict[str, DisplaySet] = {}
        self._sizes: dict[str, int] = {}
        self._facts: dict[ByteSource, tuple[FrameFacts, ...]] = {}
        self._running: set[str] = set()
        self._hidden: Mapping[str, frozenset[str]] = {}
        tree.changed.connect(self._tree_changed)

    def of_series(self, series_key: str) -> tuple[DisplaySet, ...]:
        """Return the display sets of a series as far as they are known; changed tells when there are better ones."""
        if series_key not in self._by_series:
            self._build_now(series_key)
        return self._by_series.get(series_key, ())

    def work_out(self, seconds: float) -> bool:
        """Work out series that nobody asked for yet, for about so long; return whether all are done."""
        end = time.perf_counter() + seconds
        waiting = [series.key for series in self._tree.all_series() if series.key not in self._by_series]
        for done, series_key in enumerate(waiting, start=1):
            self._build_now(series_key)
            if time.perf_counter() > end:
                return done == len(waiting)
        return True

    def hide(self, hidden: Mapping[str, frozenset[str]]) -> None:
        """Leave objects out of display sets, which say so: SOP Instance UIDs, by the key of their patient."""
        before, self._hidden = self._hidden, hidden
        changed = set()
        for series in self._tree.all_series():
            key = series.study.patient.key
            others = before.get(key, frozenset()) ^ hidden.get(key, frozenset())
            if others and any(header.sop_instance_uid in others for header in series.headers):
                changed.add(series.key)
        for series_key in changed & self._by_series.keys():
            self._build_now(series_key)
        if changed:
            self.changed.emit(frozenset(changed))

    def hidden_of(self, series: Series) -> int:
        """Return how many objects of a series are left out."""
        return len(series.headers) - len(self._shown_of(series))

    def hidden_in(self, series: Series) -> frozenset[str]:
        """Return the SOP Instance UIDs that are left out of the patient's series."""
        return self._hidden.get(series.study.patient.key, frozenset())

    def _shown_of(self, series: Series) -> Sequence[InstanceHeader]:
        hidden = self._hidden.get(series.study.patient.key)
        if not hidden:
            return series.headers
        return [header for header in series.headers if header.sop_instance_uid not in hidden]

    def _expected_of(self, series: Series) -> int | None:
        return None if series.expected is None else series.expected - self.hidden_of(series)

    def find(self, key: str) -> DisplaySet | None:
        """Return a display set by its key; None when it is gone."""
        return self._by_key.get(key)

    def holding(self, image: ImageRef) -> DisplaySet | None:
        """Return the display set that holds an image now; None when it was closed."""
        series_keys = [each.key for each in self._tree.all_series() if each.series_instance_uid == _series_uid(image)]
        sets = (each for key in series_keys for each in self.of_series(key))
        return next((each for each in sets if each.index_of(image) is not None), None)

    def _tree_changed(self, change: TreeChange) -> None:
        if change.is_rebuilt:
            kept = {header.source for header in self._tree.headers()}
            self._facts = {source: facts for source, facts in self._facts.items() if source in kept}
            self._by_series.clear()
            self._by_key.clear()
            self._sizes.clear()
        known = [key for key in change.series_keys if key in self._by_series]
        for key in known:
            self._refresh(key)
        self.changed.emit(change.series_keys)

    def _refresh(self, series_key: str) -> None:
        series = self._tree.series(series_key)
        if series is None:
            return
        if self._runner is None or len(series.headers) <= AT_ONCE:
            self._build_now(series_key)
        else:
            self._start_job(series_key)

    def _build_now(self, series_key: str) -> None:
        series = self._tree.series(series_key)
        if series is None:
            return
        shown = self._shown_of(series)
        if self._runner is None:
            job = BuildDisplaySets(series_key, tuple(shown), self._facts, self._expected_of(series))
            answer, facts = job.run(Progress())
            self._facts.update(facts)
        else:
            answer = display_sets_of(series_key, shown, self._facts, self._expected_of(series))
        self._install(series_key, answer, len(shown))
        if any(not each.is_final for each in answer):
            self._start_job(series_key)

    def _start_job(self, series_key: str) -> None:
        series = self._tree.series(series_key)
        # One job a series: a second one would be superseded for ever while files keep arriving.
        if self._runner is None or series is None or series_key in self._running:
            return
        self._running.add(series_key)
        shown = tuple(self._shown_of(series))
        job = BuildDisplaySets(series_key, shown, dict(self._facts), self._expected_of(series))

        def done(answer: tuple[tuple[DisplaySet, ...], Facts]) -> None:
            self._running.discard(series_key)
            self._job_done(job, answer)

        def failed(error: Exception) -> None:
            self._running.discard(series_key)
            raise error

        self._runner.submit(job, lane=INTERACTION, done=done, failed=failed)

    def _job_done(self, job: BuildDisplaySets, answer: tuple[tuple[DisplaySet, ...], Facts]) -> None:
        sets, facts = answer
        series_key = job.series_key
        series = self._tree.series(series_key)
        if series is None or not set(map(id, job.headers)) <= set(map(id, series.headers)):
            return  # closed, or rebuilt, meanwhile
        self._facts.update(facts)
        self._install(series_key, sets, len(job.headers))
        self.changed.emit(frozenset({series_key}))
        is_as_built = [*map(id, self._shown_of(series))] == [*map(id, job.headers)]
        if not is_as_built or self._expected_of(series) != job.expected:
            self._refresh(series_key)

    def _install(self, series_key: str, sets: tuple[DisplaySet, ...], size: int) -> None:
        for old in self._by_series.get(series_key, ()):
            self._by_key.pop(old.key, None)
        series = self._tree.series(series_key)
        if series is not None and (hidden := self.hidden_of(series)):
            warning = SetWarning(WarningCode.REJECTED, REJECTED_HIDDEN, (str(hidden),))
            sets = tuple(replace(each, warnings=(*each.warnings, warning)) for each in sets)
        self._by_series[series_key] = sets
        self._sizes[series_key] = size
        self._by_key.update({each.key: each for each in sets})


def needs_frame_facts(header: InstanceHeader) -> bool:
    """Return whether the order of an instance's frames lies in its functional groups."""
    from viewer.workspace.display_sets import is_enhanced

    return is_enhanced(header)


def _series_uid(image: ImageRef) -> str:
    return image.header.series_instance_uid
