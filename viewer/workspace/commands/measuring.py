"""Commands that measure and annotate: one for each kind of mark in the table of kinds, and what is done to marks."""

from collections.abc import Callable
from dataclasses import replace

from viewer.base.translation import N_
from viewer.measurement.kinds.kind import Kind, KindGroup
from viewer.measurement.kinds.table import KINDS
from viewer.workspace.commands.command import Command, has_images
from viewer.workspace.measuring.mark_deeds import (
    clear_picture,
    clear_study,
    copy_selected,
    cut_selected,
    edit_selected,
    has_selection,
    paste,
    propagate,
    remove_selected,
    select_all,
    select_next,
    selected_marks,
)
from viewer.workspace.tools.tool import Tool
from viewer.workspace.workspace import Workspace

MENU = "measure"
GROUP_TITLES = {
    KindGroup.LINES: N_("Lines"),
    KindGroup.ANGLES: N_("Angles"),
    KindGroup.REGIONS: N_("Regions"),
    KindGroup.LABELS: N_("Texts and labels"),
    KindGroup.CLINICAL: N_("Heart, legs and hips"),
    KindGroup.ULTRASOUND: N_("Ultrasound"),
    KindGroup.WAVEFORM: N_("ECG"),
}
COLOURS = (
    ("", N_("Yellow, as measurements are")),
    ("#56b4e9", N_("Blue")),
    ("#4fc79a", N_("Green")),
    ("#e69f00", N_("Orange")),
    ("#e884b4", N_("Pink")),
    ("#ff8a65", N_("Red")),
    ("#f2f2f2", N_("White")),
)
"""Apart for colour-blind eyes too, and light enough over black."""


_OF_SELECTED = frozenset({"copy", "state"})


def command_id(kind: Kind) -> str:
    """Return the id of the command that takes up a kind."""
    return f"measure.{kind.id}"


def take_up(workspace: Workspace, kind_id: str, *, is_once: bool | None = None) -> None:
    """Put the measuring tool into the left hand, for a kind of mark."""
    workspace.measuring.choose(kind_id, workspace.tool, is_once=is_once)
    workspace.set_tool(Tool.MEASURE)


def kinds_offered(modality: str) -> tuple[Kind, ...]:
    """Return all kinds, those made for a modality first, those made for others last."""
    return tuple(sorted(KINDS, key=lambda kind: 1 if not kind.modalities else 0 if modality in kind.modalities else 2))


def _kind(kind: Kind) -> Command:
    return Command(
        id=command_id(kind),
        title=kind.title,
        run=lambda workspace: take_up(workspace, kind.id),
        keys=kind.keys,
        menu=f"{MENU}/{kind.group.value}",
        group="kind",
        enabled=has_images,
        checked=lambda workspace: workspace.tool is Tool.MEASURE and workspace.measuring.kind is kind,
        icon=kind.icon,
        help=kind.help,
    )


def _deed(
    name: str,
    title: str,
    run: Callable[[Workspace], None],
    keys: tuple[str, ...],
    group: str,
    enabled: Callable[[Workspace], bool],
    help_text: str = "",
    icon: str = "",
) -> Command:
    return Command(
        id=f"marks.{name}",
        title=title,
        run=run,
        keys=keys,
        menu=f"{MENU}/selected" if group in _OF_SELECTED else MENU,
        group=group,
        enabled=enabled,
        help=help_text,
        icon=icon,
    )


def _has_marks(workspace: Workspace) -> bool:
    """Whether there are any: which of them the picture shows is not looked for with every change of a view."""
    return has_images(workspace) and workspace.shared.annotations.has_any()


def _has_one(workspace: Workspace) -> bool:
    return len(workspace.shared.annotations.selected) == 1


def _colour(colour: str, title: str) -> Command:
    return Command(
        id=f"marks.colour_{colour.lstrip('#') or 'own'}",
        title=title,
        run=lambda workspace: edit_selected(
            workspace, N_("Colour of marks"), lambda each: replace(each, colour=colour)
        ),
        menu=f"{MENU}/selected/colour",
        group="colour",
        enabled=has_selection,
        checked=lambda workspace: {each.colour for each in selected_marks(workspace)} == {colour},
        is_exclusive=False,
    )


def _has_hidden(workspace: Workspace) -> bool:
    return any(each.is_hidden for each in workspace.shared.annotations.everything())


def _lock(workspace: Workspace) -> None:
    is_locked = not all(each.is_locked for each in selected_marks(workspace))
    edit_selected(workspace, N_("Lock marks"), lambda each: replace(each, is_locked=is_locked))


def _hide(workspace: Workspace) -> None:
    edit_selected(workspace, N_("Hide marks"), lambda each: replace(each, is_hidden=True))
    workspace.shared.annotations.select(())


def _show_hidden(workspace: Workspace) -> None:
    from viewer.workspace.measuring.annotation_deeds import change

    hidden = [each for each in workspace.shared.annotations.everything() if each.is_hidden]
    change(workspace, {each.uid: replace(each, is_hidden=False) for each in hidden}, N_("Show hidden marks"))


def _next(workspace: Workspace) -> None:
    select_next(workspace, 1)


def _toggle_marks(workspace: Workspace) -> None:
    workspace.set_options(replace(workspace.options, shows_marks=not workspace.options.shows_marks))


def _setting(name: str, title: str, keys: tuple[str, ...], help_text: str) -> Command:
    def run(workspace: Workspace) -> None:
        settings = workspace.measuring.settings
        workspace.measuring.set_settings(replace(settings, **{name: not getattr(settings, name)}))

    return Command(
        id=f"marks.{name}",
        title=title,
        run=run,
        keys=keys,
        menu=f"{MENU}/habits",
        group="habits",
        checked=lambda workspace: bool(getattr(workspace.measuring.settings, name)),
        help=help_text,
    )


def _place_in_the_middle(workspace: Workspace) -> None:
    take_up(workspace, workspace.measuring.kind.id)
    workspace.measuring.wanted.emit("place")


COMMANDS = (
    Command(
        id="tool.measure",
        title=N_("Measure"),
        run=lambda workspace: take_up(workspace, workspace.measuring.kind.id),
        keys=("M",),
        menu=MENU,
        group="tool",
        enabled=has_images,
        checked=lambda workspace: workspace.tool is Tool.MEASURE,
        icon="ruler",
        help=N_("The measuring tool used last; a press on a mark takes hold of it"),
    ),
    Command(
        id="marks.place",
        title=N_("Place in the middle"),
        run=_place_in_the_middle,
        keys=("Shift+Return",),
        menu=MENU,
        group="tool",
        enabled=has_images,
        help=N_("For the keyboard: arrows then move the mark, Space takes its points one by one"),
    ),
    *map(_kind, KINDS),
    Command(
        id="marks.show",
        title=N_("Show marks"),
        run=_toggle_marks,
        keys=("Shift+I",),
        menu=MENU,
        group="sight",
        checked=lambda workspace: workspace.options.shows_marks,
        help=N_("All that was measured and annotated, in all viewports"),
    ),
    _deed("show_hidden", N_("Show hidden marks"), _show_hidden, (), "sight", _has_hidden),
    _deed("select_all", N_("Select all marks of the image"), select_all, ("Ctrl+A",), "select", _has_marks),
    _deed(
        "next",
        N_("Next mark"),
        _next,
        (),
        "select",
        _has_marks,
        N_("Tab does the same while a mark is selected or the measuring tool is in the hand"),
    ),
    _deed("cut", N_("Cut marks"), cut_selected, ("Ctrl+X",), "copy", has_selection),
    _deed("copy", N_("Copy marks"), copy_selected, ("Ctrl+C",), "copy", has_selection),
    _deed("paste", N_("Paste marks"), paste, ("Ctrl+V",), "copy", lambda workspace: bool(workspace.shared.copied)),
    _deed(
        "to_next",
        N_("Copy to the next image"),
        lambda workspace: propagate(workspace, 1),
        ("Ctrl+E",),
        "copy",
        has_selection,
        N_("Goes there, and measures anew"),
    ),
    _deed(
        "to_previous",
        N_("Copy to the image before"),
        lambda workspace: propagate(workspace, -1),
        ("Ctrl+Shift+E",),
        "copy",
        has_selection,
    ),
    _deed("words", N_("Words…"), lambda workspace: workspace.measuring.wanted.emit("words"), (), "state", _has_one),
    _deed("group", N_("Group…"), lambda workspace: workspace.measuring.wanted.emit("group"), (), "state", _has_one),
    _deed("lock", N_("Lock or unlock"), _lock, (), "state", has_selection, N_("Locked marks cannot be moved")),
    _deed("hide", N_("Hide"), _hide, ("Ctrl+H",), "state", has_selection),
    _deed(
        "remove",
        N_("Remove"),
        remove_selected,
        (),
        "remove",
        has_selection,
        N_("Delete does the same while the image has the keyboard"),
        "trash",
    ),
    _deed("clear", N_("Remove all marks of the image"), clear_picture, (), "remove", _has_marks),
    _deed("clear_study", N_("Remove all marks of the study"), clear_study, (), "remove", has_images),
    *(_colour(colour, title) for colour, title in COLOURS),
    _setting(
        "snaps",
        N_("Draw points to edges and marks"),
        (),
        N_("Alt turns it the other way round while it is held"),
    ),
    _setting("shows_loupe", N_("Loupe while a point is dragged"), (), ""),
    _setting(
        "is_once",
        N_("One mark, then the tool before"),
        (),
        N_("Else the measuring tool stays until another tool is chosen"),
    ),
)
