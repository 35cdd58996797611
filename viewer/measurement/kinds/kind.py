"""What every measuring tool is: a kind of annotation. Toolbar, keys, drawing, and export follow from it.

To add one, write a module with a Kind and put it into kinds.table.KINDS.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from viewer.dicom.codes import Code
from viewer.dicom.graphic_objects import GraphicObject
from viewer.imaging.spatial_transform import Point
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.reading import Reading


class KindGroup(enum.StrEnum):
    """Where a kind stands in menus, in this order."""

    LINES = "lines"
    ANGLES = "angles"
    REGIONS = "regions"
    LABELS = "labels"
    CLINICAL = "clinical"
    ULTRASOUND = "ultrasound"
    WAVEFORM = "waveform"


class Placing(enum.Enum):
    """How a hand makes one."""

    POINTS = "points"
    """Click by click, or the first two by one drag; ended by the last point, Enter, or a double click."""
    FREEHAND = "freehand"
    """The way of one drag."""
    BRUSH = "brush"
    """Strokes over pixels, as many as the reader makes."""


@dataclass(frozen=True, slots=True)
class KindParameter:
    """Something a kind must be told beside points; it is kept in Annotation.parameters, and the default is not.

    Attributes:
        name: In Annotation.parameters.
        title: English, marked with N_().
        least: Of a number.
        most: Of a number.
        choices: Values and their titles (marked with N_()) where it is one of a few words.
        is_asked: Whether it is asked for when one is placed; else it is offered with the mark's other properties.
    """

    name: str
    title: str
    default: float | str
    least: float = 0.0
    most: float = 0.0
    choices: tuple[tuple[str, str], ...] = ()
    is_asked: bool = False


class Kind:
    """A kind of annotation; one object of each.

    Attributes:
        id: Stable, in snake_case: journals, settings and the command line use it.
        title: English, marked with N_().
        help: One sentence for tooltip and help page, English, marked with N_().
        keys: Default keys.
        least: How many points it needs.
        most: How many it can have; None for as many as the reader likes.
        modalities: Where it is offered first; empty for everywhere.
        code: The concept of its main number; None for a mark without any.
        is_region: Whether it encloses pixels whose values it tells (measurement.regions).
        is_label: Whether its text is asked for when it is placed.
        is_everywhere: Whether it appears in every image and plane of its frame of reference that passes near it
            (measurement.label_places).
        asks: What it must be told beside points.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    group: ClassVar[KindGroup]
    icon: ClassVar[str]
    keys: ClassVar[tuple[str, ...]] = ()
    least: ClassVar[int] = 2
    most: ClassVar[int | None] = 2
    placing: ClassVar[Placing] = Placing.POINTS
    modalities: ClassVar[frozenset[str]] = frozenset()
    code: ClassVar[Code | None] = None
    is_region: ClassVar[bool] = False
    is_label: ClassVar[bool] = False
    is_everywhere: ClassVar[bool] = False
    asks: ClassVar[tuple[KindParameter, ...]] = ()

    def settled(self, points: Sequence[Point], ground: Ground) -> tuple[Point, ...]:
        """Return the handles of one just placed: what the reader gave, completed where the kind has more of them."""
        del ground
        return tuple(points)

    def moved(self, annotation: Annotation, handle: int, to: Point, ground: Ground) -> tuple[Point, ...]:
        """Return the points after one handle was taken elsewhere; others may follow it."""
        del ground
        points = list(annotation.points)
        points[handle] = to
        return tuple(points)

    def handles(self, annotation: Annotation) -> tuple[int, ...]:
        """Return which points the reader can take hold of; the others follow them."""
        return tuple(range(len(annotation.points)))

    def shifted(self, annotation: Annotation, columns: float, rows: float) -> Annotation:
        """Return it moved as a whole."""
        return replace(annotation, points=tuple((x + columns, y + rows) for x, y in annotation.points))

    def drawing(self, annotation: Annotation) -> tuple[GraphicObject, ...]:
        """Return what is drawn of it, also while it has fewer points than it needs; the same goes into files."""
        raise NotImplementedError

    def label_point(self, annotation: Annotation) -> Point:
        """Return where its text stands: beside the point farthest right, unless a kind knows better."""
        return max(annotation.points)

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return its numbers, each with value or refusal; none for a mark without any."""
        del annotation, ground
        return ()

    def suggested_text(self, before: Sequence[str]) -> str:
        """Return what to write at the next one where the kind counts on; empty for nothing.

        Args:
            before: Texts of those of its kind in the study, in the order of placing.
        """
        del before
        return ""

    def site(self, text: str) -> Code | None:
        """Return the code of the body part that a label's text names; None where it names none."""
        del text
        return None

    def completed(self, annotation: Annotation, ground: Ground) -> Annotation:
        """Return it with what its kind works out once: when it was placed, and when its text or parameters changed."""
        del ground
        site = self.site(annotation.text) if self.is_label and annotation.site is None else annotation.site
        return replace(annotation, site=site)

    def painted(
        self, annotation: Annotation, stroke: Sequence[Point], ground: Ground, *, is_erasing: bool = False
    ) -> Annotation:
        """Return it after one stroke more, where it is placed by the brush; it may then have no points left."""
        del stroke, ground, is_erasing
        return annotation
