"""The receiver as the program has it: watched, told to every window, and kept or stopped when the last one closes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from viewer.application.receiver_watch import ReceiverWatch
from viewer.application.reception_jobs import CheckPlace, DrawInstance, SetAutostart, ShortenLog, picture
from viewer.application.reception_news import ReceptionNews
from viewer.base.byte_source import ByteSource
from viewer.base.errors import SettingsError, ViewerError
from viewer.base.jobs import MEDIA, THUMBNAIL, Job
from viewer.base.translation import _
from viewer.library.aside_count import AsideCount, aside_count
from viewer.reception.receiver_process import (
    Condition,
    Phase,
    ReceiverProcess,
    receiver_command,
)
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.ui.main_window import MainWindow
from viewer.workspace.library_browsing import LibraryDesk

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.reception.reachability import Trouble

T = TypeVar("T")
SECTION = "receiver"
PAGE = "receiver"
RULES_PAGE = "routing"
_LAST_WAIT_S = 3.0


class Reception(QObject):
    """Belongs to the program; implements ui.reception.office.Office.

    Args:
        folder: Of the library.
        desk: The library as the window has it.
        is_attended: Whether the program's own settings may start a receiver, and a tray is wanted.
        command: The receiver's command line; None for this program's.
    """

    condition_changed = Signal()
    settings_changed = Signal()
    aside_changed = Signal()

    def __init__(
        self,
        programme: "Programme",
        folder: Path,
        desk: LibraryDesk,
        *,
        is_attended: bool = True,
        command: Sequence[str] | None = None,
    ) -> None:
        super().__init__(programme)
        self._programme, self._desk, self._folder = programme, desk, folder
        self._settings = programme.settings.section(SECTION, ReceiverSettings)
        self.draft: ReceiverSettings | None = None
        self._command = tuple(command) if command is not None else receiver_command(folder, self.config_folder)
        self._process = ReceiverProcess(folder, self.config_folder, command=self._command)
        self._condition = Condition(Phase.OFF)
        self._count: AsideCount | None = None
        self._news = ReceptionNews(lambda: programme.windows, self.show_page, self.decide)
        self._is_attended, self._is_closed = is_attended, False
        self._watch = ReceiverWatch(self._process, programme.bridge.deliver, self._condition_is)
        self._disconnect = desk.changed.connect(lambda _none: self._count_aside())
        self._disconnect_state = desk.state_changed.connect(lambda _state: self._count_aside())
        self._has_begun = self._is_looked_after = False
        programme.opener.ended.connect(lambda _end: self._begin_when_quiet())

    # What pages ask (Office)

    @property
    def settings(self) -> ReceiverSettings:
        """The settings in force."""
        return self._settings

    @property
    def condition(self) -> Condition:
        """How it stands with the receiver."""
        return self._condition

    @property
    def desk(self) -> LibraryDesk:
        """The library as the window has it."""
        return self._desk

    @property
    def config_folder(self) -> Path:
        """The folder of the settings."""
        return self._programme.settings.folder

    def put_into_force(self, settings: ReceiverSettings, told: "Callable[[Trouble | None], None]") -> None:
        """Try, keep and follow other settings."""
        from viewer.reception.reachability import Trouble, troubles

        if found := troubles(settings):
            told(found[0])
            return
        if not settings.is_on:
            self._follow(settings, told)
            return
        state = self._condition.state if self._condition.is_up else None
        # The receiver that runs holds its port itself: then only the address can be wrong.
        port = 0 if state is not None and state.port == settings.port else settings.port

        def tried(trouble: "Trouble | None") -> None:
            if trouble is not None:
                told(trouble)
            else:
                self._follow(settings, told)

        self.run(CheckPlace(settings.bind, port), tried, lambda error: told(Trouble("bind", error.one_line())))

    def renewed(self, study_instance_uids: Sequence[str]) -> None:
        """Studies have other files in force now."""
        self._programme.library.renewed(study_instance_uids)

    def start(self) -> None:
        """Start the receiver."""
        self._is_looked_after = True
        self._process.start()
        self._watch.look_now()

    def stop(self) -> None:
        """Stop the receiver."""
        self._is_looked_after = False
        self._process.stop()
        self._watch.look_now()

    def restart(self) -> None:
        """Stop the receiver and start it again."""
        self._is_looked_after = True
        self._process.restart()
        self._watch.look_now()

    def run(
        self, job: Job[T], done: Callable[[T], None], failed: Callable[[ViewerError], None], *, key: object = None
    ) -> None:
        """Run a job that waits for the network or the disk."""

        def went_wrong(error: Exception) -> None:
            if not isinstance(error, ViewerError):
                raise error
            failed(error)

        self._programme.runner.submit(job, lane=MEDIA, key=key, done=done, failed=went_wrong)

    def draw(
        self,
        source: ByteSource,
        side: int,
        beside: QWidget,
        done: Callable[[QImage], None],
        failed: Callable[[ViewerError], None],
    ) -> None:
        """Draw the first image of a file small, in the greys of the monitor that a widget is on."""
        ratio = beside.devicePixelRatioF()
        calibration = self._programme.monitors.calibration_at(beside)
        job = DrawInstance(source, round(side * ratio), self._programme.decoder, calibration)

        def went_wrong(error: Exception) -> None:
            if not isinstance(error, ViewerError):
                raise error
            failed(error)

        self._programme.runner.submit(
            job, lane=THUMBNAIL, done=lambda pixels: done(picture(pixels, ratio)), failed=went_wrong
        )

    # What the program tells

    def window_opened(self, window: MainWindow) -> None:
        """Put the receiver and the alarm at a window's foot."""
        self._news.window_opened(window)
        window.closing.connect(self._window_closing)
        commands = window.workspace.window
        if commands is not None:
            commands.reception = self
        window.actions_table.refresh()
        self._make_tray()
        self._stay_or_end()
        QTimer.singleShot(0, self, self._begin_when_quiet)

    def close(self) -> None:
        """Leave the receiver running, or stop it: as the settings say. The windows are closed."""
        if self._is_closed:
            return
        self._is_closed = True
        self._disconnect()
        self._disconnect_state()
        if self._news.tray is not None:
            self._news.tray.close()
        self._watch.close()
        if self._is_looked_after and not self._stays:
            self._process.stop()
            self._process.end(_LAST_WAIT_S)
        self._process.let_go()

    def decide(self, window: MainWindow | None = None) -> None:
        """Show what waits for a decision."""
        from viewer.ui.reception.aside_window import AsideWindow

        for each in QApplication.topLevelWidgets():
            if isinstance(each, AsideWindow) and each.isVisible():
                each.raise_()
                each.activateWindow()
                return
        owner = window or self._some_window()
        decisions = AsideWindow(self, owner)
        owner.closing.connect(decisions.close)
        decisions.show()

    def preference_pages(self) -> dict[str, tuple[str, QWidget]]:
        """Return the pages that the receiver has in the preferences: title and widget, made anew, by id."""
        from viewer.ui.reception.receiver_page import ReceiverPage
        from viewer.ui.reception.rules_page import RulesPage

        return {PAGE: (_("Receiver"), ReceiverPage(self)), RULES_PAGE: (_("Routing"), RulesPage(self))}

    @property
    def is_wanted(self) -> bool:
        """Whether the receiver runs, or is on its way."""
        return self._condition.phase in {Phase.RUNNING, Phase.STARTING, Phase.WAITING}

    def reconcile(self, study_instance_uid: str) -> None:
        """Show how a study's identity is put right."""
        from viewer.ui.reception.reconcile_window import ReconcileWindow

        owner = self._some_window()
        reconciling = ReconcileWindow(self, study_instance_uid, owner)
        owner.closing.connect(reconciling.leave)
        reconciling.show()

    # Following

    def _begin_when_quiet(self) -> None:
        """Look after the receiver from now on: after the first image, which a process that starts would hold up."""
        if self._has_begun or self._is_closed or not self._is_attended or self._programme.opener.is_busy:
            return
        self._has_begun = True
        if self._settings.is_on:
            self.start()
        self._watch.start()

    @property
    def _stays(self) -> bool:
        return self._settings.keeps_when_closed or self._settings.starts_at_login

    def _follow(self, settings: ReceiverSettings, told: "Callable[[Trouble | None], None]") -> None:
        from viewer.reception.reachability import Trouble

        try:
            self._programme.settings.store(SECTION, settings)
        except SettingsError as error:
            told(Trouble("", error.one_line()))
            return
        before, self._settings = self._settings, settings
        if self.draft == settings:
            self.draft = None
        if settings.is_on or (self._is_looked_after and not before.is_on):
            self.restart()
        elif before.is_on:
            self.stop()
        if settings.starts_at_login != before.starts_at_login:
            self.run(SetAutostart(self._command, settings.starts_at_login), lambda _none: None, self._say)
        self._make_tray()
        self._stay_or_end()
        self.settings_changed.emit()
        told(None)

    def _condition_is(self, condition: Condition) -> None:
        before, self._condition = self._condition, condition
        self._news.show_condition(condition)
        if condition.phase is not before.phase:
            self.run(ShortenLog(self.config_folder), lambda _none: None, self._say, key="receiver log")
        self.condition_changed.emit()

    def _count_aside(self) -> None:
        if self._desk.is_open:
            self._desk.ask(aside_count, self._counted, lambda _error: None, key="aside count")

    def _counted(self, count: AsideCount) -> None:
        before, self._count = self._count, count
        self._news.show_count(count)
        if count != before:
            self.aside_changed.emit()

    def _say(self, error: ViewerError) -> None:
        self._news.say(error.one_line())

    # Windows and tray

    def show_page(self, window: MainWindow | None = None) -> None:
        """Show the receiver's page."""
        self._programme.show_preferences(window or self._some_window(), PAGE)

    def _some_window(self) -> MainWindow:
        windows = self._programme.windows
        if not windows:
            return self._programme.open_window()
        return next((window for window in windows if window.isActiveWindow()), windows[-1])

    def _window_closing(self, window: MainWindow) -> None:
        self._news.window_closing(window)
        if not self._news.has_windows and self._news.tray is not None and self._settings.is_on and self._stays:
            self._news.tray.tell(_("The receiver goes on; the window is opened again from here"))

    def _make_tray(self) -> None:
        if self._news.tray is not None or not self._is_attended or not self._settings.is_on:
            return
        from viewer.application.tray import Tray, TrayActions

        if not Tray.available():
            return
        actions = TrayActions(
            lambda: self._some_window().activateWindow(), self.start, self.stop, self.show_page, self.decide, self._quit
        )
        self._news.show_tray(Tray(self, actions))

    def _stay_or_end(self) -> None:
        """With a receiver that goes on, and a tray to come back by, the program outlives its last window."""
        stays = self._news.tray is not None and self._settings.is_on and self._stays
        QApplication.setQuitOnLastWindowClosed(not stays)

    def _quit(self) -> None:
        QApplication.closeAllWindows()
        QApplication.quit()
