"""The help's pages as Markdown: written ones from resources/help, keys and about made from what is in force."""

from collections.abc import Mapping, Sequence
from importlib import metadata

import viewer
from viewer.base.paths import resources_path
from viewer.base.translation import N_, _
from viewer.workspace.commands.command import Command, without_mnemonic
from viewer.workspace.commands.table import MENU_TITLES
from viewer.workspace.keys import MOUSE_GESTURES, KeyTable, profiles

TOPICS: Mapping[str, str] = {
    "index": N_("Contents"),
    "opening": N_("Opening"),
    "browser": N_("Study browser"),
    "library": N_("The library"),
    "receiver": N_("Receiving images"),
    "archives": N_("Archives"),
    "viewports": N_("Viewports and mouse"),
    "tools": N_("Tools"),
    "volumes": N_("Volumes"),
    "measuring": N_("Measuring and marking"),
    "presenting": N_("Presentation states and key images"),
    "reports": N_("Reports"),
    "segments": N_("Segmentations"),
    "monitor": N_("The monitor"),
    "warnings": N_("Chips and warnings"),
    "tags": N_("Tags"),
    "keys": N_("Keys and mouse"),
    "commands": N_("Commands without a screen"),
    "conformance": N_("DICOM conformance"),
    "changes": N_("What is new"),
    "about": N_("About Negatoscope"),
}
"""Pages in the order they stand; links name them."""

_COMMON_FILES = {"changes": "CHANGELOG.md", "conformance": "conformance.md"}
"""Pages there is one of for all languages."""
LIBRARIES = (
    ("PySide6_Essentials", "LGPL-3.0"),
    ("pydicom", "MIT"),
    ("cryptography", "Apache-2.0 OR BSD-3-Clause"),
    ("numpy", "BSD-3-Clause"),
    ("imagecodecs", "BSD-3-Clause"),
    ("opencv-python-headless", "Apache-2.0"),
    ("pyqtgraph", "MIT"),
    ("pillow", "MIT-CMU"),
    ("pycdlib", "LGPL-2.1"),
    ("pyzipper", "MIT"),
    ("platformdirs", "MIT"),
    ("tomli-w", "MIT"),
    ("scipy", "BSD-3-Clause"),
    ("urllib3", "MIT"),
    ("keyring", "MIT"),
    ("highdicom", "MIT"),
    ("vtk", "BSD-3-Clause"),
    ("numba", "BSD-2-Clause"),
)
"""What the program stands on, with the licence of each."""


def help_page(topic: str, language: str, commands: Sequence[Command], keys: KeyTable) -> str:
    """Return a page as Markdown; an unknown topic gives the contents."""
    if topic == "keys":
        return keys_page(commands, keys)
    if topic == "about":
        return about_page()
    if topic in _COMMON_FILES:
        return resources_path("help", _COMMON_FILES[topic]).read_text("utf-8")
    name = f"{topic if topic in TOPICS else 'index'}.md"
    own = resources_path("help", language, name)
    return (own if own.is_file() else resources_path("help", "en", name)).read_text("utf-8")


def keys_page(commands: Sequence[Command], keys: KeyTable) -> str:
    """Return every command with its keys, menu by menu, then the mouse."""
    lines = [f"# {_('Keys and mouse')}", ""]
    lines += [
        _("Profile: {0}. All of it can be changed in the preferences.").format(profiles()[keys.profile].title),
        "",
    ]
    by_menu: dict[str, list[Command]] = {}
    for command in commands:
        if keys.keys[command.id] or command.help:
            by_menu.setdefault(command.menu.partition("/")[0] or "layout", []).append(command)
    for menu, members in by_menu.items():
        lines += [f"## {without_mnemonic(_(MENU_TITLES[menu]))}", "", *_table_head(_("Command"), _("Keys"), "")]
        for command in members:
            title = without_mnemonic(command.text)
            lines.append(_row(title, ", ".join(keys.keys[command.id]), _(command.help)))
        lines.append("")
    lines += [f"## {_('Mouse')}", "", *_table_head(_("Gesture"), _("Does"))]
    titles = {command.id: without_mnemonic(command.text) for command in commands}
    for gesture, title in MOUSE_GESTURES.items():
        if action := keys.mouse.get(gesture, ""):
            lines.append(_row(_(title), _action_title(action, titles)))
    return "\n".join(lines)


def about_page() -> str:
    """Return version, purpose and licences."""
    lines = [
        f"# Negatoscope {viewer.__version__}",
        "",
        _("A viewer for medical images (DICOM), free software under the Apache License 2.0."),
        "",
        _("Not a medical device: it has not been cleared for diagnosis."),
        "",
        f"## {_('Libraries')}",
        "",
        *_table_head(_("Library"), _("Version"), _("Licence")),
        *(_row(name, _version(name), licence) for name, licence in LIBRARIES),
        "",
        _("Icons: Lucide, ISC License. Qt is used through PySide6 under the LGPL 3."),
    ]
    return "\n".join(lines)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _table_head(*titles: str) -> list[str]:
    return [_row(*titles), "|" + "---|" * len(titles)]


def _row(*cells: str) -> str:
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    """Return text that Markdown leaves as it is: some keys are its own signs."""
    return "".join(f"\\{letter}" if letter in "\\|[]*_`<>#+-" else letter for letter in text)


def _action_title(action: str, titles: Mapping[str, str]) -> str:
    kind, _separator, name = action.partition(":")
    if kind == "command":
        return titles.get(name, name)
    return _("The chosen tool") if name == "active" else titles.get(f"tool.{name}", name)
