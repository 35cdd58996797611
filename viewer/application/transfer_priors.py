"""Earlier studies of a patient whose study was opened from an archive: looked for, fetched by rules or on demand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from viewer.archives.priors import AUTOMATIC, OFF, SECTION, CurrentStudy, PriorSettings
from viewer.archives.transfer_values import TransferKind, TransferState, TransferStatus
from viewer.base.errors import SettingsError, ViewerError
from viewer.base.jobs import NETWORK, Progress
from viewer.base.translation import _, ngettext
from viewer.workspace.library_rows import shown_name
from viewer.workspace.transfers import WantedStudy

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.application.transfer_place import TransferPlace
    from viewer.archives.access import Access
    from viewer.archives.found import FoundStudy
    from viewer.archives.priors import Priors
    from viewer.library.library import Library
    from viewer.network.peers import Peer
    from viewer.workspace.study_nodes import Study
    from viewer.workspace.workspace import Workspace

Say = Callable[[str, str, Callable[[], None] | None], None]


class TransferPriors:
    """Follows what is opened from archives.

    Args:
        say: Says something in every window, with what can be done about it.
    """

    def __init__(self, programme: "Programme", place: "TransferPlace", say: Say) -> None:
        self._programme, self._place, self._say = programme, place, say
        self._looked_for: set[str] = set()
        self._awaited: dict[str, str] = {}
        place.ended.connect(self._ended)
        programme.tree.changed.connect(lambda _change: self._look_for_awaited())

    @property
    def settings(self) -> PriorSettings:
        """The rules."""
        return self._programme.settings.section(SECTION, PriorSettings)

    def keep(self, settings: PriorSettings) -> None:
        """Put other rules into force."""
        try:
            self._programme.settings.store(SECTION, settings)
        except SettingsError as error:
            self._say(error.one_line(), "", None)

    def fetch_now(self, workspace: "Workspace", chosen: "FoundStudy | None" = None) -> None:
        """Look for earlier studies of a patient in all archives, and fetch them.

        Args:
            workspace: Of the study in the active viewport.
            chosen: Instead of that one.
        """
        series = workspace.series_at(workspace.active)
        if chosen is not None:
            self._look(current_of(chosen), "", is_asked_for=True)
        elif series is not None:
            self._look(current_study(series.study), "", is_asked_for=True)

    def _ended(self, status: TransferStatus) -> None:
        request = status.request
        is_opened = request.kind is TransferKind.RETRIEVE and not request.is_background
        came = status.state in {TransferState.DONE, TransferState.INCOMPLETE}
        if not is_opened or not came or self.settings.mode == OFF or request.study_instance_uid in self._looked_for:
            return
        self._awaited[request.study_instance_uid] = request.archive
        self._look_for_awaited()

    def _look_for_awaited(self) -> None:
        """Look for priors of what has come and is on the screen by now; what is not shown has no reader who waits."""
        if not self._awaited:
            return
        for study in tuple(self._programme.tree.studies()):
            archive = self._awaited.pop(study.study_instance_uid, None)
            if archive is not None:
                self._looked_for.add(study.study_instance_uid)
                self._look(current_study(study), archive, is_asked_for=False)

    def _look(self, study: CurrentStudy, archive: str, *, is_asked_for: bool) -> None:
        settings = self.settings
        wanted = "" if settings.all_archives or is_asked_for else archive
        job = _Find(self._programme, study, settings, wanted)

        def found(priors: "Priors") -> None:
            if priors.problems and is_asked_for:
                self._say(priors.problems[0], "", None)
            self._without_the_held(priors, is_asked_for=is_asked_for)

        self._programme.runner.submit(job, lane=NETWORK, done=found)

    def _without_the_held(self, priors: "Priors", *, is_asked_for: bool) -> None:
        wanted = priors.wanted
        desk = self._programme.library.desk
        if not desk.is_open:
            return

        def held(library: "Library") -> dict[str, int]:
            from viewer.library.held_counts import held_of_studies

            return held_of_studies(library, [study.study_instance_uid for study in wanted])

        def counted(counts: dict[str, int]) -> None:
            left = [
                each for each in wanted if counts.get(each.study_instance_uid, 0) < max(1, each.instance_count or 0)
            ]
            self._offer(left, _doubt_text(priors.doubtful), is_asked_for=is_asked_for)

        def failed(error: ViewerError) -> None:
            if is_asked_for:
                self._say(error.one_line(), "", None)

        desk.ask(held, counted, failed)

    def _offer(self, studies: "Sequence[FoundStudy]", doubt: str, *, is_asked_for: bool) -> None:
        if not studies:
            text = _("The archives have no earlier studies of the patient that are not here") if is_asked_for else ""
            if doubt or text:
                self._say(doubt or text, "", None)
            return
        if is_asked_for or self.settings.mode == AUTOMATIC:
            self._fetch(studies)
            if doubt:
                self._say(doubt, "", None)
            return
        text = ngettext(
            "{0} earlier study of the patient is in {1}", "{0} earlier studies of the patient are in {1}", len(studies)
        )
        archives = ", ".join(dict.fromkeys(study.sources[0] for study in studies))
        said = text.format(len(studies), archives)
        self._say(f"{said}. {doubt}" if doubt else said, _("Fetch"), lambda: self._fetch(studies))

    def _fetch(self, studies: "Sequence[FoundStudy]") -> None:
        for study in studies:
            title = ", ".join(filter(None, (shown_name(study.patient_name), study.study_description)))
            wanted = WantedStudy(
                study.study_instance_uid, title, instances=study.instance_count or 0, patient_id=study.patient_id
            )
            self._place.retrieve(study.sources[0], [wanted], is_background=True)


def current_study(study: "Study") -> CurrentStudy:
    """Return what an open study says of itself."""
    patient = study.patient
    parts = tuple(dict.fromkeys(series.body_part for series in study.series.values() if series.body_part))
    return CurrentStudy(
        study.study_instance_uid,
        patient.patient_id,
        patient.issuer,
        patient.name,
        patient.birth_date,
        study.date,
        study.modalities,
        parts,
    )


def _doubt_text(studies: "Sequence[FoundStudy]") -> str:
    if not studies:
        return ""
    text = ngettext(
        "{0} study under the same patient ID has another name, birth date or issuer: it is not fetched",
        "{0} studies under the same patient ID have another name, birth date or issuer: they are not fetched",
        len(studies),
    )
    return text.format(len(studies))


def current_of(study: "FoundStudy") -> CurrentStudy:
    """Return what an archive says of a study."""
    return CurrentStudy(
        study.study_instance_uid,
        study.patient_id,
        study.issuer_of_patient_id,
        study.patient_name,
        study.patient_birth_date,
        study.study_date,
        study.modalities,
    )


@dataclass(frozen=True, slots=True)
class _Find:
    """Asks archives; one alone where it is named."""

    programme: "Programme"
    current: CurrentStudy
    settings: PriorSettings
    archive: str

    def run(self, progress: Progress) -> "Priors":
        from viewer.archives.priors import Priors, find_priors

        calls = self.programme.archives.calls
        peers: list[Peer] = [
            each for each in calls.peers() if (each.name == self.archive if self.archive else not each.is_hidden)
        ]
        accesses: list[Access] = []
        problems: list[str] = []
        for peer in peers:
            try:
                accesses.append(calls.access(peer))
            except ViewerError as error:
                problems.append(error.one_line())
        if not accesses:
            return Priors(problems=tuple(problems))
        found = find_priors(self.current, accesses, self.settings, lambda: progress.is_cancelled)
        return replace(found, problems=(*problems, *found.problems))
