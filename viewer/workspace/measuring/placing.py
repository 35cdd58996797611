"""How a hand places an annotation: from the first press to the last point. Without Qt, and without knowing a screen.

A drag gives the first two points at once, clicks give one each; a freehand line is the way of one drag. Whoever holds
the pointer tells whether it moved far enough since the press to be a drag.
"""

import math
from dataclasses import dataclass, replace

from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, Placing

_SAME = 1e-6
"""Image points nearer than this are one."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """An annotation on its way.

    Attributes:
        blank: What it will be, without points.
        given: The points that are settled.
        at: Where the hand is; None before it was anywhere.
        is_down: Whether the button is down.
        is_first: Whether the first press still lasts.
        is_ended: Whether the reader ended it.
    """

    kind: Kind
    blank: Annotation
    ground: Ground
    given: tuple[Point, ...] = ()
    at: Point | None = None
    is_down: bool = False
    is_first: bool = False
    is_ended: bool = False

    def pressed(self, at: Point) -> "Stroke":
        """The button went down."""
        if self.given:
            return replace(self, at=at, is_down=True)
        return replace(self, given=(at,), at=at, is_down=True, is_first=True)

    def moved(self, at: Point) -> "Stroke":
        """The hand is here now."""
        if self.kind.placing is Placing.FREEHAND and self.is_down:
            return replace(self, given=_with(self.given, at), at=at)
        if self.kind.most == 1 and self.is_down:
            return replace(self, given=(at,), at=at)
        return replace(self, at=at)

    def released(self, at: Point, *, was_drag: bool) -> "Stroke":
        """The button went up.

        Args:
            at: Where.
            was_drag: Whether the pointer moved far enough since the press to mean a drag.
        """
        if not self.is_down:
            return self
        after = replace(self, at=at, is_down=False, is_first=False)
        if self.kind.placing is Placing.FREEHAND:
            return replace(after, is_ended=True)
        if self.kind.most == 1:
            return after
        if self.is_first:
            return replace(after, given=_with(self.given, at)) if was_drag else after
        return replace(after, given=_with(self.given, at))

    def ended(self) -> "Stroke":
        """The reader says that it is whole; nothing where it has too few points."""
        return replace(self, is_ended=True, is_down=False) if len(self.given) >= self.kind.least else self

    def taken_back(self) -> "Stroke | None":
        """Return this without its last point; None when none is left."""
        left = self.given[:-1]
        return replace(self, given=left, is_down=False, is_first=False) if left else None

    @property
    def is_whole(self) -> bool:
        """Whether there is nothing more to place."""
        if self.is_ended:
            return True
        if self.is_down or not self.given:
            return False
        count = len(self.given)
        if count == self.kind.most:
            return True
        if self.kind.most is None or count < min(2, self.kind.least):
            return False
        settled = self.kind.settled(self.given, self.ground)
        return len(settled) > count and len(settled) >= self.kind.least

    @property
    def is_worth_keeping(self) -> bool:
        """Whether there is anything to see of what was placed: points that are not all one."""
        if self.kind.most == 1:
            return bool(self.given)
        settled = self._settled(self.given)
        return len(settled) >= self.kind.least and any(math.dist(self.given[0], each) > _SAME for each in self.given)

    @property
    def annotation(self) -> Annotation:
        """What is placed so far, with the hand's point as the next one."""
        points = self.given
        if self.at is not None and self._wants_more:
            points = _with(points, self.at)
        return replace(self.blank, points=self._settled(points))

    @property
    def result(self) -> Annotation:
        """What was placed."""
        return replace(self.blank, points=self._settled(self.given))

    @property
    def _wants_more(self) -> bool:
        if self.kind.placing is Placing.FREEHAND or self.is_ended or self.kind.most == 1:
            return False
        return not self.is_whole

    def _settled(self, points: tuple[Point, ...]) -> tuple[Point, ...]:
        if len(points) < min(2, self.kind.least):
            return points
        return self.kind.settled(points, self.ground)


def _with(points: tuple[Point, ...], at: Point) -> tuple[Point, ...]:
    """Return points with another one, unless it is where the last is."""
    return (*points, at) if not points or math.dist(points[-1], at) > _SAME else points


def straightened(start: Point, at: Point, aspect: float, step_deg: float = 45.0) -> Point:
    """Return a point as far from another one, in a direction that is a multiple of an angle in the patient.

    Args:
        start: Where the line begins.
        at: Where the hand is.
        aspect: Height of a pixel over its width.
        step_deg: The angle.
    """
    dx, dy = at[0] - start[0], (at[1] - start[1]) * aspect
    length = math.hypot(dx, dy)
    if not length:
        return at
    step = math.radians(step_deg)
    angle = round(math.atan2(dy, dx) / step) * step
    return start[0] + length * math.cos(angle), start[1] + length * math.sin(angle) / aspect
