"""What views of templates are made of: sections with facts, tables and notes; text, HTML and the window draw them."""

from dataclasses import dataclass
from typing import NamedTuple

from viewer.dicom.structured_report.values import Position


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    Attributes:
        target: The item that it tells; None for none.
        is_link: Whether there is an image or region behind it to jump to.
        is_number: Whether it stands at the right.
    """

    text: str = ""
    target: Position | None = None
    is_link: bool = False
    is_number: bool = False


class Fact(NamedTuple):
    """A label and its text; target and is_link as cells have them."""

    label: str
    text: str
    target: Position | None = None
    is_link: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; rows have as many cells as there are columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the view of a report.

    Attributes:
        notes: What a reader must know of it, such as that an analysis failed.
        is_hidden: Whether it is shown only when it is asked for (CAD findings that are not for presentation).
        position: The item that it tells.
    """

    title: str
    facts: tuple[Fact, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    is_hidden: bool = False
    position: Position | None = None
