"""Tables that the reader may change (keys, window presets, corner texts): as they are kept, or as they are built in."""

from collections.abc import Callable
from typing import TypeVar

from viewer.base.errors import SettingsError
from viewer.base.settings import Settings
from viewer.workspace.commands.table import COMMANDS
from viewer.workspace.corner_text_table import CornerTextSettings, CornerTextTable
from viewer.workspace.keys import KeySettings, KeyTable, resolve
from viewer.workspace.presets import PresetSettings, PresetTable

T = TypeVar("T")
Tell = Callable[[str], None]


def key_table(settings: Settings, tell: Tell) -> KeyTable:
    """Return the keys and gestures in force."""
    return _kept(lambda: resolve(COMMANDS, settings.section("keys", KeySettings)), _built_in_keys, tell)


def preset_table(settings: Settings, tell: Tell) -> PresetTable:
    """Return the window presets in force."""
    builtin = PresetTable.builtin()
    return _kept(lambda: builtin.changed_by(settings.section("presets", PresetSettings)), lambda: builtin, tell)


def corner_table(settings: Settings, tell: Tell) -> CornerTextTable:
    """Return what stands in the corners of images."""
    builtin = CornerTextTable.builtin()
    return _kept(lambda: builtin.changed_by(settings.section("corners", CornerTextSettings)), lambda: builtin, tell)


def _built_in_keys() -> KeyTable:
    return resolve(COMMANDS, KeySettings())


def _kept(kept: Callable[[], T], built_in: Callable[[], T], tell: Tell) -> T:
    try:
        return kept()
    except SettingsError as error:
        tell(error.one_line())
        return built_in()
