"""One window's side of commands for archives, transfers and sending."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from viewer.application.exchange_place import PANEL, ExchangePlace
from viewer.ui.archives.transfers_panel import TransfersPanel
from viewer.workspace.sending import StudyToSend, kept_to_send, open_to_send

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.library.library import Library
    from viewer.library.study_row import StudyRow
    from viewer.ui.main_window import MainWindow


class WindowExchange:
    """One window's side of commands (workspace.exchange_actions)."""

    def __init__(
        self, place: ExchangePlace, programme: "Programme", window: "MainWindow", panel: TransfersPanel
    ) -> None:
        self._place, self._programme, self._window, self._panel = place, programme, window, panel

    @property
    def can_transfer(self) -> bool:
        """Whether the program has a library."""
        return self._place.has_library

    @property
    def has_ended(self) -> bool:
        """Whether the list of transfers holds some that are done."""
        return self._panel.has_ended

    @property
    def can_send(self) -> bool:
        """Whether studies are chosen, or open."""
        return self._has_chosen or self._window.workspace.series_at(self._window.workspace.active) is not None

    @property
    def _has_chosen(self) -> bool:
        commands = self._window.workspace.window
        return (
            commands is not None
            and self._window.shows_library
            and not commands.library.is_in_trash
            and bool(commands.library.has_study)
        )

    def show_peers(self) -> None:
        """Show the archives there are."""
        self._place.show_peers(self._window)

    def examine(self) -> None:
        """Examine an archive step by step."""
        commands = self._window.workspace.window
        name = commands.archives.pointed_archive if commands is not None else ""
        self._place.show_peers(self._window, name, examines=True)

    def show_transfers(self) -> None:
        """Bring the list of transfers to the front."""
        self._window.show_panel(PANEL)
        self._panel.focus_list()

    def clear_ended(self) -> None:
        """Take what is done from the list."""
        self._panel.clear_ended()

    def send(self) -> None:
        """Ask where the chosen studies are to be sent."""
        self._with_studies(partial(self._place.ask_where, self._window, only_commits=False))

    def commit(self) -> None:
        """Ask which archive is to promise that it keeps the chosen studies."""
        self._with_studies(partial(self._place.ask_where, self._window, only_commits=True))

    def _with_studies(self, act: "Callable[[Sequence[StudyToSend]], None]") -> None:
        commands = self._window.workspace.window
        if commands is None:
            return
        if self._has_chosen:
            uids = commands.library.chosen_study_uids

            def chosen(library: "Library") -> "list[StudyRow]":
                return [row for uid in uids for row in library.catalogue.studies_of_uid(uid)]

            self._programme.library.desk.ask(chosen, lambda rows: act(kept_to_send(rows)))
            return
        workspace = self._window.workspace
        series = workspace.series_at(workspace.active)
        if series is not None:
            act([open_to_send(series.study, self._programme.library.openings.is_kept)])
