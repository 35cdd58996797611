"""Numbers that are measured: each with its concept, unit, and where it comes from (PS3.16 TID 1419)."""

from dataclasses import dataclass

from viewer.base.translation import _
from viewer.dicom.codes import Code


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its UCUM code, for files, and its symbol, for readers."""

    ucum: str
    symbol: str


NO_UNIT = Unit("1", "")
MILLIMETER = Unit("mm", "mm")
SQUARE_MILLIMETER = Unit("mm2", "mm²")
CUBIC_MILLIMETER = Unit("mm3", "mm³")
MICROMETER = Unit("um", "µm")
DEGREE = Unit("deg", "°")
PIXEL = Unit("{pixels}", "px")
SQUARE_PIXEL = Unit("{pixels}2", "px²")
SECOND = Unit("s", "s")
MILLISECOND = Unit("ms", "ms")
CENTIMETER_PER_SECOND = Unit("cm/s", "cm/s")
CENTIMETER_PER_SQUARE_SECOND = Unit("cm/s2", "cm/s²")
BEATS_PER_MINUTE = Unit("/min", "bpm")
RATIO = Unit("1", "")
PERCENT = Unit("%", "%")
HOUNSFIELD = Unit("[hnsf'U]", "HU")


@dataclass(frozen=True, slots=True)
class Reading:
    """One number of a measurement, in full precision.

    Attributes:
        code: What is measured.
        title: The same in few words, English, marked for translation.
        value: None where it is refused.
        source: Where the scale comes from (a SpacingSource's value, or the name of a map), English, marked for
            translation; empty where none is needed.
        derivation: How it was worked out of several values (121401): mean, standard deviation …; None for none.
        refusal: Why there is no value, translated; empty when there is one.
        caution: What must be said beside it, translated: axes that are not at a right angle; empty for nothing.
    """

    code: Code
    title: str
    value: float | None
    unit: Unit
    source: str = ""
    derivation: Code | None = None
    refusal: str = ""
    caution: str = ""

    @property
    def name(self) -> str:
        """The title in the reader's language."""
        return _(self.title)

    @property
    def source_text(self) -> str:
        """The source in the reader's language."""
        return _(self.source) if self.source else ""
