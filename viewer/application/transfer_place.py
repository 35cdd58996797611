"""What the program fetches from archives and sends to them, for all windows: asked here, done by a process of its own.

The window's process touches neither the network nor the disk for it: it hears what came, and opens what it is asked to
open while the rest arrives.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from PySide6.QtWidgets import QWidget

from viewer.application.transfer_foot import TransferFoot
from viewer.application.transfer_memory import TransferMemory
from viewer.application.transfer_priors import TransferPriors
from viewer.application.transfer_questions import SignIns, ask_secret
from viewer.application.transfer_unkept import Sweep
from viewer.application.transfer_unkept_studies import UnkeptStudies
from viewer.archives.transfer_process import TransferProcess
from viewer.archives.transfer_values import TransferKind, TransferRequest, TransferState, TransferStatus
from viewer.base.errors import system_reason
from viewer.base.events import Event
from viewer.base.jobs import NETWORK
from viewer.base.translation import _
from viewer.workspace.library_browsing import DeskState
from viewer.workspace.transfers import TransferList, TransferRow, WantedStudy
from viewer.workspace.transfers_opening import Came, StudiesOnTheirWay

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.archives.secrets import Secrets
    from viewer.ui.main_window import MainWindow
    from viewer.workspace.workspace import Workspace

_LAST_WAIT_S = 3.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """A transfer that was asked for and has no key yet."""

    request: TransferRequest
    workspace: "Workspace | None"


class TransferPlace:
    """Belongs to the program.

    Args:
        folder: Of the library; None for a program without one, which fetches nothing.
        command: Of the process that does the work; None for this program's.

    Attributes:
        changed: The list is another one, or says something else.
        ended: A transfer has ended; whoever shows what archives have may look again.
        secrets: Passwords that this process knows; whoever asks archives in the window shares them.
        list: The transfers, as people read them.
        priors: Looks for earlier studies of the patient.
        ask_secret: Asks the reader for the secret of an archive; called with its name, the kind, and who takes it.
    """

    def __init__(self, programme: "Programme", folder: Path | None, *, command: Sequence[str] | None = None) -> None:
        self.changed: Event[None] = Event()
        self.ended: Event[TransferStatus] = Event()
        self.secrets: Secrets | None = None
        self.ask_secret: Callable[[str, str, Callable[[str | None], None]], None] = ask_secret
        self.list = TransferList()
        self._programme = programme
        library = programme.library
        self._desk = library.desk
        self._on_their_way = StudiesOnTheirWay(
            library.desk, library.openings, programme.opener, programme.tree, programme.runner
        )
        self._sign_ins = SignIns()
        self._unkept = UnkeptStudies(programme, self.list, self._on_their_way.is_open)
        self._process: TransferProcess | None = None
        if folder is not None:
            self._process = TransferProcess(
                folder, programme.settings.folder, self._heard, greeting=self._greeting, command=command
            )
        self._asked: dict[int, _Asked] = {}
        self._tags = itertools.count(1)
        self._followed: WeakSet[Workspace] = WeakSet()
        self._looked_at = ("", "")
        self._handed_over: set[tuple[str, str]] = set()
        self._is_closed = False
        self._takes: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "added": self._added,
            "announced": self._announced,
            "arrived": self._arrived,
            "question": self._asks,
            "prompt": self._prompts,
            "ready": self._ready,
            "problem": self._has_a_problem,
            "died": self._has_a_problem,
        }
        self._foot = TransferFoot(programme, self, self._pause_all)
        self._memory = TransferMemory(self._desk, self.list, self._foot.ask_to_go_on, self.prepare)
        self.priors = TransferPriors(programme, self, self._foot.say)
        self.list.changed.connect(lambda _none: self._show())
        self._desk.state_changed.connect(self._library_is)
        if folder is not None and programme.is_attended:
            programme.runner.submit(Sweep(), lane=NETWORK)

    # What is asked

    def prepare(self) -> None:
        """Have the process there: somebody looks at an archive, and will want something of it."""
        if self._process is not None:
            self._process.begin()

    def retrieve(
        self,
        archive: str,
        studies: Sequence[WantedStudy],
        *,
        is_kept: bool = True,
        opens: bool = False,
        workspace: "Workspace | None" = None,
        is_background: bool = False,
    ) -> None:
        """Fetch studies, or parts of them.

        Args:
            archive: Its name.
            studies: Which.
            is_kept: Whether they go into the library; else they are there until the program ends.
            opens: Whether the first is shown as soon as something of it is there. What is not kept is opened always.
            workspace: Of the window that shows it; None for the latest.
            is_background: Whether nobody waits for it.
        """
        shown = workspace or (self._programme.windows[-1].workspace if self._programme.windows else None)
        for number, study in enumerate(studies):
            try:
                folder = "" if is_kept else self._unkept.folder_for(archive)
            except OSError as error:
                self._foot.say(_("Nothing can be opened without keeping it: {0}").format(system_reason(error)))
                return
            request = TransferRequest(
                TransferKind.RETRIEVE,
                archive,
                study.study_instance_uid,
                study.series_instance_uid,
                study.sop_instance_uids,
                folder=folder,
                is_background=is_background,
                expected=study.instances,
                patient_id=study.patient_id,
            )
            self.list.name(study.study_instance_uid, study.title)
            is_shown = not is_kept or (opens and number == 0)
            self._add(request, shown if is_shown else None)

    def send(self, archive: str, study_instance_uids: Sequence[str], *, commits: bool = False) -> None:
        """Send studies of the library to an archive; what it has already is left out.

        Args:
            archive: Its name.
            study_instance_uids: Which.
            commits: Whether it is asked to promise that it keeps them, once they are there.
        """
        for uid in study_instance_uids:
            self._add(TransferRequest(TransferKind.SEND, archive, uid, commits=commits), None)

    def take_in(self, key: int, request: TransferRequest) -> None:
        """Have the process do what is in the library's book already."""
        self._add(request, None, {"key": key})

    def send_files(self, archive: str, paths: Sequence[Path]) -> None:
        """Send files to an archive."""
        if paths:
            names = tuple([str(path.absolute()) for path in paths])
            self._add(TransferRequest(TransferKind.SEND, archive, paths=names), None)

    def commit(self, archive: str, study_instance_uids: Sequence[str]) -> None:
        """Ask an archive to promise that it has studies of the library safely."""
        for uid in study_instance_uids:
            self._add(TransferRequest(TransferKind.COMMIT, archive, uid), None)

    def pause(self, key: int) -> None:
        """Stop one for a while."""
        self._wish("pause", key)

    def resume(self, key: int) -> None:
        """Go on with one, or begin it again: what is there is left out."""
        self._wish("resume", key)

    def cancel(self, key: int) -> None:
        """Stop one for good; what came stays."""
        self._wish("cancel", key)

    def forget(self, key: int) -> None:
        """Take one that has ended from the list."""
        self._wish("forget", key)

    def forget_ended(self) -> None:
        """Take all that are done from the list."""
        for status in self.list.statuses():
            if status.state in {TransferState.DONE, TransferState.CANCELLED}:
                self.forget(status.key)

    def share_secrets(self) -> None:
        """Let the process know the passwords that the window learned since it began."""
        if self._process is not None and self._process.is_begun:
            self._handed_over.clear()
            for message in self._greeting():
                self._process.say(message)

    def prefer(self, study_instance_uid: str, series_instance_uid: str = "") -> None:
        """Somebody looks at this: it comes first."""
        if (study_instance_uid, series_instance_uid) != self._looked_at and self._is_fetching():
            self._looked_at = (study_instance_uid, series_instance_uid)
            self._put({"do": "prefer", "study": study_instance_uid, "series": series_instance_uid})

    def preference_pages(self) -> dict[str, tuple[str, QWidget]]:
        """Return the pages that archives have in the preferences: title and widget, made anew, by id."""
        from viewer.ui.preferences.section_page import SectionPage

        return {"priors": (_("Earlier studies"), SectionPage(self.priors.settings, self.priors.keep))}

    def rows(self) -> tuple[TransferRow, ...]:
        """Return the list as people read it."""
        return self.list.rows()

    def window_opened(self, window: "MainWindow") -> None:
        """Follow what is looked at in a window."""
        workspace = window.workspace
        if workspace not in self._followed:
            self._followed.add(workspace)
            workspace.active_changed.connect(lambda _cell: self._look_at(workspace))
            workspace.viewports_changed.connect(lambda _cells: self._look_at(workspace))
        self._show()

    def close(self) -> None:
        """Let the process finish the instances that are on their way; what is left goes on when somebody says so."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._process is not None:
            self._process.end(_LAST_WAIT_S)
        self._unkept.close()

    # What the process says

    def _heard(self, message: dict[str, Any]) -> None:
        self._programme.bridge.deliver(lambda: self._take(message))

    def _take(self, message: Mapping[str, Any]) -> None:
        if self._is_closed:
            return
        event = message.get("event")
        before = self.list.status(int(message["key"])) if event == "transfer" else None
        status = self.list.hear(message)
        if status is not None:
            if status.state.has_ended and before is not None and not before.state.has_ended:
                self._has_ended(status)
            else:
                self._on_their_way.look(status.key)
        elif (take := self._takes.get(str(event))) is not None:
            take(message)

    def _announced(self, message: Mapping[str, Any]) -> None:
        key = int(message["key"])
        if (status := self.list.status(key)) is not None:
            self._sign_ins.signed_in(status.request.archive)
        self._on_their_way.announced(key, message["series"])

    def _arrived(self, message: Mapping[str, Any]) -> None:
        self._on_their_way.arrived(int(message["key"]), [Came(*instance) for instance in message["instances"]])

    def _asks(self, message: Mapping[str, Any]) -> None:
        archive, kind = str(message["archive"]), str(message["kind"])
        known = self._known_secret(archive, kind)
        if known is not None and (archive, kind) not in self._handed_over:  # asked again, it was wrong
            self._handed_over.add((archive, kind))
            self._answer(message["id"], known)
        else:
            self.ask_secret(archive, kind, partial(self._answer, message["id"]))

    def _known_secret(self, archive: str, kind: str) -> str | None:
        """Return what this process was told to let us into an archive, wherever it is."""
        if self.secrets is None:
            return None
        from viewer.archives.peer_checks import folded_name

        wanted = [folded_name(archive), kind]
        known = self.secrets.of_this_process()
        return next((secret for key, secret in known.items() if key.split("\n")[:2] == wanted), None)

    def _prompts(self, message: Mapping[str, Any]) -> None:
        archive = str(message["archive"])
        if self._programme.windows:
            page = (str(message["url"]), str(message["code"]))
            self._sign_ins.show(self._programme.windows[-1], archive, page, partial(self._pause_all_of, archive))

    def _ready(self, message: Mapping[str, Any]) -> None:
        self._foot.ask_to_go_on(message.get("interrupted", ()))

    def _has_a_problem(self, message: Mapping[str, Any]) -> None:
        if message.get("is_final"):
            self._asked.clear()
        if message["event"] == "problem" or message.get("is_final"):
            self._foot.say(_("Transfers: {0}").format(message["reason"]))

    def _added(self, message: Mapping[str, Any]) -> None:
        asked = self._asked.pop(int(message["tag"]), None)
        key = int(message["key"])
        if asked is not None and asked.workspace is not None:
            request = asked.request
            self._on_their_way.begin(
                key, request.study_instance_uid, request.series_instance_uid, asked.workspace, request.folder
            )
            self.prefer(request.study_instance_uid, request.series_instance_uid)
        self._memory.name_unnamed()

    def _has_ended(self, status: TransferStatus) -> None:
        self._sign_ins.signed_in(status.request.archive)
        self._on_their_way.ended(status.key)
        self.ended.emit(status)
        self._foot.tell_end(status, is_shown=self._on_their_way.has(status.key))

    def _answer(self, number: int, secret: str | None) -> None:
        self._put({"do": "answer", "id": number, "secret": secret})

    def _greeting(self) -> Sequence[Mapping[str, Any]]:
        known = self.secrets.of_this_process() if self.secrets is not None else {}
        return [{"do": "secrets", "secrets": dict(known)}] if known else []

    # What is told

    def _show(self) -> None:
        self._foot.show(self.list.summary())
        self.changed.emit(None)

    def _pause_all(self) -> None:
        self._pause_all_of("")

    def _pause_all_of(self, archive: str) -> None:
        for row in self.list.rows():
            if row.can_pause and archive in {"", row.status.request.archive}:
                self.pause(row.status.key)

    # Following

    def _library_is(self, state: DeskState) -> None:
        process = self._process
        if state is DeskState.OPEN and process is not None and not process.is_begun:
            self._memory.look(lambda: process.is_begun)

    def _look_at(self, workspace: "Workspace") -> None:
        series = workspace.series_at(workspace.active)
        if series is not None:
            self.prefer(series.study.study_instance_uid, series.series_instance_uid)

    def _is_fetching(self) -> bool:
        return bool(self._asked) or self.list.summary().current > 0

    # To the process

    def _add(
        self, request: TransferRequest, workspace: "Workspace | None", noted: Mapping[str, int] | None = None
    ) -> None:
        tag = next(self._tags)
        self._asked[tag] = _Asked(request, workspace)
        self._put({"do": "add", "tag": tag, **(noted or {"request": request.as_json()})})

    def _wish(self, wish: str, key: int) -> None:
        self._put({"do": wish, "key": key})

    def _put(self, message: Mapping[str, Any]) -> None:
        if self._process is not None:
            self._process.say(message)
        else:
            self._asked.clear()
            self._foot.say(_("There is no library open: nothing can be fetched or sent"))
