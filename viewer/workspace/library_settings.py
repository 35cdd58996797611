"""What the library's list remembers from one window to the next."""

from dataclasses import dataclass

from viewer.base.settings import setting


@dataclass(frozen=True, slots=True)
class LibrarySettings:
    """Section "library_list": the order, and the columns that are shown, by their numbers with spaces between."""

    order: str = setting("date")
    columns: str = setting("")

    @property
    def shown_columns(self) -> tuple[int, ...]:
        """The columns that are shown beside the first."""
        return tuple(int(each) for each in self.columns.split() if each.isdecimal())
