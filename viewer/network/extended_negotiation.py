"""What queries may do beyond the baseline, as both sides agree on it (PS3.4 C.5.1.1.1)."""

from dataclasses import astuple, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class QueryOptions:
    """Service-class-application-information of C-FIND, a byte each in this order; without a word there is none of it.

    Attributes:
        relational: Keys of any level, and no unique keys of those above.
        combines_date_and_time: A range of dates and one of times are one range of both.
        fuzzy: Names are matched by how they sound, or in whatever way the archive means that.
        adjusts_time_zone: Dates and times are read in the time zone of the query.
    """

    relational: bool = False
    combines_date_and_time: bool = False
    fuzzy: bool = False
    adjusts_time_zone: bool = False

    def encoded(self) -> bytes:
        """Return as many bytes as it takes; empty when nothing is asked for."""
        return bytes(astuple(self)).rstrip(b"\0")

    def agreed(self, answer: bytes) -> Self:
        """Return what of this an answer agrees to."""
        said = answer.ljust(4, b"\0")
        return type(self)(*(asked and said[number] == 1 for number, asked in enumerate(astuple(self))))
