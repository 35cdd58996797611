import re

import pytest

from viewer.base.errors import SettingsError
from viewer.base.paths import icons_path
from viewer.workspace.commands.table import BY_ID, COMMANDS, MENU_TITLES
from viewer.workspace.keys import MOUSE_GESTURES, KeySettings, normalized, profiles, resolve, with_keys, with_mouse
from viewer.workspace.tools.tool import Tool


def test_ids_are_unique_dotted_and_titles_are_not_empty() -> None:
    assert len(BY_ID) == len(COMMANDS)
    assert all(re.fullmatch(r"[a-z]+\.[a-z0-9_]+", command.id) for command in COMMANDS)
    assert all(command.text for command in COMMANDS)


def test_every_menu_path_has_a_title_and_exclusive_commands_can_be_checked() -> None:
    assert {command.menu for command in COMMANDS} - {""} <= set(MENU_TITLES)
    assert all(command.is_checkable for command in COMMANDS if command.is_exclusive)


def test_every_button_of_the_toolbar_has_an_icon() -> None:
    missing = [each.id for each in COMMANDS if each.is_in_toolbar and not each.icon]
    assert missing == []
    assert icons_path().is_dir()


@pytest.mark.parametrize("profile", ["weasis", "horos", "radiant"])
def test_no_profile_gives_one_key_to_two_commands(profile: str) -> None:
    table = resolve(COMMANDS, KeySettings(profile))
    assert table.conflicts == ()
    keys = [key for keys in table.keys.values() for key in keys]
    assert len(set(keys)) == len(keys)
    assert set(profiles()[profile].mouse) == set(MOUSE_GESTURES)


def test_the_defaults_are_those_of_the_ihe_profile() -> None:
    table = resolve(COMMANDS, KeySettings())
    wanted = {
        "W": "tool.window_level", "Z": "tool.zoom", "T": "tool.pan", "S": "tool.scroll", "R": "tool.rotate",
        "C": "cine.play", "I": "view.corner_texts", "Esc": "view.reset", "F11": "window.full_screen",
        "F9": "panel.browser", "F10": "panel.right", "Home": "scroll.first", "End": "scroll.last",
        "Tab": "viewport.next", "Ctrl+Z": "edit.undo", "Ctrl+Y": "edit.redo", "Ctrl+K": "palette.show",
        "Ctrl+Shift+P": "palette.show", "Up": "scroll.previous", "Down": "scroll.next", "Left": "series.previous",
        "Right": "series.next", "Shift+Down": "scroll.leap_forward", "Ctrl+Left": "study.previous", "0": "window.own",
        **{str(number): f"window.preset_{number}" for number in range(1, 10)},
    }  # fmt: skip
    assert {key: table.command_of(key) for key in wanted} == wanted


def test_the_mouse_keeps_the_conventions() -> None:
    table = resolve(COMMANDS, KeySettings())
    assert table.tool_of("left", Tool.ROTATE) is Tool.ROTATE
    assert table.tool_of("middle", Tool.ROTATE) is Tool.PAN
    assert table.tool_of("right", Tool.ROTATE) is Tool.ZOOM
    assert table.tool_of("left+right", Tool.ROTATE) is Tool.WINDOW_LEVEL
    assert table.tool_of("double", Tool.ROTATE) is None
    assert table.mouse["double"] == "command:viewport.maximize"


def test_the_measuring_keys_are_those_of_the_ihe_profile() -> None:
    table = resolve(COMMANDS, KeySettings())
    wanted = ["measure.length", "measure.angle", "tool.measure", "measure.text"]
    assert [table.command_of(key) for key in "DAMB"] == wanted


def test_the_readers_own_key_wins_and_the_clash_is_listed() -> None:
    table = resolve(COMMANDS, with_keys(KeySettings(), "view.fit", ("W", "ctrl+shift+f")))
    assert table.command_of("W") == "view.fit"
    assert table.command_of("Ctrl+Shift+F") == "view.fit"
    assert table.keys["tool.window_level"] == ()
    (conflict,) = table.conflicts
    assert (conflict.key, conflict.command_ids) == ("W", ("view.fit", "tool.window_level"))


def test_keys_can_be_taken_away_and_gestures_changed() -> None:
    settings = with_mouse(with_keys(KeySettings(), "palette.show", ()), "back", "tool:magnifier")
    table = resolve(COMMANDS, settings)
    assert table.keys["palette.show"] == ()
    assert table.tool_of("back", Tool.PAN) is Tool.MAGNIFIER


@pytest.mark.parametrize(
    "settings",
    [
        KeySettings(keys=("no.command=W",)),
        KeySettings(mouse=("left=tool:no_tool",)),
        KeySettings(mouse=("nose=tool:pan",)),
        KeySettings(mouse=("left=command:no.command",)),
    ],
)
def test_settings_that_name_what_does_not_exist_are_refused(settings: KeySettings) -> None:
    with pytest.raises(SettingsError):
        resolve(COMMANDS, settings)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("shift+ctrl+p", "Ctrl+Shift+P"), ("w", "W"), ("+", "+"), ("Ctrl++", "Ctrl++"), ("escape", "Esc"), ("F11", "F11")],
)
def test_a_key_has_one_spelling(given: str, wanted: str) -> None:
    assert normalized(given) == wanted
