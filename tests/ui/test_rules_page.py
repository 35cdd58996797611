"""Routing rules in the window: typed, judged, tried, put into force; and what waits to be done."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QListWidget, QPlainTextEdit, QTableWidget

from tests.builders import aside_library
from tests.ui.reception_scene import button, receiving_program, wait
from viewer.application.programme import Programme
from viewer.library.deliveries import Deliveries
from viewer.library.library import Library
from viewer.network.stations import Station
from viewer.reception.routing_rules import (
    FILE_NAME,
    Conditions,
    Export,
    Forward,
    Rule,
    Run,
    Tag,
    action_as_text,
    read_rules,
    write_rules,
)
from viewer.ui.main_window import MainWindow
from viewer.ui.preferences.preferences_window import PreferencesWindow
from viewer.ui.reception.rules_page import RulesPage

RULES = (
    Rule(
        "CT to the archive",
        Conditions(modality=("CT", "PT"), calling=("CT_*",)),
        (Forward(Station("ARCHIVE", "192.0.2.9", 104)), Tag(("to read", "new"))),
    ),
    Rule("Everything", Conditions(), (Export(Path("/srv/out")), Run(("/bin/true", "{study_uid}", "a b"), 60)), False),
)


@pytest.fixture
def program(qapp: QApplication, tmp_path: Path) -> Iterator[tuple[Programme, MainWindow]]:
    files = aside_library.series(tmp_path / "came", count=1)
    with Library(tmp_path / "library") as library:
        aside_library.receive(library, files)
    with receiving_program(qapp, tmp_path, is_attended=False) as made:
        yield made


def _page(window: MainWindow) -> RulesPage:
    window.actions_table.run("receiver.rules")
    shown = [
        each for each in QApplication.topLevelWidgets() if isinstance(each, PreferencesWindow) and each.isVisible()
    ]
    assert shown[-1].page == "routing"
    page = shown[-1].findChildren(RulesPage)[0]
    wait(lambda: page._is_read)
    return page


def _texts(page: RulesPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if not label.isHidden())


def _type(page: RulesPage, name: str, text: str) -> None:
    field = next(each for each in page.findChildren(QLineEdit) if name in {each.objectName(), each.accessibleName()})
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)


def test_what_the_file_says_is_shown_and_kept_as_it_is(program: tuple[Programme, MainWindow], tmp_path: Path) -> None:
    _programme, window = program
    write_rules(tmp_path / "config", RULES)
    page = _page(window)
    rules = page.findChildren(QListWidget)[0]
    assert [rules.item(row).text() for row in range(rules.count())] == ["CT to the archive", "Everything"]
    assert rules.item(1).checkState() is Qt.CheckState.Unchecked
    assert not button(page, "Put into force").isEnabled()
    rules.setFocus()
    QTest.keyClick(rules, Qt.Key.Key_Down)
    QTest.keyClick(rules, Qt.Key.Key_Space)
    assert page.findChildren(QPlainTextEdit)[0].toPlainText() == "/bin/true\n{study_uid}\na b"
    button(page, "Put into force").click()
    wait(lambda: "In force" in _texts(page).splitlines())
    now = read_rules(tmp_path / "config")
    assert now.problems == ()
    assert now.rules == (RULES[0], Rule("Everything", Conditions(), RULES[1].actions))


def test_a_rule_is_typed_tried_and_put_into_force(program: tuple[Programme, MainWindow], tmp_path: Path) -> None:
    _programme, window = program
    page = _page(window)
    assert "No rule" in _texts(page)
    button(page, "Add a rule").click()
    assert "it has no action" in _texts(page)
    _type(page, "Name of the rule", "Chest to PACS")
    _type(page, "modality", "CT; MR")
    button(page, "Add an action").click()
    assert "is no station" in _texts(page)
    assert not button(page, "Put into force").isEnabled()
    _type(page, "Send to a station", "PACS@192.0.2.9:104")
    button(page, "Try it on the studies that are here").click()
    wait(lambda: "It means 1 of 1 study" in _texts(page))
    _type(page, "modality", "MR")
    button(page, "Try it on the studies that are here").click()
    wait(lambda: "It means 0 of 1 study" in _texts(page))
    button(page, "Put into force").click()
    wait(lambda: "In force" in _texts(page).splitlines())
    expected = Rule("Chest to PACS", Conditions(modality=("MR",)), (Forward(Station("PACS", "192.0.2.9", 104)),))
    assert read_rules(tmp_path / "config").rules == (expected,)
    kind = next(box for box in page.findChildren(QComboBox) if box.accessibleName() == "What is to be done")
    kind.setCurrentIndex(kind.findData("export"))
    kind.activated.emit(kind.currentIndex())
    _type(page, "Write into a folder", "relative")
    assert "the whole path of a folder" in _texts(page)
    button(page, "Take back").click()
    assert page.drafts[0].actions[0].text == "PACS@192.0.2.9:104"


def test_two_of_a_name_are_told(program: tuple[Programme, MainWindow]) -> None:
    _programme, window = program
    page = _page(window)
    for _each in range(2):
        button(page, "Add a rule").click()
        button(page, "Add an action").click()
        _type(page, "Send to a station", "PACS@192.0.2.9:104")
    assert [draft.name for draft in page.drafts] == ["Rule 1", "Rule 2"]
    _type(page, "Name of the rule", "Rule 1")
    assert "there are two rules of this name" in _texts(page)


def test_a_file_with_faults_says_what_would_be_lost(program: tuple[Programme, MainWindow], tmp_path: Path) -> None:
    _programme, window = program
    (tmp_path / "config").mkdir(exist_ok=True)
    (tmp_path / "config" / FILE_NAME).write_text('[[rule]]\nname = "x"\naction = [{ sing = "la" }]\n')
    page = _page(window)
    assert "'x'" in _texts(page)
    assert "gone when other rules are put into force" in _texts(page)


def test_what_waits_is_tried_again_or_given_up(program: tuple[Programme, MainWindow]) -> None:
    programme, window = program
    desk = programme.library.desk
    answers: list[object] = []

    def note(library: Library) -> None:
        now = datetime.now(UTC)
        deliveries = Deliveries(library.database)
        study = library.catalogue.studies()[0].study_instance_uid
        deliveries.note(study, [("CT to the archive", action_as_text(RULES[0].actions[0]))], now)
        deliveries.put_off(deliveries.due(datetime.now(UTC))[0].key, now.replace(year=now.year + 1), "nobody answers")

    desk.ask(note, answers.append)
    wait(lambda: bool(answers))
    page = _page(window)
    table = page.findChildren(QTableWidget)[0]
    wait(lambda: table.rowCount() == 1)

    def cells() -> list[str]:
        return [item.text() for column in range(5) if (item := table.item(0, column)) is not None]

    assert cells()[:2] == ["CT to the archive", "Send to a station: ARCHIVE@192.0.2.9:104"]
    assert "HONG GILDONG" in cells()[2]
    assert cells()[4] == "nobody answers"
    year = str(datetime.now(UTC).year + 1)
    assert cells()[3].startswith(year)
    table.setCurrentCell(0, 0)
    button(page, "Try again now").click()
    wait(lambda: not cells()[3].startswith(year))
    table.setCurrentCell(0, 0)
    button(page, "Give up").click()
    wait(lambda: cells()[3] == "given up")
    assert not button(page, "Give up").isEnabled()


def test_whether_the_chosen_rule_is_on_can_be_seen(program: tuple[Programme, MainWindow], tmp_path: Path) -> None:
    _programme, window = program
    write_rules(tmp_path / "config", RULES)
    rules = _page(window).findChildren(QListWidget)[0]
    row = rules.visualItemRect(rules.item(0))
    middle = QPoint(row.left() + row.height() // 2, row.center().y())

    def marked() -> str:
        return rules.viewport().grab().toImage().pixelColor(middle).name()

    on = marked()
    rules.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert len({on, marked(), rules.palette().highlight().color().name()}) == 3
