"""A sign that something of the system stands between the pixels we draw and the light of the monitor."""

import enum
from dataclasses import dataclass


class Severity(enum.Enum):
    """How sure it is that greys or colours are other than they were measured."""

    CERTAIN = "certain"
    """They are changed now."""
    POSSIBLE = "possible"
    """They are changed at times, or may be."""
    NOTE = "note"
    """Good to know."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign.

    Attributes:
        sentence: What was seen, translated.
        advice: What to do, translated.
    """

    severity: Severity
    sentence: str
    advice: str
