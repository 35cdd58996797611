"""Key images as the program has them: documents are read as they come, and what was rejected is left out and told.

A study that was opened from a disc or folder may have documents in the library: those count as well.
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.translation import _
from viewer.dicom.sop_classes import SopKind, sop_kind
from viewer.ui.presenting.key_window import WindowKeys
from viewer.workspace.library_browsing import DeskState
from viewer.workspace.presenting.key_documents import KeyDocuments
from viewer.workspace.presenting.key_words import hidden_words
from viewer.workspace.study_tree import TreeChange

if TYPE_CHECKING:
    from viewer.application.programme import Programme
    from viewer.base.errors import ViewerError
    from viewer.library.library import Library
    from viewer.ui.main_window import MainWindow


class KeyPlace:
    """Belongs to the program."""

    def __init__(self, programme: "Programme") -> None:
        self._programme = programme
        self._keys = programme.shared.keys
        self._documents = KeyDocuments(self._keys, programme.tree, programme.runner)
        self._told = 0
        self._asked: set[str] = set()
        self._to_ask: set[str] = set()
        self._disconnect = [
            programme.library.desk.state_changed.connect(lambda _state: self._ask_library()),
            programme.tree.changed.connect(self._studies_changed),
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

    def _studies_changed(self, change: TreeChange) -> None:
        """Ask the library for documents of studies that were opened, once it is open: images come first."""
        tree, library = self._programme.tree, self._programme.library
        if change.is_rebuilt:
            self._asked &= {study.study_instance_uid for study in tree.studies()}
        if library.folder is None:
            return
        series = (found for key in change.series_keys if (found := tree.series(key)) is not None)
        self._to_ask |= {each.study.study_instance_uid for each in series} - self._asked - {""}
        self._asked |= self._to_ask
        self._ask_library()

    def _ask_library(self) -> None:
        desk = self._programme.library.desk
        if self._to_ask and desk.state is DeskState.OPEN:
            wanted, self._to_ask = frozenset(self._to_ask), set()
            desk.ask(partial(_kept_documents, wanted), self._documents.read_kept, _is_told_by_others)

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


def _kept_documents(study_instance_uids: Iterable[str], library: "Library") -> tuple[Path, ...]:
    """Return the files of the documents that the library has of studies."""
    return tuple(
        library.store.path_of(row.kept)
        for uid in study_instance_uids
        for row in library.catalogue.instances_of_study(uid)
        if sop_kind(row.sop_class_uid) is SopKind.KEY_OBJECT
    )


def _is_told_by_others(_error: "ViewerError") -> None:
    """Whoever asks the library next says what is wrong with it."""
