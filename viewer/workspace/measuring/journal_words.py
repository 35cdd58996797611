"""What is said of journals: what came back, what others wrote, and why something is not kept."""

import errno
from collections.abc import Sequence

from viewer.base.errors import system_reason
from viewer.base.translation import _, ngettext
from viewer.base.whole_output import DISK_FULL
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


def problem_text(error: OSError) -> str:
    """Return why marks are not kept, and what can be done about it."""
    text = _("What you mark is not kept on the disk: {0}").format(system_reason(error))
    if error.errno in DISK_FULL:
        return f"{text}. {_('Make room; it is tried again')}"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{text}. {_('See to the rights of the library folder; it is tried again')}"
    return f"{text}. {_('It is tried again')}"


def news_texts(conflicts: int, newer: int, damaged: int) -> list[str]:
    """Return what a reader should know of what was found in a journal.

    Args:
        conflicts: Marks that were changed here and in another program.
        newer: Things that only a newer version of the program can read.
        damaged: Lines that were damaged.
    """
    texts = []
    if conflicts:
        text = ngettext(
            "{0} mark was changed in another program at the same time: both are kept",
            "{0} marks were changed in another program at the same time: both are kept",
            conflicts,
        )
        texts.append(text.format(conflicts))
    if newer:
        text = ngettext(
            "{0} mark of a newer version of the program is kept, but cannot be shown",
            "{0} marks of a newer version of the program are kept, but cannot be shown",
            newer,
        )
        texts.append(text.format(newer))
    if damaged:
        text = ngettext(
            "A piece of what was marked is damaged and cannot be shown; it is kept aside",
            "{0} pieces of what was marked are damaged and cannot be shown; they are kept aside",
            damaged,
        )
        texts.append(text.format(damaged))
    return texts


def _day(annotation: Annotation) -> str:
    made = annotation.provenance
    return (made.changed_at or made.created_at)[:10]


def _who(annotation: Annotation) -> str:
    made = annotation.provenance
    return made.changed_by or made.created_by
