"""What searches in archives remember: how much is asked for, the filters at first, "my day", and saved searches."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from viewer.base.settings import setting
from viewer.base.translation import N_
from viewer.workspace.archive_query import PERIOD_TITLES, ArchiveQuestion, Period

MOST_SAVED, LONGEST_NAME = 50, 80


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """Section "archives".

    Attributes:
        my_day_modalities: Of today's studies that "my day" lists; empty for all.
        my_day_archives: In which it looks; empty for all that are not hidden.
        saved: Saved searches by name, as ArchiveQuestion.as_table gives them.
        order: What the list is sorted by.
        columns: The columns that are shown, by their numbers with spaces between.
    """

    limit: int = setting(
        500,
        N_("Most results of one archive"),
        help=N_("More can be asked for in the list"),
        minimum=10,
        maximum=50_000,
    )
    period: str = setting(
        Period.ANY.value,
        N_("A new search asks for"),
        choices=tuple((each.value, title) for each, title in PERIOD_TITLES.items() if each is not Period.RANGE),
    )
    my_day_modalities: tuple[str, ...] = setting(())
    my_day_archives: tuple[str, ...] = setting(())
    saved: Mapping[str, Any] = setting({})
    order: str = setting("date")
    columns: str = setting("")

    @property
    def my_day(self) -> ArchiveQuestion:
        """Today's studies, of the modalities and archives that were chosen for it."""
        modalities = tuple(map(str, self.my_day_modalities))
        return ArchiveQuestion(
            period=Period.TODAY, modalities=modalities, archives=tuple(map(str, self.my_day_archives))
        )

    @property
    def first_question(self) -> ArchiveQuestion:
        """What a new window asks before anything was chosen."""
        return ArchiveQuestion(period=next((each for each in Period if each.value == self.period), Period.ANY))

    @property
    def saved_questions(self) -> dict[str, ArchiveQuestion]:
        """The saved searches by name."""
        return {name: ArchiveQuestion.of_table(table) for name, table in self.saved.items()}

    @property
    def shown_columns(self) -> tuple[int, ...]:
        """The columns that are shown beside the first."""
        return tuple(int(each) for each in self.columns.split() if each.isdecimal())

    def with_saved(self, name: str, question: ArchiveQuestion) -> "ArchiveSettings":
        """Return these with a search kept under a name; the oldest goes when there are too many."""
        kept = {**self.saved, name[:LONGEST_NAME]: question.as_table()}
        return replace(self, saved=dict(list(kept.items())[-MOST_SAVED:]))

    def without_saved(self, name: str) -> "ArchiveSettings":
        """Return these without a saved search."""
        return replace(self, saved={key: value for key, value in self.saved.items() if key != name})

    def with_my_day(self, question: ArchiveQuestion) -> "ArchiveSettings":
        """Return these with the modalities and archives of a question for "my day"."""
        return replace(self, my_day_modalities=question.modalities, my_day_archives=question.archives)
