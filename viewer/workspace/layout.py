"""How the viewports lie in the window: a grid of cells, one of which may fill it, or one series tiled over all."""

from dataclasses import dataclass

from viewer.base.errors import UsageError
from viewer.base.translation import _

MAXIMUM_SIDE = 5


@dataclass(frozen=True, slots=True)
class Layout:
    """A grid of rows × columns cells, counted from 0 along the rows.

    Attributes:
        is_tiled: All cells show successive images of one display set.
        maximized: The cell that fills the whole area; None for the grid.
    """

    rows: int = 1
    columns: int = 1
    is_tiled: bool = False
    maximized: int | None = None

    def __post_init__(self) -> None:
        if not (1 <= self.rows <= MAXIMUM_SIDE and 1 <= self.columns <= MAXIMUM_SIDE):
            raise UsageError(
                _("A layout has 1 to {most} rows and columns, not {rows}x{columns}").format(
                    most=MAXIMUM_SIDE, rows=self.rows, columns=self.columns
                )
            )

    @property
    def cell_count(self) -> int:
        """How many cells the grid has."""
        return self.rows * self.columns

    @property
    def visible_cells(self) -> tuple[int, ...]:
        """The cells on screen, in reading order."""
        return tuple(range(self.cell_count)) if self.maximized is None else (self.maximized,)

    def place_of(self, cell: int) -> tuple[int, int]:
        """Return (row, column) of a cell, both from 0."""
        return divmod(cell, self.columns)

    @classmethod
    def parse(cls, text: str) -> "Layout":
        """Return the layout of a text such as "2x3" (rows x columns).

        Raises:
            UsageError: If the text is not a layout.
        """
        rows, _separator, columns = text.lower().replace("×", "x").partition("x")
        if not (rows.strip().isdigit() and columns.strip().isdigit()):
            raise UsageError(_("'{text}' is not a layout such as 2x3").format(text=text))
        return cls(int(rows), int(columns))
