"""One window's side of the commands of the list of measurements (workspace.measuring.mark_page_actions)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from viewer.base.translation import _
from viewer.measurement.annotation import Annotation
from viewer.ui.dialogs.choice_popup import Choice, ChoicePopup
from viewer.workspace.measuring.annotation_book import study_of
from viewer.workspace.measuring.mark_deeds import say, selected_marks

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow

PAGE = "measurements"


class WindowMarkPage:
    """Opens the page and the dialogs."""

    def __init__(self, window: "MainWindow") -> None:
        self._window, self._workspace = window, window.workspace
        self._popup = ChoicePopup(window)

    def show_page(self) -> None:
        """Bring the list of measurements to the front, with the keyboard in it."""
        from viewer.ui.measuring.measurements_panel import MeasurementsPanel

        self._window.show_panel(PAGE)
        page = self._window.findChild(MeasurementsPanel)
        if isinstance(page, MeasurementsPanel):
            page.refresh()
            page.focus_list()

    def compare(self) -> None:
        """Show the lesions of the patient over all open studies."""
        from viewer.ui.measuring.comparison_dialog import ComparisonDialog
        from viewer.workspace.commands.measurement_panel import pair_and_say

        ComparisonDialog(self._window, self._workspace, self._go, lambda: pair_and_say(self._workspace)).show()

    def choose_lesion(self) -> None:
        """Ask which lesion of another study the selected mark is."""
        from viewer.workspace.measuring.lesion_deeds import pair
        from viewer.workspace.measuring.lesions import lesion_of
        from viewer.workspace.measuring.measurement_table import (
            active_patient,
            marks_of_study,
            name_of,
            numbers_of,
            study_title,
        )

        marks = selected_marks(self._workspace)
        if len(marks) != 1:
            return
        mark = marks[0]
        patient = active_patient(self._workspace)
        choices, known = [], set()
        for study in patient.sorted_studies if patient is not None else ():
            for each in marks_of_study(self._workspace, study):
                if study_of(each.anchor) == study_of(mark.anchor) or lesion_of(each) in known:
                    continue
                known.add(lesion_of(each))
                detail = "  ".join(part for part in (study_title(study), numbers_of(each)) if part)
                choices.append(Choice(each.uid, name_of(each), detail))
        if not choices:
            say(self._workspace, _("No other open study of the patient has marks"))
            return
        current = next((each.key for each in choices if self._is_same(each.key, lesion_of(mark))), "")
        prompt = _("{0} is the same lesion as…").format(name_of(mark))
        self._popup.offer(prompt, choices, lambda uid: pair(self._workspace, mark.uid, uid), current=current)

    def calibrate(self) -> None:
        """Ask how long the selected line is, and calibrate its image by that."""
        from viewer.ui.measuring.calibrate_dialog import CalibrateDialog
        from viewer.workspace.measuring.known_length import calibrate_by, known_line, refusal_of
        from viewer.workspace.measuring.mark_places import cell_showing
        from viewer.workspace.measuring.reading_texts import reading_text

        mark = known_line(self._workspace)
        if mark is None:
            say(self._workspace, _("Select the one line whose length is known"))
            return
        if cell_showing(self._workspace, mark.anchor) is None:
            self._when_shown(mark, self.calibrate)
            return
        now = reading_text(mark.readings[0]) if mark.readings else ""
        refusal = refusal_of(self._workspace, mark)
        CalibrateDialog(self._window, now, refusal, lambda known: calibrate_by(self._workspace, mark, known)).open()

    def copy(self, text: str) -> None:
        """Put a text into the clipboard."""
        QApplication.clipboard().setText(text)
        say(self._workspace, _("Copied to the clipboard"))

    def _go_to(self, mark: Annotation) -> str:
        from viewer.workspace.measuring.mark_places import MarkPlaces, go_to

        return go_to(self._workspace, mark, MarkPlaces(self._workspace.tree, self._workspace.catalogue))

    def _go(self, uid: str) -> None:
        mark = self._workspace.shared.annotations.get(uid)
        if mark is not None and (refusal := self._go_to(mark)):
            say(self._workspace, refusal)

    def _when_shown(self, mark: Annotation, call: Callable[[], None]) -> None:
        """Go to a mark, and call once its image is on screen; never when the reader goes elsewhere meanwhile."""
        from viewer.workspace.measuring.mark_places import cell_showing

        def displayed(_cell: int) -> None:
            if mark.uid not in self._workspace.shared.annotations.selected:
                disconnect()
            elif cell_showing(self._workspace, mark.anchor) is not None:
                disconnect()
                call()

        disconnect = self._workspace.displayed_changed.connect(displayed)
        refusal = self._go_to(mark)
        if refusal:
            disconnect()
            say(self._workspace, refusal)

    def _is_same(self, uid: str, lesion: str) -> bool:
        from viewer.workspace.measuring.lesions import lesion_of

        mark = self._workspace.shared.annotations.get(uid)
        return mark is not None and lesion_of(mark) == lesion
