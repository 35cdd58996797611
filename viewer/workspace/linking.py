"""What all windows know together of how their viewports are linked: lines, cursor, links, registrations.

Here is only the state. Where lines fall tells cross_reference; who follows whom, synchronization.
"""

import enum
from dataclasses import dataclass, field, replace

from viewer.base.events import Event
from viewer.base.settings import setting
from viewer.base.translation import N_
from viewer.dicom.image_plane import Vector
from viewer.workspace.frame_links import FrameJoint, FrameLinks


class LinesOf(enum.StrEnum):
    """Whose lines are drawn."""

    ALL = "all"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Section "linking"."""

    shows_lines: bool = setting(default=True, title=N_("Reference lines"))
    lines_of: str = setting(
        LinesOf.ALL.value,
        N_("Lines of"),
        choices=((LinesOf.ALL.value, N_("every viewport")), (LinesOf.ACTIVE.value, N_("the active viewport"))),
    )
    shows_ends: bool = setting(default=False, title=N_("Lines of the first and last image"))
    shows_cursor: bool = setting(default=False, title=N_("3D cursor under the pointer"))
    links_scroll: bool = setting(default=False, title=N_("Link scrolling"))
    links_window: bool = setting(default=False, title=N_("Link the window"))
    links_zoom: bool = setting(default=False, title=N_("Link zoom and pan"))

    @property
    def is_linking(self) -> bool:
        """Whether viewports follow each other in anything."""
        return self.links_scroll or self.links_window or self.links_zoom


@dataclass(frozen=True, slots=True)
class CursorPoint:
    """The point of the patient that the 3D cursor is at.

    Attributes:
        frame_uid: In which Frame of Reference the point is.
        place: The viewport it was put in: what names its workspace, and its cell.
        is_held: Whether it stays when the pointer leaves.
    """

    point_patient: Vector
    frame_uid: str
    place: tuple[int, int]
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class ManualLink:
    """Two display sets that the reader linked though no frame joins them: wherever it counts, it is said.

    Attributes:
        first: Key of one display set.
        second: Key of the other.
        offset: What is added to the place of the first to come to that of the second: mm along the second's normal, or
            images.
        is_in_mm: Whether places are mm along the normals; else they count images.
        sign: -1 where the normals point against each other.
        normal: Of the second, along which its mm count; None where images are counted.
    """

    first: str
    second: str
    offset: float
    is_in_mm: bool
    sign: int = 1
    normal: Vector | None = None

    def joins(self, one: str, other: str) -> bool:
        """Return whether these two are linked, in whatever order."""
        return {one, other} == {self.first, self.second}

    def to_other(self, key: str, place: float) -> float:
        """Return the place in the other display set that stands for a place in this one."""
        return self.sign * place + self.offset if key == self.first else self.sign * (place - self.offset)


@dataclass(slots=True)
class Linking:
    """One for all windows.

    Attributes:
        changed: Settings, manual links, registrations or what is left out are other ones now.
        places_changed: Something else is on screen somewhere.
        cursor_changed: The 3D cursor is elsewhere, or gone.
        settings_changed: Settings to keep.
        active: The viewport that was acted on last, as CursorPoint.place has it.
        left_out: Viewports that do not follow and are not followed, likewise.
        registration_problems: What of registrations is not used and why, translated.
    """

    settings: LinkSettings = field(default_factory=LinkSettings)
    frames: FrameLinks = field(default_factory=FrameLinks)
    manual: tuple[ManualLink, ...] = ()
    cursor: CursorPoint | None = None
    active: tuple[int, int] = (0, 0)
    left_out: frozenset[tuple[int, int]] = frozenset()
    registration_problems: tuple[str, ...] = ()
    changed: Event[None] = field(default_factory=Event)
    places_changed: Event[None] = field(default_factory=Event)
    cursor_changed: Event[None] = field(default_factory=Event)
    settings_changed: Event[LinkSettings] = field(default_factory=Event)

    def set_settings(self, settings: LinkSettings) -> None:
        """Put other settings into force, in all windows."""
        if settings != self.settings:
            self.settings = settings
            if not settings.shows_cursor:
                self.put_cursor(None)
            self.changed.emit(None)
            self.settings_changed.emit(settings)

    def put_cursor(self, cursor: CursorPoint | None) -> None:
        """Put the cursor elsewhere; None takes it away."""
        if cursor != self.cursor:
            self.cursor = cursor
            self.cursor_changed.emit(None)

    def pointer_left(self, place: tuple[int, int]) -> None:
        """Take the cursor away that only hovered over a viewport."""
        if self.cursor is not None and not self.cursor.is_held and self.cursor.place == place:
            self.put_cursor(None)

    def set_active(self, place: tuple[int, int]) -> None:
        """Note which viewport was acted on."""
        if place != self.active:
            self.active = place
            self.places_changed.emit(None)

    def leave_out(self, place: tuple[int, int], *, is_out: bool) -> None:
        """Let a viewport stand alone, or follow again."""
        left_out = self.left_out | {place} if is_out else self.left_out - {place}
        if left_out != self.left_out:
            self.left_out = left_out
            self.changed.emit(None)

    def link_by_hand(self, link: ManualLink) -> None:
        """Link two display sets; an earlier link of the same two is replaced."""
        kept = (each for each in self.manual if not each.joins(link.first, link.second))
        self.manual = (*kept, link)
        self.changed.emit(None)

    def break_links(self, key: str) -> None:
        """Break all manual links of a display set."""
        kept = tuple(each for each in self.manual if key not in {each.first, each.second})
        if kept != self.manual:
            self.manual = kept
            self.changed.emit(None)

    def manual_between(self, one: str, other: str) -> ManualLink | None:
        """Return the manual link of two display sets; None without one."""
        return next((each for each in self.manual if each.joins(one, other)), None)

    def join(self, joint: FrameJoint) -> None:
        """Put a registration into force."""
        self.frames = self.frames.with_joint(joint)
        self.changed.emit(None)

    def set_frames(self, frames: FrameLinks) -> None:
        """Put these registrations into force and no others."""
        if frames != self.frames:
            self.frames = frames
            self.changed.emit(None)

    def change(self, **settings: bool | str) -> None:
        """Put some settings to other values."""
        self.set_settings(replace(self.settings, **settings))  # type: ignore[arg-type]  # fields by their names
