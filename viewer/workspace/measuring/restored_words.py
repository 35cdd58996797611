"""What is said when a study is opened that was marked before."""

from collections.abc import Sequence

from viewer.base.translation import _, ngettext
from viewer.measurement.annotation import Annotation

_FEW = 3


def restored_text(annotations: Sequence[Annotation]) -> str:
    """Return how many marks were restored, of which days, and by whom they were made."""
    count = len(annotations)
    days = sorted({day for each in annotations if (day := _day(each))})
    people = list(dict.fromkeys(name for each in annotations if (name := _who(each))))
    text = ngettext("{0} measurement", "{0} measurements", count).format(count)
    if days:
        span = days[0] if len(days) == 1 else f"{days[0]} – {days[-1]}"
        text = _("{measurements} of {days}").format(measurements=text, days=span)
    if people:
        named = ", ".join(people[:_FEW]) + (" …" if len(people) > _FEW else "")
        text = _("{measurements} by {people}").format(measurements=text, people=named)
    return _("{0} restored").format(text)


def _day(annotation: Annotation) -> str:
    made = annotation.provenance
    return (made.changed_at or made.created_at)[:10]


def _who(annotation: Annotation) -> str:
    made = annotation.provenance
    return made.changed_by or made.created_by
