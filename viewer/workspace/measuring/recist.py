"""Sums of the diameters of target lesions, and what the sum alone says (RECIST 1.1, 4.3.1)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from viewer.base.translation import N_, _
from viewer.measurement.reading import MILLIMETER

if TYPE_CHECKING:
    from viewer.workspace.measuring.comparison import Lesion, LesionValue, Timepoint

MOST_TARGETS, MOST_IN_ORGAN = 5, 2
LEAST_MM, LEAST_NODE_MM = 10.0, 15.0
"""What is measurable at baseline (3.1.1)."""
_NORMAL_NODE_MM = 10.0
_PARTIAL_PERCENT, _PROGRESS_PERCENT, _PROGRESS_MM = -30.0, 20.0, 5.0
_HAIR = 1e-9
"""What sums of binary numbers may be off."""

RULES = {
    "CR": N_("CR by sum: all targets 0 mm, nodes below 10 mm (RECIST 1.1, 4.3.1)"),
    "PR": N_("PR by sum: at least 30 % below baseline (RECIST 1.1, 4.3.1)"),
    "PD": N_("PD by sum: at least 20 % and 5 mm above the smallest sum (RECIST 1.1, 4.3.1)"),
    "SD": N_("SD by sum: neither PR nor PD (RECIST 1.1, 4.3.1)"),
}


@dataclass(frozen=True, slots=True)
class TargetSum:
    """The sum of diameters at one time.

    Attributes:
        value_mm: At full precision; None where it is refused.
        refusal: Why, translated.
        source: Of the scales of all that was added, translated.
        caution: What must be said beside it, translated.
        baseline_mm: Since the baseline.
        baseline_percent: The same in per cent of it.
        nadir_mm: Since the smallest sum before, baseline included.
        nadir_percent: The same in per cent of it.
        category: CR, PR, SD or PD by the sum alone; empty where not all that it needs is known.
        reason: The rule of the category, or why there is none, translated.
    """

    value_mm: float | None
    refusal: str = ""
    source: str = ""
    caution: str = ""
    baseline_mm: float | None = None
    baseline_percent: float | None = None
    nadir_mm: float | None = None
    nadir_percent: float | None = None
    category: str = ""
    reason: str = ""


def least_mm(*, is_node: bool) -> float:
    """Return what a lesion must measure at baseline to be a target."""
    return LEAST_NODE_MM if is_node else LEAST_MM


def sums(times: Sequence["Timepoint"], targets: Sequence["Lesion"], baseline: int | None) -> tuple[TargetSum, ...]:
    """Return the sums at all times; none without target lesions."""
    if not targets:
        return ()
    plain = [_sum(targets, place) for place in range(len(times))]
    dates = [(each.date, each.time) for each in times]
    is_ordered = all(each.date for each in times) and len(set(dates)) == len(dates)
    return tuple(_judged(plain, targets, place, baseline, is_ordered=is_ordered) for place in range(len(times)))


def _sum(targets: Sequence["Lesion"], place: int) -> TargetSum:
    total, sources, cautions = 0.0, [], []
    for lesion in targets:
        value = lesion.values[place]
        number = _millimeters(value)
        if isinstance(number, str):
            return TargetSum(None, f"{lesion.name}: {number}")
        assert value is not None  # noqa: S101 - it has a number
        assert value.reading is not None  # noqa: S101
        total += number
        if value.reading.source_text:
            sources.append(value.reading.source_text)
        if value.caution:
            cautions.append(f"{lesion.name}: {value.caution}")
    used = list(dict.fromkeys(sources))
    if len(used) > 1:
        cautions.append(_("Scales of different sources were added"))
    return TargetSum(total, source="; ".join(used), caution="; ".join(cautions))


def _millimeters(value: "LesionValue | None") -> float | str:
    """Return a diameter, or why there is none, translated."""
    if value is None or value.reading is None:
        return _("not measured")
    if not value.is_diameter:
        return _("has no diameter: measure it with the bidirectional tool")
    if value.reading.value is None:
        return value.reading.refusal or _("not measured")
    if value.reading.unit != MILLIMETER:
        return _("not in mm but in {0}").format(value.reading.unit.symbol)
    return value.reading.value


def _judged(
    plain: Sequence[TargetSum],
    targets: Sequence["Lesion"],
    place: int,
    baseline: int | None,
    *,
    is_ordered: bool,
) -> TargetSum:
    now = plain[place]
    if baseline is None or place <= baseline:
        return replace(now, reason=_("Baseline") if place == baseline else "")
    if now.value_mm is None:
        return replace(now, reason=now.refusal)
    start = plain[baseline]
    if start.value_mm is None:
        return replace(now, reason=_("The sum at baseline is not known: {0}").format(start.refusal))
    caution = now.caution
    if start.source != now.source and now.source:
        told = _("Not the same scale: {0}; {1}").format(start.source or "—", now.source)
        caution = "; ".join(filter(None, (caution, told)))
    now = replace(
        now,
        caution=caution,
        baseline_mm=now.value_mm - start.value_mm,
        baseline_percent=_percent(start.value_mm, now.value_mm),
    )
    if not is_ordered:
        return replace(now, reason=_("The order of studies is not known"))
    return _against_nadir(now, plain[baseline:place], targets, place)


def _against_nadir(now: TargetSum, before: Sequence[TargetSum], targets: Sequence["Lesion"], place: int) -> TargetSum:
    known = [each.value_mm for each in before if each.value_mm is not None]
    if len(known) < len(before):
        return replace(now, reason=_("A sum since baseline is not known, so the smallest is not either"))
    assert now.value_mm is not None  # noqa: S101 - who has none was told before
    nadir = min(known)
    now = replace(now, nadir_mm=now.value_mm - nadir, nadir_percent=_percent(nadir, now.value_mm))
    category = _category(now, targets, place)
    return replace(now, category=category, reason=_(RULES[category]) if category else _("The sum at baseline is 0"))


def _category(now: TargetSum, targets: Sequence["Lesion"], place: int) -> str:
    if now.baseline_percent is None or now.nadir_mm is None:
        return ""
    if all(_is_gone(each, place) for each in targets):
        return "CR"
    # From a smallest sum of nothing any 5 mm are more than 20 %.
    is_up = now.nadir_percent is None or now.nadir_percent >= _PROGRESS_PERCENT - _HAIR
    if is_up and now.nadir_mm >= _PROGRESS_MM - _HAIR:
        return "PD"
    return "PR" if now.baseline_percent <= _PARTIAL_PERCENT + _HAIR else "SD"


def _is_gone(lesion: "Lesion", place: int) -> bool:
    number = _millimeters(lesion.values[place])
    if isinstance(number, str):
        return False
    return number < _NORMAL_NODE_MM if lesion.is_node else number == 0.0


def _percent(before: float, after: float) -> float | None:
    return 100 * (after - before) / before if before > 0 else None
