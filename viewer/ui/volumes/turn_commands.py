"""Asks how and where a turn of the active viewport's volume is saved, and shows how far it is."""

import itertools
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.ui.main_window import MainWindow
from viewer.ui.viewports.render_service import RenderService
from viewer.ui.viewports.viewport import Viewport
from viewer.ui.volumes.turn_dialog import TurnDialog
from viewer.ui.volumes.turn_saving import TurnSaving, TurnSettings
from viewer.ui.volumes.turned_pictures import TurnForm

_numbers = itertools.count(1)


def save_turn(window: MainWindow, rendering: RenderService) -> None:
    """Ask, and save."""
    viewport = window.active_widget()
    if isinstance(viewport, Viewport):
        TurnDialog(window, lambda settings: _ask_place(window, viewport, rendering, settings)).open()


def start_saving(
    window: MainWindow, viewport: Viewport, rendering: RenderService, settings: TurnSettings, path: Path
) -> TurnSaving | None:
    """Begin to write a turn, shown in the job line of the window; None where it cannot even begin."""
    key, line = f"turn {next(_numbers)}", window.job_line

    def ended(error: ViewerError | None, is_cancelled: bool) -> None:
        line.finish(key)
        if error is not None:
            line.show_message(error.one_line())
        elif not is_cancelled:
            line.show_message(_("Written, with the patient's name in every picture: {0}").format(str(path)))

    try:
        saving = TurnSaving(viewport, rendering, path, settings, lambda report: line.show_progress(report, key), ended)
    except ViewerError as error:
        line.show_message(error.one_line())
        return None
    line.start(saving.cancel, key)
    saving.start()
    return saving


def _ask_place(window: MainWindow, viewport: Viewport, rendering: RenderService, settings: TurnSettings) -> None:
    dialog = QFileDialog(window, _("Save the turn"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    if settings.form is TurnForm.PICTURES:
        dialog.selectFile("turn")
    else:
        dialog.setNameFilter(f"*.{settings.form.value}")
        dialog.setDefaultSuffix(settings.form.value)
        dialog.selectFile(f"turn.{settings.form.value}")
    dialog.fileSelected.connect(lambda name: start_saving(window, viewport, rendering, settings, Path(name)) and None)
    dialog.open()
