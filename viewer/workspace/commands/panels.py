"""Commands for the parts of the window, the texts on the images, and the tag browser."""

from dataclasses import replace
from typing import Any

from viewer.base.translation import N_
from viewer.workspace.commands.command import Command, has_window
from viewer.workspace.commands.file import in_window
from viewer.workspace.viewport_state import CORNER_TEXTS, DisplayOptions
from viewer.workspace.workspace import Workspace


def _toggled(options: DisplayOptions, name: str) -> DisplayOptions:
    changed: dict[str, Any] = {name: not getattr(options, name)}
    return replace(options, **changed)


def _option(name: str, command_id: str, title: str, key: str, help_text: str = "") -> Command:
    return Command(
        id=command_id,
        title=title,
        run=lambda workspace: workspace.set_options(_toggled(workspace.options, name)),
        keys=(key,) if key else (),
        menu="view",
        group="parts",
        checked=lambda workspace: bool(getattr(workspace.options, name)),
        help=help_text,
    )


def _next_texts(workspace: Workspace) -> None:
    place = CORNER_TEXTS.index(workspace.options.corner_texts)
    chosen = CORNER_TEXTS[(place + 1) % len(CORNER_TEXTS)]
    workspace.set_options(replace(workspace.options, corner_texts=chosen))


def _shows_something(workspace: Workspace) -> bool:
    return has_window(workspace) and workspace.image_at(workspace.active) is not None


COMMANDS = (
    _option("shows_browser", "panel.browser", N_("Study browser"), "F9", N_("Fold the left panel away, or back")),
    _option("shows_panels", "panel.right", N_("Right panels"), "F10", N_("Fold the right panels away, or back")),
    _option("is_full_screen", "window.full_screen", N_("Full screen"), "F11", N_("Viewports alone on the screen")),
    Command(
        id="panel.search",
        title=N_("Search the studies"),
        run=in_window(lambda window: window.focus_search()),
        keys=("Ctrl+F",),
        menu="view",
        group="go",
        enabled=has_window,
        help=N_("Filter patients, studies and series as you type"),
    ),
    Command(
        id="panel.focus_browser",
        title=N_("Go to the study browser"),
        run=in_window(lambda window: window.focus_browser()),
        keys=("F6",),
        menu="view",
        group="go",
        enabled=has_window,
    ),
    Command(
        id="panel.problems",
        title=N_("Problems"),
        run=in_window(lambda window: window.show_problems()),
        keys=("F8",),
        menu="view",
        group="go",
        enabled=has_window,
        icon="alert-triangle",
        help=N_("What could not be read or is doubtful, in plain words"),
    ),
    Command(
        id="view.notes",
        title=N_("Notes on the image"),
        run=in_window(lambda window: window.show_notes()),
        keys=("N",),
        menu="view",
        group="texts",
        enabled=_shows_something,
        help=N_("What the chips at the lower right stand for, and all else that must be known of the image"),
    ),
    Command(
        id="view.corner_texts",
        title=N_("Corner texts: full, short, none"),
        run=_next_texts,
        keys=("I",),
        menu="view",
        group="texts",
        help=N_("The patient's name and ID always stay"),
    ),
    _option("shows_scale_bar", "view.scale_bar", N_("Scale bar"), ""),
    Command(
        id="image.tags",
        title=N_("Tags of the image…"),
        run=in_window(lambda window: window.show_tags()),
        keys=("Ctrl+T",),
        menu="view",
        group="tags",
        enabled=_shows_something,
        icon="tags",
        help=N_("Every attribute of the file, with nesting, search and bytes"),
    ),
    Command(
        id="image.compare_tags",
        title=N_("Compare tags…"),
        run=in_window(lambda window: window.compare_tags()),
        keys=("Ctrl+Shift+T",),
        menu="view",
        group="tags",
        enabled=_shows_something,
        help=N_("Two instances side by side, differences first"),
    ),
    Command(
        id="study.character_set",
        title=N_("Character set of the study…"),
        run=in_window(lambda window: window.choose_character_set()),
        menu="view",
        group="tags",
        enabled=lambda workspace: has_window(workspace) and workspace.series_at(workspace.active) is not None,
        help=N_("For names that show as nonsense because the file states a wrong character set"),
    ),
    Command(
        id="application.language",
        title=N_("Language…"),
        run=in_window(lambda window: window.choose_language()),
        menu="view",
        group="look",
        enabled=has_window,
        icon="languages",
    ),
    Command(
        id="application.theme",
        title=N_("Dark or light"),
        run=in_window(lambda window: window.toggle_theme()),
        menu="view",
        group="look",
        enabled=has_window,
        help=N_("Change between the dark and the light theme"),
    ),
)
