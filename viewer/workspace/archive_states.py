"""How it stands with the archives of a search, in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass

from viewer.base.errors import ViewerError
from viewer.base.translation import _

_SEPARATOR = "  ·  "


@dataclass(frozen=True, slots=True)
class AskedArchive:
    """How it stands with one archive of a search.

    Attributes:
        problem: Why it did not answer, or not to the end; None when nothing went wrong.
        is_cut_off: Whether it has more than was asked for.
        notes: What was not quite as it was asked.
    """

    name: str
    found: int = 0
    is_asking: bool = True
    problem: ViewerError | None = None
    is_cut_off: bool = False
    notes: tuple[str, ...] = ()


def summary(archives: Sequence[AskedArchive]) -> str:
    """Return what the archives found, in one line; those that failed without finding anything are told apart."""
    return _SEPARATOR.join(_state_text(each) for each in archives if each.problem is None or each.found)


def problem_text(archive: AskedArchive) -> str:
    """Return why an archive did not answer, in a sentence."""
    return f"{archive.name}: {' '.join(str(archive.problem).split())}" if archive.problem is not None else ""


def advice_text(archive: AskedArchive) -> str:
    """Return all that is to be said of an archive: why it did not answer, what to do, what it did not quite do."""
    problem = (archive.problem.one_line(),) if archive.problem is not None else ()
    return "\n".join((*problem, *archive.notes))


def _state_text(archive: AskedArchive) -> str:
    if archive.is_asking:
        return (
            _("{0}: asking, {1} so far").format(archive.name, archive.found)
            if archive.found
            else _("{0}: asking").format(archive.name)
        )
    if archive.is_cut_off:
        return _("{0}: there are more than {1}").format(archive.name, archive.found)
    return _("{0}: {1} found").format(archive.name, archive.found)
