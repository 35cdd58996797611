"""Commands that help: palette, help pages, keys, about."""

from viewer.base.translation import N_
from viewer.workspace.commands.command import Command, has_window
from viewer.workspace.commands.file import in_window

COMMANDS = (
    Command(
        id="palette.show",
        title=N_("Find a command…"),
        run=in_window(lambda window: window.show_palette()),
        keys=("Ctrl+K", "Ctrl+Shift+P"),
        menu="help",
        group="find",
        enabled=has_window,
        icon="command",
        help=N_("Type a part of a command's name and press Enter"),
        is_in_toolbar=True,
    ),
    Command(
        id="help.contents",
        title=N_("Help"),
        run=in_window(lambda window: window.show_help()),
        keys=("F1",),
        menu="help",
        group="help",
        enabled=has_window,
        icon="help-circle",
    ),
    Command(
        id="help.keys",
        title=N_("Keys and mouse"),
        run=in_window(lambda window: window.show_help("keys")),
        keys=("Shift+F1",),
        menu="help",
        group="help",
        enabled=has_window,
        help=N_("Every key and mouse gesture of the chosen profile"),
    ),
    Command(
        id="help.edit_keys",
        title=N_("Change keys and mouse…"),
        run=in_window(lambda window: window.show_preferences("keys")),
        menu="help",
        group="help",
        enabled=has_window,
    ),
    Command(
        id="help.changes",
        title=N_("What is new"),
        run=in_window(lambda window: window.show_help("changes")),
        menu="help",
        group="about",
        enabled=has_window,
    ),
    Command(
        id="help.about",
        title=N_("About Negatoscope"),
        run=in_window(lambda window: window.show_about()),
        menu="help",
        group="about",
        enabled=has_window,
    ),
)
