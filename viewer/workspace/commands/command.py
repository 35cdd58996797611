"""The form of a command: declared once; menu, toolbar, keys, palette, tooltips and help page follow from it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from viewer.base.translation import _
from viewer.workspace.workspace import Workspace

_MNEMONIC = re.compile(r"\s*\(&.\)")


def always(_workspace: Workspace) -> bool:
    """Return True: the command can always be run."""
    return True


def has_window(workspace: Workspace) -> bool:
    """Return whether there is a window to act on."""
    return workspace.window is not None


def has_images(workspace: Workspace) -> bool:
    """Return whether the active viewport shows images."""
    display_set = workspace.display_set_at(workspace.active)
    return display_set is not None and display_set.is_image


def without_mnemonic(title: str) -> str:
    """Return a menu's or command's title as it is read: without "&", without "(&F)" after Korean, without ellipsis."""
    return _MNEMONIC.sub("", title).replace("&", "").removesuffix("…")


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the reader can do.

    Attributes:
        id: Dotted, stable: settings, `screenshot --command` and icons/<id>.svg use it.
        title: English, marked with N_(); an ellipsis when it asks for more.
        run: Does it, on the workspace of the window it was called in.
        keys: Default keys, in Qt's portable form ("Ctrl+Shift+P"); key profiles and the reader may change them.
        menu: Menu path, slash between levels ("view/layout"); empty keeps it out of the menus.
        group: Commands of one menu with the same group stand together; a line is drawn between groups.
        enabled: Whether it can be run now.
        checked: For a command that stays on: whether it is on now. None for one that just acts.
        is_exclusive: Whether the checked commands of its group exclude each other (drawn as a radio mark).
        icon: Name of the icon without ending; empty for none.
        help: One sentence for tooltip and help page, English, marked with N_().
        is_in_toolbar: Whether it has a button.
        title_arguments: What fills {0}, {1}… of the title.
    """

    id: str
    title: str
    run: Callable[[Workspace], None]
    keys: tuple[str, ...] = ()
    menu: str = ""
    group: str = ""
    enabled: Callable[[Workspace], bool] = always
    checked: Callable[[Workspace], bool] | None = None
    is_exclusive: bool = False
    icon: str = ""
    help: str = ""
    is_in_toolbar: bool = False
    title_arguments: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The title in the reader's language."""
        return _(self.title).format(*self.title_arguments)

    @property
    def is_checkable(self) -> bool:
        """Whether it is on or off."""
        return self.checked is not None
