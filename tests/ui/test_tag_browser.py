"""The tag browser over real files: nested, searched, compared, copied, down to the bytes."""

from collections.abc import Iterator
from pathlib import Path

import pydicom.data
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QTreeView
from pytestqt.qtbot import QtBot

from tests.builders.ct_series import write_ct_series
from tests.ui.program_window import HOSTILE, open_window, running, write_series
from viewer.application.programme import Programme
from viewer.base.byte_source import FileBytes
from viewer.base.jobs import Progress
from viewer.ui.main_window import MainWindow
from viewer.ui.panels.hex_view import HexView
from viewer.ui.panels.tag_browser import TagBrowser
from viewer.ui.panels.tag_model import COLUMN_NAME, COLUMN_OTHER, COLUMN_VALUE, TagModel
from viewer.workspace.tag_rows import FilterTags, ReadTags, TagRow, as_text, hex_lines


def _file(name: str) -> FileBytes:
    found = pydicom.data.get_testdata_file(name, download=False)
    assert isinstance(found, str)
    return FileBytes(Path(found))


def _names(rows: tuple[TagRow, ...]) -> list[str]:
    return [row.name for row in rows]


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    with running(qapp, tmp_path) as made:
        yield made


def _shown(window: MainWindow, qtbot: QtBot) -> tuple[TagBrowser, QTreeView]:
    window.actions_table.run("image.tags")
    panel = window.findChildren(TagBrowser)[0]
    tree = panel.findChildren(QTreeView)[0]
    qtbot.waitUntil(lambda: tree.model().rowCount() > 0, timeout=10_000)
    return panel, tree


def _row_of(tree: QTreeView, name: str, column: int = COLUMN_NAME) -> QModelIndex:
    model = tree.model()
    for row in range(model.rowCount()):
        if model.index(row, COLUMN_NAME).data() == name:
            return model.index(row, column)
    raise AssertionError(f"{name} is not listed")


def test_items_of_sequences_are_nested() -> None:
    table = ReadTags(_file("rtplan.dcm")).run(Progress())
    beams = next(row for row in table.rows if row.name == "Beam Sequence")
    assert [child.tag for child in beams.children] == ["Item 1"]
    assert "Beam Name" in _names(beams.children[0].children)


@pytest.mark.parametrize(
    "typed", ["0010,0010", "(0010,0010)", "00100010", "patient's name", "PatientName", "last^first"]
)
def test_a_search_finds_by_tag_name_keyword_and_value(typed: str) -> None:
    table = ReadTags(_file("rtplan.dcm")).run(Progress())
    assert "Patient's Name" in _names(FilterTags(table.rows, typed).run(Progress()))


def test_a_search_keeps_the_way_to_what_it_found() -> None:
    table = ReadTags(_file("rtplan.dcm")).run(Progress())
    found = FilterTags(table.rows, "beam name").run(Progress())
    assert _names(found) == ["Beam Sequence"]
    assert _names(found[0].children[0].children) == ["Beam Name"]


def test_a_comparison_marks_what_differs(tmp_path: Path) -> None:
    one, other = write_ct_series(tmp_path, 2, 64)
    table = ReadTags(FileBytes(one), FileBytes(other)).run(Progress())
    differing = set(_names(FilterTags(table.rows, only_differences=True).run(Progress())))
    assert {"SOP Instance UID", "Instance Number", "Image Position (Patient)", "Pixel Data"} <= differing
    assert "Patient's Name" not in differing
    assert table.differences == sum(row.differs and not row.children for row in table.rows)


def test_a_file_does_not_differ_from_itself() -> None:
    table = ReadTags(_file("rtplan.dcm"), _file("rtplan.dcm")).run(Progress())
    assert table.differences == 0
    assert FilterTags(table.rows, only_differences=True).run(Progress()) == ()


def test_rows_as_text_are_indented() -> None:
    table = ReadTags(_file("rtplan.dcm")).run(Progress())
    lines = list(as_text(table.rows))
    assert "(0010,0010)\tPN\tPatient's Name\tLast^First^mid^pre" in lines
    assert any(line.startswith("    (300A,00C2)") for line in lines)


def test_the_hex_dump_is_that_of_the_bytes() -> None:
    assert list(hex_lines(b"DICM\x00\xff", 4)) == ["00000  44 49 43 4d  DICM", "00004  00 ff        ··"]


def test_the_panel_lists_the_active_image(programme: Programme, tmp_path: Path, qtbot: QtBot) -> None:
    window = open_window(programme, write_series(tmp_path / "series"))
    _panel, tree = _shown(window, qtbot)
    number = _row_of(tree, "Instance Number", COLUMN_VALUE)
    assert number.data() == "1"
    window.workspace.scroll(1)
    qtbot.waitUntil(lambda: _row_of(tree, "Instance Number", COLUMN_VALUE).data() == "2", timeout=5000)


def test_typing_and_escape_by_the_keyboard(programme: Programme, tmp_path: Path, qtbot: QtBot) -> None:
    window = open_window(programme, write_series(tmp_path / "series"))
    window.activateWindow()
    panel, tree = _shown(window, qtbot)
    everything = tree.model().rowCount()
    field = panel.findChildren(QLineEdit)[0]
    assert field.hasFocus()
    QTest.keyClicks(field, "0028,0010")
    qtbot.waitUntil(lambda: tree.model().rowCount() == 1, timeout=5000)
    assert tree.model().index(0, COLUMN_NAME).data() == "Rows"
    QTest.keyClick(field, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: tree.model().rowCount() == everything, timeout=5000)


def test_a_row_shows_its_bytes_and_is_copied(programme: Programme, tmp_path: Path, qtbot: QtBot) -> None:
    window = open_window(programme, write_series(tmp_path / "series", name=HOSTILE))
    panel, tree = _shown(window, qtbot)
    view = panel.findChildren(HexView)[0]
    tree.setFocus()
    tree.setCurrentIndex(_row_of(tree, "Patient's Name"))
    qtbot.waitUntil(lambda: "3c 69 6d 67" in view.toPlainText(), timeout=5000)  # "<img" as bytes
    QTest.keyClick(tree, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert HOSTILE in QGuiApplication.clipboard().text()
    tree.setCurrentIndex(_row_of(tree, "Pixel Data"))
    qtbot.waitUntil(lambda: view.toPlainText().startswith("00000  "), timeout=5000)


def test_the_panel_compares_with_the_next_image(programme: Programme, tmp_path: Path, qtbot: QtBot) -> None:
    window = open_window(programme, write_series(tmp_path / "series"))
    window.actions_table.run("image.compare_tags")
    panel, tree = _shown(window, qtbot)
    qtbot.waitUntil(lambda: _row_of(tree, "Instance Number", COLUMN_OTHER).data() == "≠  2", timeout=5000)
    everything = tree.model().rowCount()
    panel.findChildren(QCheckBox)[0].click()
    qtbot.waitUntil(lambda: 0 < tree.model().rowCount() < everything, timeout=5000)
    assert _row_of(tree, "Instance Number", COLUMN_VALUE).data() == "1"


def test_the_model_keeps_the_rules_of_qt(qtbot: QtBot) -> None:
    from PySide6.QtTest import QAbstractItemModelTester

    del qtbot
    model = TagModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_rows(ReadTags(_file("rtplan.dcm")).run(Progress()).rows)
    model.show_rows(())
    assert tester.model() is model
