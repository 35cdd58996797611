"""What a library keeps and for how long: rules as plain values, and which studies they would put into the trash.

Nothing is done here; keeping.Keeping carries a plan out. A study that is protected, or has images nobody has looked at,
is never in a plan.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from viewer.base.errors import LibraryError
from viewer.base.translation import N_, _
from viewer.library.study_row import StudyRow

PROTECTED = "protected"
"""The flag of studies that no rule touches."""
LONGEST_DAYS = 365_000
"""More days than that are as good as for ever, and older than a calendar can tell."""


class Reason(enum.Enum):
    """Which rule a study falls under."""

    AGE = N_("older than the library keeps studies")
    SIZE = N_("the library holds more than it should")


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """What may go; a rule that is None is not in force.

    Attributes:
        most_days: Since the study's last image came or the study was last looked at, whichever is later.
        most_bytes: Of all studies together; those that rested longest go first.
        spares_undisplayed: Whether studies with images that were never displayed stay.
    """

    most_days: int | None = None
    most_bytes: int | None = None
    spares_undisplayed: bool = True

    def __post_init__(self) -> None:
        for limit in (self.most_days, self.most_bytes):
            if limit is not None and limit < 0:
                raise LibraryError(_("A limit of what the library keeps is below zero"))

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "RetentionRules":
        """Return rules as `to_json` wrote them; what is unknown is left out.

        Raises:
            LibraryError: If a value is of another kind.
        """
        days, most, spares = value.get("most_days"), value.get("most_bytes"), value.get("spares_undisplayed", True)
        if any(type(each) not in (int, type(None)) for each in (days, most)) or type(spares) is not bool:
            raise LibraryError(_("The rules of what the library keeps cannot be read"))
        return cls(days, most, spares)

    def to_json(self) -> dict[str, Any]:
        """Return the rules as plain values."""
        return {
            "most_days": self.most_days,
            "most_bytes": self.most_bytes,
            "spares_undisplayed": self.spares_undisplayed,
        }


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """What rules would do.

    Attributes:
        studies: To be put into the trash, longest rested first, each with the rule it falls under.
        freed_bytes: What the trash would give back when it is emptied.
        over_bytes: By how much the library would still be too large: the rest is protected.
    """

    studies: tuple[tuple[StudyRow, Reason], ...] = ()
    freed_bytes: int = 0
    over_bytes: int = 0


@dataclass(slots=True)
class _Planning:
    chosen: list[tuple[StudyRow, Reason]] = field(default_factory=list)
    freed: int = 0

    def take(self, study: StudyRow, reason: Reason) -> None:
        self.chosen.append((study, reason))
        self.freed += study.total_size


def plan_retention(studies: Iterable[StudyRow], rules: RetentionRules, now: datetime) -> RetentionPlan:
    """Return what rules would do with studies.

    Args:
        studies: Those of the library that are not in the trash.
        rules: What may go.
        now: With time zone.
    """
    rows = list(studies)
    total = sum(row.total_size for row in rows)
    planning = _Planning()
    oldest = now - timedelta(days=min(rules.most_days, LONGEST_DAYS)) if rules.most_days is not None else None
    for study in sorted((row for row in rows if _may_go(row, rules)), key=_rested_since):
        if oldest is not None and _rested_since(study) < oldest:
            planning.take(study, Reason.AGE)
        elif rules.most_bytes is not None and total - planning.freed > rules.most_bytes:
            planning.take(study, Reason.SIZE)
    over = max(0, total - planning.freed - rules.most_bytes) if rules.most_bytes is not None else 0
    return RetentionPlan(tuple(planning.chosen), planning.freed, over)


def _may_go(study: StudyRow, rules: RetentionRules) -> bool:
    if PROTECTED in study.flags:
        return False
    return not rules.spares_undisplayed or study.displayed_count >= study.instance_count


def _rested_since(study: StudyRow) -> datetime:
    displayed = study.last_displayed_at
    return study.last_received_at if displayed is None else max(displayed, study.last_received_at)
