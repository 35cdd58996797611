"""For how long studies are kept: the rules as they are set, and which studies they would put into the trash."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.base.settings import setting
from viewer.base.translation import _, ngettext
from viewer.workspace.library_rows import shown_name

if TYPE_CHECKING:
    from viewer.library.library import Library
    from viewer.library.retention import RetentionPlan, RetentionRules
    from viewer.library.study_row import StudyRow

_GIGABYTE = 10**9
MOST_DAYS, MOST_GIGABYTES = 36_500, 1_000_000
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """Section "retention".

    Attributes:
        days: Studies that rested longer may go; 0 for no such rule.
        gigabytes: What the library may hold before those that rested longest may go; 0 for no such rule.
        spares_undisplayed: Whether studies with images that nobody has looked at stay.
    """

    days: int = setting(0, minimum=0, maximum=MOST_DAYS)
    gigabytes: int = setting(0, minimum=0, maximum=MOST_GIGABYTES)
    spares_undisplayed: bool = setting(default=True)

    @property
    def is_any(self) -> bool:
        """Whether a rule is in force."""
        return bool(self.days or self.gigabytes)

    def rules(self) -> "RetentionRules":
        """Return them as the library takes them."""
        from viewer.library.retention import RetentionRules

        return RetentionRules(
            self.days or None, self.gigabytes * _GIGABYTE or None, spares_undisplayed=self.spares_undisplayed
        )


def planned(library: "Library", settings: RetentionSettings) -> "RetentionPlan":
    """Return what the rules would put into the trash; nothing is done."""
    from viewer.library.keeping import retention_plan

    return retention_plan(library, settings.rules())


def put_into_trash(library: "Library", plan: "RetentionPlan") -> "list[StudyRow]":
    """Put the studies of a plan into the trash; return them."""
    from viewer.library.keeping import carry_out

    carry_out(library, plan)
    return [study for study, _reason in plan.studies]


def plan_sentence(plan: "RetentionPlan") -> str:
    """Return what a plan comes to."""
    count = len(plan.studies)
    text = ngettext("{0} study would go", "{0} studies would go", count).format(count)
    text += " · " + _("{0:.1f} GB when the trash is emptied").format(plan.freed_bytes / _GIGABYTE)
    if plan.over_bytes:
        text += " · " + _("still {0:.1f} GB too many: the rest is protected").format(plan.over_bytes / _GIGABYTE)
    return text


def plan_lines(plan: "RetentionPlan") -> list[str]:
    """Return the first studies of a plan, a line each, with the rule they fall under."""
    return [
        "  ·  ".join(
            part
            for part in (shown_name(study.patient_name), study.study_date, study.study_description, _(reason.value))
            if part
        )
        for study, reason in plan.studies[:MOST_LISTED]
    ]
