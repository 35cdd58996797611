"""The page "Measurements": all marks of the open studies, and what is known of the chosen ones.

What stands in it is made when it is first looked at: a window opens without it.
"""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QApplication, QFrame, QLineEdit, QScrollArea, QSplitter, QVBoxLayout, QWidget

from viewer.base.translation import N_, _
from viewer.measurement.annotation import Annotation
from viewer.ui.labels import plain_label
from viewer.workspace.measuring.mark_deeds import remove_selected, say, selected_marks
from viewer.workspace.study_nodes import Study
from viewer.workspace.workspace import Workspace

MARGIN_PX, GAP_PX = 8, 6
FOLLOW_MS = 60
_LIST_SHARE, _DETAILS_SHARE = 55, 45


class MeasurementsPanel(QWidget):
    """The page of one window."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        self._is_made, self._is_old = False, True
        self._study: Study | None = None
        self.setAccessibleName(_("Measurements"))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self.refresh)
        book = workspace.shared.annotations
        self._disconnect = [
            book.changed.connect(lambda _uids: self._follow()),
            book.calibrations.changed.connect(lambda _uids: self._follow()),
            book.selection_changed.connect(lambda _none: self._follow(is_list=False)),
            workspace.active_changed.connect(lambda _cell: self._follow(is_list=False)),
            workspace.viewports_changed.connect(lambda _cells: self._follow(is_list=False)),
            workspace.displayed_changed.connect(lambda _cell: self._follow(is_list=False)),
            workspace.catalogue.changed.connect(lambda _keys: self._follow()),
            workspace.tree.changed.connect(lambda _change: self._follow()),
        ]
        self.destroyed.connect(lambda: [disconnect() for disconnect in self._disconnect])

    def showEvent(self, event: QShowEvent) -> None:
        """Make what stands in it the first time, and show what is now."""
        super().showEvent(event)
        if not self._is_made:
            self._make()
        self.refresh()

    def refresh(self) -> None:
        """Show what is now."""
        if not self._is_made:
            return
        from viewer.workspace.measuring.measurement_table import grouped

        self._timer.stop()
        series = self.workspace.series_at(self.workspace.active)
        study = series.study if series is not None else None
        if self._is_old or study is not self._study:
            self._is_old, self._study = False, study
            self.list.show_marks(grouped(self.workspace, self.places))
        has_marks = bool(self.list.count)
        self._nothing.setVisible(not has_marks)
        self._search.setVisible(has_marks)
        self._split.setVisible(has_marks)
        self.list.follow(self.workspace.shared.annotations.selected)
        self.details.refresh()

    def show_anew(self) -> None:
        """List all marks anew with the next refresh."""
        self._is_old = True

    def focus_list(self) -> None:
        """Put the keyboard into the list."""
        if self._is_made:
            self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)
            first = self.list.topLevelItem(0)
            if self.list.currentItem() is None and first is not None:
                self.list.setCurrentItem(first)

    # What the list, its keys and its menu do

    def go(self, uid: str) -> None:
        """Go to a mark."""
        from viewer.workspace.measuring.mark_places import go_to

        mark = self.workspace.shared.annotations.get(uid)
        if mark is not None and (refusal := go_to(self.workspace, mark, self.places)):
            say(self.workspace, refusal)

    def go_to_chosen(self) -> None:
        """Go to the first of the marks that are chosen."""
        chosen = self.list.chosen()
        if chosen:
            self.go(chosen[0])

    def toggle_lock(self) -> None:
        """Lock the marks that are chosen, or unlock them where all are locked."""
        is_locked = not all(each.is_locked for each in selected_marks(self.workspace))
        self._edit(N_("Lock marks"), lambda each: replace(each, is_locked=is_locked))

    def toggle_hidden(self) -> None:
        """Hide the marks that are chosen, or show them where all are hidden."""
        is_hidden = not all(each.is_hidden for each in selected_marks(self.workspace))
        self._edit(N_("Hide marks"), lambda each: replace(each, is_hidden=is_hidden))

    def rename(self, uid: str, name: str) -> None:
        """Call a mark by another name."""
        from viewer.workspace.measuring.lesion_deeds import rename

        rename(self.workspace, uid, name)

    def _edit(self, title: str, how: Callable[[Annotation], Annotation]) -> None:
        from viewer.workspace.measuring.lesion_deeds import edit

        edit(self.workspace, self.list.chosen(), title, how)

    def focus_group(self) -> None:
        """Put the keyboard where the group is written."""
        self.details.properties.group.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def remove(self) -> None:
        """Remove the marks that are chosen and not locked; the row after them is the current one then."""
        remove_selected(self.workspace)
        self.refresh()

    def copy_text(self) -> None:
        """Copy the marks that are chosen, or all, as text."""
        self._copy_text(self.list.chosen() or self._all())

    def copy_csv(self) -> None:
        """Copy the marks that are chosen, or all, as CSV."""
        self._copy_csv(self.list.chosen() or self._all())

    def copy_all_text(self) -> None:
        """Copy all marks as text."""
        self._copy_text(self._all())

    def copy_all_csv(self) -> None:
        """Copy all marks as CSV."""
        self._copy_csv(self._all())

    def copy(self, text: str) -> None:
        """Put a text into the clipboard, and say so."""
        QApplication.clipboard().setText(text)
        say(self.workspace, _("Copied to the clipboard"))

    def _copy_text(self, uids: tuple[str, ...]) -> None:
        from viewer.workspace.measuring.copying import marks_as_text

        book = self.workspace.shared.annotations
        marks = [mark for uid in uids if (mark := book.get(uid)) is not None]
        self.copy(marks_as_text(self.workspace, marks, self.places))

    def _copy_csv(self, uids: tuple[str, ...]) -> None:
        from viewer.workspace.measuring.copying import marks_as_csv

        book = self.workspace.shared.annotations
        self.copy(marks_as_csv(mark for uid in uids if (mark := book.get(uid)) is not None))

    def _all(self) -> tuple[str, ...]:
        return self.list.all_uids()

    def _key(self, name: str) -> None:
        deeds = {
            "remove": self.remove,
            "copy": self.copy_text,
            "hide": self.toggle_hidden,
            "lock": self.toggle_lock,
            "group": self.focus_group,
            "all": self.list.choose_study,
        }
        deeds[name]()

    def _chosen(self) -> None:
        self.workspace.shared.annotations.select(self.list.chosen())

    def _menu(self, place: QPoint) -> None:
        from viewer.ui.measuring.measurement_menu import measurement_menu

        measurement_menu(self).popup(place)

    # Following

    def _follow(self, *, is_list: bool = True) -> None:
        """Show it soon; many changes are shown together, and what is seen only while it is seen."""
        self._is_old |= is_list
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def _make(self) -> None:
        from viewer.ui.measuring.measurement_details import MeasurementDetails
        from viewer.ui.measuring.measurement_list import MeasurementList
        from viewer.workspace.measuring.mark_places import MarkPlaces

        self._is_made = True
        self.places = MarkPlaces(self.workspace.tree, self.workspace.catalogue)
        self._nothing = plain_label(
            _(
                "Nothing is marked yet. Choose a measuring tool in the toolbar or in the menu Measure, then drag on"
                " an image. What is marked is kept at once."
            )
        )
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._nothing.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX)
        self._search = QLineEdit()
        self._search.setPlaceholderText(_("Search the marks"))
        self._search.setAccessibleName(_("Search the marks"))
        self._search.setClearButtonEnabled(True)
        self.list: MeasurementList = MeasurementList()
        self._search.textChanged.connect(self.list.narrow)
        self.list.chosen_changed.connect(self._chosen)
        self.list.go_wanted.connect(self.go)
        self.list.renamed.connect(self.rename)
        self.list.key_wanted.connect(self._key)
        self.list.menu_wanted.connect(self._menu)
        self.details: MeasurementDetails = MeasurementDetails(self)
        below = QScrollArea()
        below.setWidgetResizable(True)
        below.setFrameShape(QFrame.Shape.NoFrame)
        below.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        below.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        below.setWidget(self.details)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self.list)
        self._split.addWidget(below)
        self._split.setSizes([_LIST_SHARE * 10, _DETAILS_SHARE * 10])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GAP_PX, 0, 0)
        column.setSpacing(GAP_PX)
        column.addWidget(self._search)
        column.addWidget(self._nothing, 1)
        column.addWidget(self._split, 1)
