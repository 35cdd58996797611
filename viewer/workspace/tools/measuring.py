"""The measuring tool: which kind of mark it makes, and how the reader likes it to behave."""

from dataclasses import dataclass

from viewer.base.events import Event
from viewer.base.settings import setting
from viewer.base.translation import N_
from viewer.measurement.kinds.kind import Kind
from viewer.measurement.kinds.table import KINDS, is_known, kind_of
from viewer.workspace.tools.tool import Tool

SECTION = "measuring"


@dataclass(frozen=True, slots=True)
class MeasuringSettings:
    """Section "measuring": how marks are placed."""

    is_once: bool = setting(
        default=False,
        title=N_("Put the measuring tool down after each mark"),
        help=N_("Else it stays until another tool is chosen; a double click on its button asks for one mark alone"),
    )
    shows_loupe: bool = setting(
        default=True,
        title=N_("Show a loupe while a point is dragged"),
    )
    snaps: bool = setting(
        default=False,
        title=N_("Draw points to edges and to points of other marks"),
        help=N_("Alt turns it the other way round while it is held"),
    )


class MeasuringTool:
    """Of one window.

    Attributes:
        changed: The kind or the settings are others.
        wanted: What the window is to do: "place" a mark, or ask for "words" or "group" of the selected one.
        settings: How the reader likes it.
        is_once: Whether the tool before it comes back after the next mark.
    """

    def __init__(self) -> None:
        self.changed: Event[None] = Event()
        self.wanted: Event[str] = Event()
        self.settings = MeasuringSettings()
        self.is_once = False
        self._kind: Kind = KINDS[0]
        self._before = Tool.WINDOW_LEVEL

    @property
    def kind(self) -> Kind:
        """What the next mark will be: the last one chosen."""
        return self._kind

    @property
    def tool_before(self) -> Tool:
        """The tool that was put down for it."""
        return self._before

    def choose(self, kind_id: str, tool: Tool, *, is_once: bool | None = None) -> None:
        """Take up a kind.

        Args:
            kind_id: An unknown one changes nothing.
            tool: In the hand until now.
            is_once: Whether for one mark alone; None for what the settings say.
        """
        if not is_known(kind_id):
            return
        if tool is not Tool.MEASURE:
            self._before = tool
        self._kind = kind_of(kind_id)
        self.is_once = self.settings.is_once if is_once is None else is_once
        self.changed.emit(None)

    def set_settings(self, settings: MeasuringSettings) -> None:
        """Put other settings into force."""
        if settings != self.settings:
            self.settings = settings
            self.is_once = settings.is_once
            self.changed.emit(None)
