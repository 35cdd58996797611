"""Luminance meters: what one must be able to do, and which are installed here.

A meter is a plug-in: a class named by an entry point of the group "negatoscope.meters". One that fails to load is named
and left out; in safe mode only the program's own is offered.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, cast

from viewer.base.errors import DisplayError
from viewer.base.translation import _
from viewer.display.luminance_readings import HIGHEST_CD_M2

GROUP = "negatoscope.meters"
SAFE_MODE_VARIABLE = "NEGATOSCOPE_SAFE_MODE"
OWN_METERS = (EntryPoint("spotread", "viewer.display.spotread_meter:SpotreadMeter", GROUP),)
"""There even where the program was not installed as a package; a meter known by the same value is not loaded twice."""


class MeterError(DisplayError):
    """A meter that is not there, does not answer, or asks for something first.

    Attributes:
        is_question: The meter waits until the reader has done what the message says; the next read() goes on.
    """

    def __init__(self, message: str, *, subject: str = "", advice: str = "", is_question: bool = False) -> None:
        super().__init__(message, subject=subject, advice=advice)
        self.is_question = is_question


@dataclass(frozen=True, slots=True)
class MeterReading:
    """What a meter read.

    Attributes:
        chromaticity: CIE 1931 x and y; None for a meter of luminance alone, and where it is too dark for a colour.
    """

    luminance_cd_m2: float
    chromaticity: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.luminance_cd_m2 <= HIGHEST_CD_M2:
            raise MeterError(
                _("The meter read {value:g} cd/m², which is impossible").format(value=self.luminance_cd_m2)
            )


class Meter(Protocol):
    """A luminance meter. open() and read() may take seconds: call them on a worker thread, never on two at once."""

    title: str
    """What a person calls it; translated by the plug-in."""

    def is_available(self) -> bool:
        """Return whether it may be there: quick, touches no hardware."""

    def open(self, *, is_telescopic: bool = False) -> None:
        """Get ready to read a display; raises MeterError.

        Args:
            is_telescopic: Whether it stands at the reader's place rather than on the glass.
        """

    def read(self) -> MeterReading:
        """Return one reading; raises MeterError. After one with is_question, call again to go on."""

    def close(self) -> None:
        """Let go of the hardware; from any thread, at any time: a reading under way ends with a MeterError."""


@dataclass(frozen=True, slots=True)
class FoundMeters:
    """The meters there are.

    Attributes:
        problems: A sentence for each plug-in that failed to load.
    """

    meters: tuple[Meter, ...] = ()
    problems: tuple[str, ...] = ()


def find_meters(installed: Iterable[EntryPoint] | None = None, *, is_safe: bool | None = None) -> FoundMeters:
    """Return the meters there are, loading their plug-ins.

    Args:
        installed: Entry points; None takes those of the installed packages.
        is_safe: Load the program's own meters only; None asks the environment.
    """
    if is_safe is None:
        is_safe = bool(os.environ.get(SAFE_MODE_VARIABLE))
    offered = [] if is_safe else list(entry_points(group=GROUP) if installed is None else installed)
    meters: list[Meter] = []
    problems: list[str] = []
    for value, point in {point.value: point for point in (*OWN_METERS, *offered)}.items():
        try:
            meters.append(_loaded(point))
        except Exception as error:  # noqa: BLE001 - a plug-in's fault is named; the other meters go on
            told = _("The meter '{name}' ({value}) failed to load: {reason}")
            problems.append(told.format(name=point.name, value=value, reason=str(error) or type(error).__name__))
    return FoundMeters(tuple(meters), tuple(problems))


def _loaded(point: EntryPoint) -> Meter:
    made = point.load()()
    for name in ("is_available", "open", "read", "close"):
        if not callable(getattr(made, name, None)):
            raise TypeError(_("it has no {name}()").format(name=name))
    if not isinstance(getattr(made, "title", None), str):
        raise TypeError(_("it has no title"))
    return cast("Meter", made)
