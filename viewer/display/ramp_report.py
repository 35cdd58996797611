"""What a check of the way to the monitor found: a ramp as it was painted, as the desktop shows it, and other signs."""

from collections.abc import Iterator
from dataclasses import dataclass

from viewer.base.translation import N_, _
from viewer.display.ramp_readback import RampFinding, RampKind
from viewer.display.system_sign import Severity, Sign

CAVEAT = N_(
    "What is read back is the desktop's picture. Tables of the graphics card and the monitor itself come after it: "
    "what they do, only a measurement tells."
)


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One thing found.

    Attributes:
        text: Translated.
        advice: Translated; empty where there is nothing to do.
        is_good: Whether it is as it should be.
        is_note: Whether it is only good to know.
    """

    text: str
    advice: str = ""
    is_good: bool = False
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class RampReport:
    """What one check found.

    Attributes:
        painted: What came back of our own window.
        composed: What came back of the desktop, where the window lay.
        signs: What else of the system may stand in the way, certain ones first.
    """

    painted: RampFinding
    composed: RampFinding
    signs: tuple[Sign, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether nothing was found that changes greys or colours, or may."""
        is_exact = self.painted.is_good and self.composed.is_good
        return is_exact and all(sign.severity is Severity.NOTE for sign in self.signs)

    @property
    def headline(self) -> str:
        """The outcome in one sentence, translated."""
        if self.composed.kind is RampKind.REFUSED:
            return _("The ramp could not be read back: {0}").format(self.composed.sentence)
        if not (self.painted.is_good and self.composed.is_good):
            return _("Pixels do not arrive as they are drawn")
        if any(sign.severity is Severity.CERTAIN for sign in self.signs):
            return _("Pixels reach the desktop as they are drawn; on their way to the monitor they are changed")
        if not self.is_good:
            return _("Pixels reach the desktop as they are drawn; something else may change them")
        return _("Pixels reach the desktop exactly as they are drawn")

    @property
    def caveat(self) -> str:
        """What such a check cannot see, translated."""
        return _(CAVEAT)

    @property
    def lines(self) -> tuple[ReportLine, ...]:
        """Everything found, one line each."""
        return tuple(self._lines())

    def _lines(self) -> Iterator[ReportLine]:
        for template, finding in ((_("Painted: {0}"), self.painted), (_("On the desktop: {0}"), self.composed)):
            yield ReportLine(template.format(finding.sentence), finding.advice, finding.is_good)
        for sign in self.signs:
            yield ReportLine(sign.sentence, sign.advice, is_note=sign.severity is Severity.NOTE)
