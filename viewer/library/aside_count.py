"""How much waits for a reader's decision, without reading what it is: for an alarm that is looked at often."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viewer.library.library import Library


@dataclass(frozen=True, slots=True)
class AsideCount:
    """Counts of what a reader has yet to decide.

    Attributes:
        altered: Instances whose UID was there with other bytes.
        unknown: Instances of unknown senders.
        identities: Warnings that say that patients or studies may be mixed up.
        late: Warnings of instances that came late.
    """

    altered: int = 0
    unknown: int = 0
    identities: int = 0
    late: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.altered + self.unknown + self.identities + self.late

    @property
    def urgent(self) -> int:
        """What could harm a patient if nobody looked at it."""
        return self.altered + self.unknown + self.identities


def aside_count(library: "Library") -> AsideCount:
    """Count what waits.

    Raises:
        LibraryError: If the index cannot be read.
    """
    from viewer.library.instance_record import AsideReason
    from viewer.library.study_row import WarningKind

    with library.database.reading() as connection:
        aside = dict(connection.execute("SELECT reason, count(*) FROM conflicts GROUP BY reason").fetchall())
        warnings = dict(
            connection.execute("SELECT kind, count(*) FROM warnings WHERE settled_at IS NULL GROUP BY kind").fetchall()
        )
    late = int(warnings.get(WarningKind.LATE.value, 0))
    return AsideCount(
        int(aside.get(AsideReason.ALTERED.value, 0)),
        int(aside.get(AsideReason.UNKNOWN_SENDER.value, 0)),
        sum(map(int, warnings.values())) - late,
        late,
    )
