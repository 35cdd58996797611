"""Key images as the program has them: documents are read as they come, and what was rejected is left out and told."""

from functools import partial
from typing import TYPE_CHECKING

from viewer.base.translation import _
from viewer.ui.presenting.key_window import WindowKeys
from viewer.workspace.presenting.key_documents import KeyDocuments
from viewer.workspace.presenting.key_words import hidden_words

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.ui.main_window import MainWindow


class KeyPlace:
    """Belongs to the program."""

    def __init__(self, programme: "Programme") -> None:
        self._programme = programme
        self._keys = programme.shared.keys
        self._documents = KeyDocuments(self._keys, programme.tree, programme.runner)
        self._told = 0
        self._disconnect = [
            self._keys.hidden_changed.connect(lambda _none: self._hide()),
            self._keys.changed.connect(lambda _uids: self._refresh()),
            self._keys.view_changed.connect(lambda _none: self._refresh()),
        ]

    def window_opened(self, window: "MainWindow") -> None:
        """Give a window its side of the commands."""
        commands = window.workspace.window
        if commands is not None:
            say = window.job_line.show_message
            commands.keys = WindowKeys(window, window.workspace, self._programme.objects, say)

    def close(self) -> None:
        """The windows are closed."""
        for disconnect in self._disconnect:
            disconnect()

    def _hide(self) -> None:
        catalogue = self._programme.shared.catalogue
        catalogue.hide(self._keys.hidden)
        count = sum(catalogue.hidden_of(series) for series in self._programme.tree.all_series())
        if count > self._told:
            for window in self._programme.windows:
                if self._keys.has_rejected and not self._keys.shows_rejected:
                    show = partial(self._keys.show_rejected, is_so=True)
                    window.job_line.show_message(hidden_words(count), _("Show"), show)
                else:
                    window.job_line.show_message(hidden_words(count))
        self._told = count

    def _refresh(self) -> None:
        for window in self._programme.windows:
            window.actions_table.refresh_soon()
