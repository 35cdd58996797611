"""Presets edited in the window: in force at once, everywhere, and kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QPushButton, QTableWidget, QTableWidgetItem
from pytestqt.qtbot import QtBot

from tests.ui.program_window import open_window, running, write_series
from viewer.application.programme import Programme
from viewer.imaging.voi_lut import VoiFunction, Window
from viewer.ui.dialogs.preset_editor import COLUMN_CENTER, COLUMN_NAME, COLUMN_WIDTH, PresetEditor
from viewer.workspace.commands.window_level import apply_preset
from viewer.workspace.presets import PresetTable


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    with running(qapp, tmp_path) as made:
        yield made


@pytest.fixture
def editor(programme: Programme, tmp_path: Path, qtbot: QtBot) -> PresetEditor:
    window = open_window(programme, write_series(tmp_path / "series"))
    window.actions_table.run("window.edit_presets")
    found = window.findChildren(PresetEditor)[0]
    qtbot.waitUntil(found.isVisible)
    return found


def _cell(editor: PresetEditor, row: int, column: int) -> QTableWidgetItem:
    item = editor.findChildren(QTableWidget)[0].item(row, column)
    assert item is not None
    return item


def _press(editor: PresetEditor, text: str) -> None:
    next(button for button in editor.findChildren(QPushButton) if button.text() == text).click()


def test_it_begins_with_the_modality_on_screen(editor: PresetEditor) -> None:
    assert editor.presets == PresetTable.builtin().of("CT")
    assert _cell(editor, 0, COLUMN_NAME).text() == "Brain"


def test_a_width_is_in_force_at_once_and_kept(editor: PresetEditor, programme: Programme) -> None:
    _cell(editor, 0, COLUMN_WIDTH).setText("90")
    workspace = programme.windows[0].workspace
    apply_preset(workspace, 1)
    assert workspace.viewport(0).view.voi == Window(40, 90)
    assert any("CT|Brain|40.0|90.0|LINEAR" in line for line in _kept(programme))
    _press(editor, "Restore")
    assert editor.presets == PresetTable.builtin().of("CT")
    assert _kept(programme) == []


def _kept(programme: Programme) -> list[str]:
    return [line for line in programme.settings.path.read_text("utf-8").splitlines() if "CT|" in line]


@pytest.mark.parametrize(("column", "text"), [(COLUMN_WIDTH, "0"), (COLUMN_WIDTH, "wide"), (COLUMN_CENTER, "nan")])
def test_what_is_no_window_is_refused_and_said(editor: PresetEditor, column: int, text: str) -> None:
    before = editor.presets
    _cell(editor, 0, column).setText(text)
    assert editor.presets == before
    assert _cell(editor, 0, column).text() != text


def test_presets_are_added_moved_and_removed(editor: PresetEditor) -> None:
    names = [preset.name for preset in editor.presets]
    table = editor.findChildren(QTableWidget)[0]
    table.setCurrentCell(0, 0)
    _press(editor, "Move down")
    assert [preset.name for preset in editor.presets][:2] == [names[1], names[0]]
    _press(editor, "Remove")
    assert [preset.name for preset in editor.presets] == [names[1], *names[2:]]
    _press(editor, "Add")
    assert len(editor.presets) == len(names)
    assert "New preset" in {preset.name for preset in editor.presets}


def test_every_row_has_its_own_function(editor: PresetEditor) -> None:
    from PySide6.QtWidgets import QComboBox

    box = editor.findChildren(QTableWidget)[0].cellWidget(1, 3)
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(2)
    box.activated.emit(2)
    assert editor.presets[1].window.function is VoiFunction.SIGMOID


def test_other_windows_and_modalities(editor: PresetEditor, programme: Programme) -> None:
    other = programme.open_window()
    editor.show_modality("MR")
    assert editor.presets == PresetTable.builtin().of("MR")
    _press(editor, "Add")
    assert other.workspace.presets.of("MR") == editor.presets
    editor.close()
    other.workspace.set_presets(PresetTable.builtin())
