"""Studies that links and other programs ask to be shown: found here or in archives, fetched, and opened.

What is not sure is not opened: an archive that is not in the list is asked only when the reader agrees, and where two
patients may be meant, or another than is asked for, they are listed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from viewer.base.errors import NetworkError, ViewerError
from viewer.base.jobs import NETWORK, Progress
from viewer.base.translation import _
from viewer.workspace.archive_query import ArchiveQuestion
from viewer.workspace.library_rows import row_line, shown_name
from viewer.workspace.transfers import WantedStudy

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.archives.asked_studies import Named
    from viewer.archives.deep_links import ShowRequest
    from viewer.archives.invocations import Invocations
    from viewer.library.library import Library
    from viewer.library.study_row import StudyRow
    from viewer.network.peers import Peer
    from viewer.ui.main_window import MainWindow

T = TypeVar("T")


class LinkPlace:
    """Belongs to the program; everything here is called on the window's thread."""

    def __init__(self, programme: "Programme") -> None:
        self._programme = programme
        self._invocations: Invocations | None = None
        self._agreed: set[str] = set()

    def start(self) -> None:
        """Answer other programs, if the settings say so."""
        general = self._programme.general
        if not (general.answers_invocations and self._programme.is_attended) or self._invocations is not None:
            return
        from viewer.archives.invocations import Invocations

        deliver = self._programme.bridge.deliver
        try:
            self._invocations = Invocations(
                general.invocations_port, lambda request: deliver(lambda: self.show(request))
            )
        except NetworkError as error:
            self._window().job_line.show_message(error.one_line())

    def close(self) -> None:
        """Answer nobody any more."""
        invocations, self._invocations = self._invocations, None
        if invocations is not None:
            invocations.close()

    def show(self, request: "ShowRequest") -> None:
        """Find what is asked for, and show it in the latest window."""
        self._say(_("Looking for the study that is asked for…"))
        if not request.archive:
            self._look_here(request, None)
            return
        calls = self._programme.archives.calls

        def found(peer_and_known: "tuple[Peer, bool]") -> None:
            peer, is_known = peer_and_known
            if is_known or peer.name in self._agreed:
                self._look_here(request, peer)
            else:
                self._ask_whether(peer, lambda: self._look_here(request, peer))

        self._work(lambda _progress: _peer_of(request.archive, calls.peers()), found)

    # Step by step

    def _ask_whether(self, peer: "Peer", go_on: Callable[[], None]) -> None:
        box = QMessageBox(self._window())
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setWindowTitle(_("An archive that is not in the list"))
        box.setText(_("A link asks for a study of an archive that you have not entered:\n\n{0}").format(peer.name))
        box.setInformativeText(_("It would learn which study is asked for. Only go on if you know it."))
        agree = box.addButton(_("Ask it this time"), QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton(_("Do not ask it"), QMessageBox.ButtonRole.RejectRole))

        def answered() -> None:
            if box.clickedButton() is agree:
                self._agreed.add(peer.name)
                go_on()
            else:
                self._say(_("Nothing was asked for"))

        box.finished.connect(lambda _result: answered())
        box.open()

    def _look_here(self, request: "ShowRequest", peer: "Peer | None") -> None:
        from viewer.archives.asked_studies import held

        desk = self._programme.library.desk

        def answered(rows: "list[StudyRow]", failures: Sequence[str] = ()) -> None:
            if _lists(request):
                self._list(request, peer)
            elif rows and peer is None and _has_all(request, rows):
                self._open(request, rows)
            else:
                self._look_in_archives(request, peer, rows, failures)

        def failed(error: ViewerError) -> None:
            answered([], (error.one_line(),))

        def look(library: "Library") -> "list[StudyRow]":
            return held(library, request)

        if desk.folder is None:
            answered([])
        else:
            desk.ask(look, answered, failed)

    def _look_in_archives(
        self, request: "ShowRequest", peer: "Peer | None", rows: "list[StudyRow]", failures: Sequence[str]
    ) -> None:
        calls = self._programme.archives.calls

        def ask(progress: Progress) -> "Named":
            from viewer.archives.asked_studies import Named, named

            peers = [peer] if peer is not None else [each for each in calls.peers() if not each.is_hidden]
            if not peers:
                return Named(())
            return named(request, [calls.access(each) for each in peers], lambda: progress.is_cancelled)

        def answered(found: "Named") -> None:
            self._answered(request, peer, rows, replace(found, failures=(*failures, *found.failures)))

        self._work(ask, answered)

    def _answered(self, request: "ShowRequest", peer: "Peer | None", rows: "list[StudyRow]", found: "Named") -> None:
        if not found.studies:
            if rows:
                self._open(request, rows)
            elif found.failures:
                self._say(_("The study was not found. {0}").format(found.failures[0]))
            else:
                self._say(_("The study is neither on this computer nor in the archives that were asked"))
            return
        if not found.are_of_one_patient(request, rows):
            self._say(_("It means studies of different patients: choose the one that is meant"))
            self._list(request, peer, tells=False)
            return
        from viewer.archives.asked_studies import latest_of

        wanted, rows = latest_of(request, found.studies, rows)
        if rows:
            self._open(request, rows)
        workspace = self._window().workspace
        for number, study in enumerate(wanted):
            title = row_line(shown_name(study.patient_name), study.study_description)
            self._programme.transfers.retrieve(
                peer.name if peer is not None else study.sources[0],
                [
                    WantedStudy(
                        study.study_instance_uid,
                        title,
                        instances=study.instance_count or 0,
                        patient_id=study.patient_id,
                    )
                ],
                opens=not rows and number == 0,
                workspace=workspace,
            )
        self._say(_("It is shown because a link or another program asked for it"))

    def _open(self, request: "ShowRequest", rows: "list[StudyRow]") -> None:
        from viewer.archives.asked_studies import are_of_one_patient

        if not are_of_one_patient(request, rows):
            self._say(_("It means studies of different patients: choose the one that is meant"))
            self._window().show_library()
            return
        wanted = rows[: request.latest] if request.latest else rows
        self._programme.library.openings.open(wanted, None, self._window().workspace)
        self._say(_("It is shown because a link or another program asked for it"))

    def _list(self, request: "ShowRequest", peer: "Peer | None", *, tells: bool = True) -> None:
        """Show the studies in the list of the archives, for the reader to choose from."""
        window = self._window()
        names = (peer.name,) if peer is not None and peer.name in self._programme.archives.desk.names else ()
        text = "" if _lists(request) else " ".join(request.accession_numbers[:1] or request.study_instance_uids[:1])
        patient_id = request.patient_id if not text else ""
        page = window.show_archives()
        page.ask(ArchiveQuestion(text, archives=names, patient_id=patient_id, modalities=request.modalities))
        if tells:
            self._say(_("The studies of the patient that a link or another program asked for"))

    # Helpers

    def _work(self, call: Callable[[Progress], T], done: Callable[[T], None]) -> None:
        def failed(error: Exception) -> None:
            if not isinstance(error, ViewerError):
                raise error
            self._say(error.one_line())

        self._programme.runner.submit(_Call(call), lane=NETWORK, key="link", done=done, failed=failed)

    def _say(self, text: str) -> None:
        self._window().job_line.show_message(text)

    def _window(self) -> "MainWindow":
        return self._programme.windows[-1] if self._programme.windows else self._programme.open_window()


@dataclass(frozen=True, slots=True)
class _Call(Generic[T]):
    call: Callable[[Progress], T]

    def run(self, progress: Progress) -> T:
        return self.call(progress)


def _peer_of(text: str, peers: "Sequence[Peer]") -> "tuple[Peer, bool]":
    """Return the archive that a text means, and whether it is in the list."""
    from viewer.archives.peer_list import peer_of

    peer = peer_of(text, peers)
    return peer, peer in peers


def _lists(request: "ShowRequest") -> bool:
    """Whether a patient is asked for, not studies: the reader chooses."""
    return not (request.study_instance_uids or request.accession_numbers or request.latest)


def _has_all(request: "ShowRequest", rows: "list[StudyRow]") -> bool:
    """Whether this computer has every study that is named; what a patient has elsewhere nobody knows here."""
    if not request.study_instance_uids and not request.accession_numbers:
        return False
    uids, numbers = {row.study_instance_uid for row in rows}, {row.accession_number for row in rows}
    return uids.issuperset(request.study_instance_uids) and numbers.issuperset(request.accession_numbers)
