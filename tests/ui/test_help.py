"""The help: every page in both languages, links that lead somewhere, keys in force, nothing from outside."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication, QLineEdit, QTextBrowser
from pytestqt.qtbot import QtBot

from tests.ui.program_window import open_window, running
from viewer.application.programme import Programme
from viewer.base.paths import resources_path
from viewer.ui.help_window import HelpWindow
from viewer.workspace.commands.table import COMMANDS
from viewer.workspace.help_pages import LIBRARIES, TOPICS, help_page
from viewer.workspace.keys import KeySettings, resolve, with_keys

KEYS = resolve(COMMANDS, KeySettings())


@pytest.fixture
def window(qtbot: QtBot) -> HelpWindow:
    made = HelpWindow(lambda topic: help_page(topic, "en", COMMANDS, KEYS))
    qtbot.addWidget(made)
    made.show_topic("index")
    return made


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path) -> Iterator[Programme]:
    with running(qapp, tmp_path) as made:
        yield made


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("topic", list(TOPICS))
def test_every_page_is_there_and_its_links_lead_to_pages(language: str, topic: str) -> None:
    page = help_page(topic, language, COMMANDS, KEYS)
    assert page.startswith("# ")
    for target in re.findall(r"\]\(([^)]+)\)", page):
        assert target in TOPICS, target


@pytest.mark.parametrize("topic", [path.stem for path in resources_path("help", "en").glob("*.md")])
def test_korean_has_every_written_page(topic: str) -> None:
    korean = resources_path("help", "ko", f"{topic}.md").read_text("utf-8")
    english = resources_path("help", "en", f"{topic}.md").read_text("utf-8")
    assert re.search("[가-힣]{2}", korean)
    assert korean.count("\n| ") == english.count("\n| ")
    assert korean.count("\n- ") == english.count("\n- ")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("topic", [path.stem for path in resources_path("help", "en").glob("*.md")])
def test_no_sign_of_markdown_is_left_over(language: str, topic: str) -> None:
    """A star after a bracket and before a Hangul particle ends no emphasis."""
    document = QTextDocument()
    document.setMarkdown(resources_path("help", language, f"{topic}.md").read_text("utf-8"))
    assert not re.findall(r"[^\s]*[*`][^\s]*", document.toPlainText())


def test_the_keys_page_follows_the_keys_in_force() -> None:
    assert "Ctrl\\+Shift\\+J" not in help_page("keys", "en", COMMANDS, KEYS)
    changed = resolve(COMMANDS, with_keys(KeySettings(), "view.invert", ("Ctrl+Shift+J",)))
    document = QTextDocument()
    document.setMarkdown(help_page("keys", "en", COMMANDS, changed))
    text = document.toPlainText()
    assert "Ctrl+Shift+J" in text
    for command in COMMANDS:
        for key in changed.keys[command.id]:
            assert key in text, key


def test_keys_that_are_signs_of_markdown_are_shown(window: HelpWindow) -> None:
    window.show_topic("keys")
    lines = window.findChildren(QTextBrowser)[0].toPlainText().splitlines()
    for key in ("[", "]", "+", "-"):
        assert key in lines


def test_about_names_what_the_program_declares() -> None:
    declared = Path(__file__).resolve().parents[2].joinpath("pyproject.toml").read_text("utf-8")
    dependencies = re.findall(r'^    "([A-Za-z0-9_-]+)[><=]', declared.partition("[project.optional")[0], re.MULTILINE)
    assert {name.lower() for name in dependencies} == {name.lower() for name, _licence in LIBRARIES}


def test_a_link_goes_to_a_page_and_back(window: HelpWindow) -> None:
    browser = window.findChildren(QTextBrowser)[0]
    browser.anchorClicked.emit(QUrl("tools"))
    assert window.topic == "tools"
    assert "Cine" in browser.toPlainText()
    browser.anchorClicked.emit(QUrl("https://example.org/"))
    assert window.topic == "tools"
    window.back()
    assert window.topic == "index"


def test_search_marks_what_it_finds(window: HelpWindow) -> None:
    window.show_topic("warnings")
    field, browser = window.findChildren(QLineEdit)[0], window.findChildren(QTextBrowser)[0]
    field.setText("truncated")
    assert browser.textCursor().selectedText().lower() == "truncated"
    field.setText("no such word")
    assert not browser.textCursor().hasSelection()


def test_nothing_is_loaded_from_outside(window: HelpWindow) -> None:
    browser = window.findChildren(QTextBrowser)[0]
    kind = QTextDocument.ResourceType.ImageResource.value
    assert browser.loadResource(kind, QUrl("file:///etc/passwd")) is None
    assert browser.loadResource(kind, QUrl("https://example.org/x.png")) is None


def test_f1_opens_it_once(programme: Programme) -> None:
    window = open_window(programme)
    for command_id in ("help.contents", "help.keys", "help.about"):
        window.actions_table.run(command_id)
    shown = [each for each in QApplication.topLevelWidgets() if isinstance(each, HelpWindow) and each.isVisible()]
    assert [each.topic for each in shown] == ["about"]
