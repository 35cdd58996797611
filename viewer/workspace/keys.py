"""Keys and mouse: the commands' defaults, a profile's changes, then the reader's own; conflicts are found.

Keys are written in Qt's portable form. Mouse gestures name what they do: "tool:pan", "tool:active" (the chosen tool)
or "command:viewport.maximize".
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from viewer.base.errors import SettingsError
from viewer.base.paths import resources_path
from viewer.base.settings import setting
from viewer.base.translation import N_, _
from viewer.workspace.commands.command import Command
from viewer.workspace.tools.tool import Tool

DEFAULT_PROFILE = "weasis"
MOUSE_GESTURES: Mapping[str, str] = {
    "left": N_("Left button, drag"),
    "middle": N_("Middle button, drag"),
    "right": N_("Right button, drag"),
    "left+right": N_("Left and right button, drag"),
    "shift+left": N_("Shift and left button, drag"),
    "ctrl+left": N_("Ctrl and left button, drag"),
    "alt+left": N_("Alt and left button, drag"),
    "back": N_("Fourth button (back)"),
    "forward": N_("Fifth button (forward)"),
    "wheel": N_("Wheel"),
    "ctrl+wheel": N_("Ctrl and wheel"),
    "shift+wheel": N_("Shift and wheel"),
    "double": N_("Double click"),
}
_MODIFIERS = ("Ctrl", "Alt", "Shift", "Meta")
_SAME_KEYS = {"escape": "Esc", "delete": "Del", "return": "Return", "pageup": "PgUp", "pagedown": "PgDown"}


@dataclass(frozen=True, slots=True)
class KeySettings:
    """Section "keys": the profile, and what the reader changed.

    Attributes:
        keys: Lines "command.id=Key1 Key2"; nothing after "=" takes the keys away.
        mouse: Lines "gesture=tool:pan".
    """

    profile: str = setting(
        DEFAULT_PROFILE,
        N_("Keys and mouse like"),
        choices=(("weasis", "Weasis / IHE"), ("horos", "Horos / OsiriX"), ("radiant", "RadiAnt")),
    )
    keys: tuple[str, ...] = setting(())
    mouse: tuple[str, ...] = setting(())


@dataclass(frozen=True, slots=True)
class KeyProfile:
    """A set of habits: what differs from the commands' own keys, and the whole mouse."""

    id: str
    title: str
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mouse: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeyConflict:
    """One key that more than one command asks for; the first of them has it."""

    key: str
    command_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyTable:
    """What every key and gesture does.

    Attributes:
        keys: Of every command, by its id, in the order they are shown.
        mouse: Action of every gesture of MOUSE_GESTURES that has one.
        conflicts: Keys asked for more than once.
    """

    profile: str
    keys: Mapping[str, tuple[str, ...]]
    mouse: Mapping[str, str]
    conflicts: tuple[KeyConflict, ...] = ()

    def command_of(self, key: str) -> str | None:
        """Return the id of the command a key runs; None for a key without one."""
        wanted = normalized(key)
        return next((command_id for command_id, keys in self.keys.items() if wanted in keys), None)

    def tool_of(self, gesture: str, active: Tool) -> Tool | None:
        """Return the tool a drag uses; None when the gesture has none or runs a command."""
        kind, _separator, name = self.mouse.get(gesture, "").partition(":")
        if kind != "tool":
            return None
        return active if name == "active" else Tool(name)


def profiles() -> dict[str, KeyProfile]:
    """Return the profiles the program comes with, by id."""
    tables = tomllib.loads(resources_path("key_profiles.toml").read_text("utf-8"))
    return {
        name: KeyProfile(
            name,
            str(table["title"]),
            {command: tuple(map(normalized, keys)) for command, keys in table.get("keys", {}).items()},
            dict(table["mouse"]),
        )
        for name, table in tables.items()
    }


def resolve(commands: Iterable[Command], settings: KeySettings) -> KeyTable:
    """Return what every key and gesture does.

    Where two commands ask for one key, the reader's own choice wins over the profile and that over the default; the
    loser keeps its other keys, and the clash is listed.

    Raises:
        SettingsError: If the settings name an unknown command, gesture or action.
    """
    known = profiles()
    profile = known.get(settings.profile, known[DEFAULT_PROFILE])
    own = {name: tuple(map(normalized, keys.split())) for name, keys in _lines(settings.keys)}
    asked: dict[str, tuple[str, ...]] = {}
    rank: dict[str, int] = {}
    for command in commands:
        defaults = tuple(map(normalized, command.keys))
        asked[command.id] = own.get(command.id, profile.keys.get(command.id, defaults))
        rank[command.id] = 0 if command.id in own else 1 if command.id in profile.keys else 2
    unknown = sorted((own.keys() | profile.keys.keys()) - asked.keys())
    if unknown:
        raise SettingsError(_("The key settings name a command that does not exist: {name}").format(name=unknown[0]))
    keys, conflicts = _without_conflicts(asked, rank)
    mouse = {**profile.mouse, **dict(_lines(settings.mouse))}
    for gesture, action in mouse.items():
        _check_gesture(gesture, action, asked)
    return KeyTable(profile.id, keys, mouse, conflicts)


def with_keys(settings: KeySettings, command_id: str, keys: tuple[str, ...]) -> KeySettings:
    """Return the settings with other keys for a command."""
    kept = tuple(line for line in settings.keys if line.partition("=")[0] != command_id)
    return KeySettings(settings.profile, (*kept, f"{command_id}={' '.join(map(normalized, keys))}"), settings.mouse)


def with_mouse(settings: KeySettings, gesture: str, action: str) -> KeySettings:
    """Return the settings with another action for a mouse gesture."""
    kept = tuple(line for line in settings.mouse if line.partition("=")[0] != gesture)
    return KeySettings(settings.profile, settings.keys, (*kept, f"{gesture}={action}"))


def normalized(key: str) -> str:
    """Return a key in one spelling: modifiers in Qt's order, letters upper case."""
    text = key.strip()
    head, name = (text[:-2], "+") if text.endswith("++") else text.rpartition("+")[::2] if text != "+" else ("", "+")
    given = {part.strip().capitalize() for part in head.split("+") if part.strip()}
    name = _SAME_KEYS.get(name.lower(), name.upper() if len(name) == 1 else name)
    return "+".join((*(modifier for modifier in _MODIFIERS if modifier in given), name))


def _lines(lines: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, _separator, value in (line.partition("=") for line in lines)]


def _without_conflicts(
    asked: Mapping[str, tuple[str, ...]], rank: Mapping[str, int]
) -> tuple[dict[str, tuple[str, ...]], tuple[KeyConflict, ...]]:
    claims: dict[str, list[str]] = {}
    for command_id, keys in asked.items():
        for key in keys:
            claims.setdefault(key, []).append(command_id)
    owners = {key: sorted(ids, key=lambda command_id: rank[command_id]) for key, ids in claims.items()}
    conflicts = tuple(KeyConflict(key, tuple(ids)) for key, ids in owners.items() if len(ids) > 1)
    kept = {
        command_id: tuple(key for key in keys if owners[key][0] == command_id) for command_id, keys in asked.items()
    }
    return kept, conflicts


def _check_gesture(gesture: str, action: str, commands: Mapping[str, object]) -> None:
    kind, _separator, name = action.partition(":")
    is_tool = kind == "tool" and (name == "active" or name in set(Tool))
    is_command = kind == "command" and name in commands
    if gesture not in MOUSE_GESTURES or not (is_tool or is_command or not action):
        raise SettingsError(
            _("The mouse settings hold '{gesture}={action}', which is no gesture or no action").format(
                gesture=gesture, action=action
            )
        )
