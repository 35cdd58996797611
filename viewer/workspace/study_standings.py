"""Where the studies of the list are kept besides: sent, promised, denied, "safe to delete here"; words and marks."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.base.translation import _, ngettext

if TYPE_CHECKING:
    from viewer.library.library import Library
    from viewer.library.sent_standing import StudyStanding


class Kept(enum.Enum):
    """How safe a study is elsewhere."""

    NOWHERE = "nowhere"
    PARTLY = "partly"
    """Some of it was sent."""
    SENT = "sent"
    WAITING = "waiting"
    """Sent; an archive has yet to say whether it keeps it."""
    FAILED = "failed"
    """An archive denies some of it, or something speaks against it."""
    COMMITTED = "committed"
    """Promised, but something waits here that was not sent."""
    SAFE = "safe"


@dataclass(frozen=True, slots=True)
class StudyMark:
    """What the list shows of it.

    Attributes:
        word: For the second line; empty for nothing.
        lines: For tooltip and screen reader.
    """

    kept: Kept = Kept.NOWHERE
    word: str = ""
    lines: tuple[str, ...] = ()


NOTHING = StudyMark()


def standings_of(study_instance_uids: Iterable[str], library: "Library") -> "dict[str, StudyStanding]":
    """Return what archives have of studies; those of which they have nothing are left out."""
    from viewer.library.sent_standing import known_elsewhere, standing_of

    known = known_elsewhere(library.database, study_instance_uids)
    return {uid: standing_of(library.database, uid) for uid in known}


def mark_of(standing: "StudyStanding") -> StudyMark:
    """Return what is to be shown of a study."""
    kept = _kept(standing)
    words = {
        Kept.PARTLY: _("partly sent"),
        Kept.SENT: _("sent"),
        Kept.WAITING: _("sent, not yet promised"),
        Kept.FAILED: _("not kept there"),
        Kept.COMMITTED: _("promised"),
        Kept.SAFE: _("safe to delete here"),
    }
    return StudyMark(kept, words.get(kept, ""), tuple(_lines(standing, kept)))


def said_of(study_instance_uids: Iterable[str], library: "Library") -> str:
    """Return what is to be known before studies are deleted, as the library knows it."""
    uids = list(dict.fromkeys(study_instance_uids))
    found = standings_of(uids, library)
    return trash_line(found.get(uid) for uid in uids)


def trash_line(standings: "Iterable[StudyStanding | None]") -> str:
    """Return what is to be known before studies are deleted: where they are kept, or that they are nowhere else."""
    nowhere, safe, unsure = 0, 0, 0
    places: dict[str, None] = {}
    for standing in standings:
        if standing is None or not standing.sent:
            nowhere += 1
        elif standing.is_safe_to_delete_here:
            safe += 1
            places[standing.archives[0].archive] = None
        else:
            unsure += 1
    names = ", ".join(places)
    if nowhere + unsure + safe == 1:
        if nowhere:
            return _("It is in no archive that is known here")
        if unsure:
            return _("It was sent, but no archive has promised to keep all of it")
        return _("It is kept by {0}").format(names)
    parts = []
    if nowhere:
        text = ngettext("{0} is in no archive that is known here", "{0} are in no archive that is known here", nowhere)
        parts.append(text.format(nowhere))
    if unsure:
        text = ngettext(
            "{0} was sent, but no archive has promised to keep all of it",
            "{0} were sent, but no archive has promised to keep all of them",
            unsure,
        )
        parts.append(text.format(unsure))
    if safe:
        parts.append(ngettext("{0} is kept by {1}", "{0} are kept by {1}", safe).format(safe, names))
    return "; ".join(parts)


def _kept(standing: "StudyStanding") -> Kept:
    if standing.is_safe_to_delete_here:
        return Kept.SAFE
    if standing.failed:
        return Kept.FAILED
    if not standing.sent:
        return Kept.NOWHERE
    if standing.sent < standing.instances:
        return Kept.PARTLY
    if standing.committed >= standing.instances:
        return Kept.COMMITTED
    return Kept.WAITING if standing.is_waiting else Kept.SENT


def _lines(standing: "StudyStanding", kept: Kept) -> Iterable[str]:
    for each in standing.archives:
        counted = _("{archive}: {sent} of {all} sent, {committed} promised").format(
            archive=each.archive, sent=each.sent, all=standing.instances, committed=each.committed
        )
        yield _("{0}, {1} denied or doubtful").format(counted, each.failed) if each.failed else counted
    if standing.aside:
        text = ngettext(
            "{0} image was kept aside and waits for a decision", "{0} images were kept aside", standing.aside
        )
        yield text.format(standing.aside)
    if kept is Kept.SAFE:
        yield _("Safe to delete here: an archive has all of it and has promised to keep it")
    elif kept is not Kept.NOWHERE:
        yield _("Not safe to delete here")
