"""Lesions over the studies of one patient: what changed, by how much, and the sums of diameters of RECIST 1.1.

RECIST 1.1 (Eisenhauer et al., Eur J Cancer 45 (2009) 228-247): the longest diameter of each target lesion, the short
axis of each that is a lymph node (4.1). Numbers are compared at full precision, never across units; where scales come
from different sources that is said. No response is told but that of the sum alone, and with its rule.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from viewer.base.translation import _
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.bidirectional import LONG_AXIS, SHORT_AXIS
from viewer.measurement.kinds.length import LENGTH
from viewer.measurement.reading import DEGREE, HOUNSFIELD, MILLIMETER, NO_UNIT, PERCENT, Reading
from viewer.workspace.measuring.lesions import (
    LesionState,
    Role,
    is_node,
    kind_title,
    lesion_of,
    own_name,
    role_of,
    state_of,
)
from viewer.workspace.measuring.recist import MOST_IN_ORGAN, MOST_TARGETS, TargetSum, least_mm, sums

TOO_SMALL_MM = 5.0
"""What a target lesion counts that is seen and cannot be measured (RECIST 1.1, 4.3.1)."""
_WITHOUT_SHARE = frozenset({HOUNSFIELD.ucum, DEGREE.ucum, PERCENT.ucum, NO_UNIT.ucum})
"""Units whose zero is a convention, or that are shares already: a change of them in per cent would mean nothing."""


@dataclass(frozen=True, slots=True)
class Timepoint:
    """A study.

    Attributes:
        date: ISO 8601; empty where the study states none.
        time: Of the study, as found, to order two of one day.
        title: What the study is called.
    """

    study_instance_uid: str
    date: str
    time: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """From one number to another.

    Attributes:
        amount: In the unit of both; None where they cannot be compared.
        percent: Of the first; None where that means nothing.
        refusal: Why there is no amount, translated.
        caution: What must be said beside it, translated.
    """

    amount: float | None = None
    percent: float | None = None
    refusal: str = ""
    caution: str = ""


@dataclass(frozen=True, slots=True)
class LesionValue:
    """A lesion at one time.

    Attributes:
        uid: Of the mark that counts.
        reading: Its number; None for a mark that has none.
        is_diameter: Whether that is what RECIST adds up.
        caution: What must be said beside it, translated.
        from_baseline: Since the baseline.
        from_previous: Since the study before in which it was measured.
    """

    uid: str
    reading: Reading | None
    is_diameter: bool
    caution: str = ""
    from_baseline: Change | None = None
    from_previous: Change | None = None


@dataclass(frozen=True, slots=True)
class Lesion:
    """A lesion over time.

    Attributes:
        tracking_uid: What all its marks have in common.
        name: As the reader calls it; translated.
        site: As the reader says; empty for none.
        values: At each timepoint; None where it was not marked.
    """

    tracking_uid: str
    name: str
    role: Role
    is_node: bool
    site: str
    values: tuple[LesionValue | None, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Lesions over time.

    Attributes:
        timepoints: The oldest first.
        baseline: Which of them is it; None where there is none.
        sums: At each timepoint, where there are target lesions.
        new: The names of new lesions at each timepoint.
        cautions: What must be said of all, translated.
    """

    timepoints: tuple[Timepoint, ...]
    lesions: tuple[Lesion, ...]
    baseline: int | None
    sums: tuple[TargetSum, ...]
    new: tuple[tuple[str, ...], ...]
    cautions: tuple[str, ...] = ()


_ORDER = {Role.TARGET: 0, Role.NON_TARGET: 1, Role.NEW: 2, Role.NONE: 3}


def compare(
    timepoints: Iterable[Timepoint], marks: Mapping[str, Sequence[Annotation]], baseline_study: str = ""
) -> Comparison:
    """Compare lesions over the studies of one patient.

    Args:
        timepoints: Studies of one patient.
        marks: By Study Instance UID.
        baseline_study: As the reader chose it; empty for the first study in which all target lesions are measured.
    """
    times = tuple(sorted(timepoints, key=lambda each: (each.date, each.time, each.study_instance_uid)))
    by_lesion: defaultdict[str, list[list[Annotation]]] = defaultdict(lambda: [[] for _time in times])
    for place, time in enumerate(times):
        for each in marks.get(time.study_instance_uid, ()):
            if each.readings or role_of(each) is not Role.NONE:
                by_lesion[lesion_of(each)][place].append(each)
    found = [_lesion(uid, per_time) for uid, per_time in by_lesion.items()]
    found.sort(key=lambda each: (_ORDER[each.role], each.name.casefold(), each.tracking_uid))
    targets = [each for each in found if each.role is Role.TARGET]
    baseline = _baseline(times, targets, baseline_study)
    told = _cautions(times, targets, baseline, (mark for each in by_lesion.values() for one in each for mark in one))
    lesions = tuple(_with_changes(each, baseline) for each in found)
    new = tuple(
        tuple(each.name for each in found if each.role is Role.NEW and each.values[place] is not None)
        for place in range(len(times))
    )
    return Comparison(times, lesions, baseline, sums(times, targets, baseline), new, told)


def change_between(before: Reading | None, after: Reading | None) -> Change:
    """Return the change from one reading to another, or why there is none."""
    if before is None or after is None:
        return Change(refusal=_("Not measured"))
    for each in (before, after):
        if each.value is None:
            return Change(refusal=each.refusal or _("Not measured"))
    if not before.code.is_same(after.code) or not _is_same_derivation(before, after):
        return Change(refusal=_("Not the same quantity: {0}, {1}").format(before.name, after.name))
    if before.unit.ucum != after.unit.ucum:
        units = before.unit.symbol or "1", after.unit.symbol or "1"
        return Change(refusal=_("Not the same unit: {0}, {1}").format(*units))
    assert before.value is not None  # noqa: S101 - as was asked above
    assert after.value is not None  # noqa: S101
    amount = after.value - before.value
    has_share = before.value > 0 and before.unit.ucum not in _WITHOUT_SHARE
    caution = ""
    if before.source != after.source:
        caution = _("Not the same scale: {0}; {1}").format(before.source_text or "—", after.source_text or "—")
    return Change(amount, 100 * amount / before.value if has_share else None, caution=caution)


def _is_same_derivation(before: Reading, after: Reading) -> bool:
    if before.derivation is None or after.derivation is None:
        return before.derivation is after.derivation
    return before.derivation.is_same(after.derivation)


def is_followed(lesion: Lesion) -> bool:
    """Return whether a lesion is compared: it stands in several studies, or is something to RECIST."""
    return lesion.role is not Role.NONE or sum(value is not None for value in lesion.values) > 1


# Lesions


def _lesion(tracking_uid: str, per_time: Sequence[Sequence[Annotation]]) -> Lesion:
    marks = [mark for each in per_time for mark in each]
    # The latest word counts; that there are several is told.
    role = next((role for mark in reversed(marks) if (role := role_of(mark)) is not Role.NONE), Role.NONE)
    node = any(map(is_node, marks))
    named = next((name for mark in reversed(marks) if (name := own_name(mark))), "")
    site = next((mark.site.meaning for mark in reversed(marks) if mark.site is not None), "")
    values = tuple(_value(each, is_of_node=node) if each else None for each in per_time)
    return Lesion(tracking_uid, named or _(kind_title(marks[-1])), role, node, site, values)


def _value(marks: Sequence[Annotation], *, is_of_node: bool) -> LesionValue:
    """Return what counts of all marks of a lesion in one study: the greatest diameter."""
    every = [_value_of(each, is_of_node=is_of_node) for each in marks]
    diameters = [each for each in every if each.is_diameter]
    if len(every) == 1 or not diameters:
        return every[0]
    told = _("{0} marks of this lesion: the greatest diameter counts").format(len(marks))
    units = {each.reading.unit.ucum for each in diameters if each.reading is not None and _has_value(each)}
    if len(units) > 1:
        reading = replace(_some_reading(diameters), value=None, refusal=_("Marks of this lesion differ in their unit"))
        return LesionValue(diameters[0].uid, reading, is_diameter=True, caution=told)
    greatest = max(diameters, key=_number)
    refused = next((each.reading.refusal for each in diameters if each.reading and not _has_value(each)), "")
    return replace(greatest, caution="; ".join(filter(None, (told, greatest.caution, refused))))


def _value_of(mark: Annotation, *, is_of_node: bool) -> LesionValue:
    state = state_of(mark)
    if state is not LesionState.MEASURED:
        code = SHORT_AXIS if is_of_node else LONG_AXIS
        number = 0.0 if state is LesionState.ABSENT else TOO_SMALL_MM
        caution = _("Not seen any more") if state is LesionState.ABSENT else _("Too small to measure: counts 5 mm")
        title = "Short axis" if is_of_node else "Long axis"
        return LesionValue(mark.uid, Reading(code, title, number, MILLIMETER), is_diameter=True, caution=caution)
    by_code = {each.code.value: each for each in reversed(mark.readings)}
    axis = by_code.get((SHORT_AXIS if is_of_node else LONG_AXIS).value)
    if axis is None and mark.kind == "length" and (line := by_code.get(LENGTH.value)) is not None:
        told = _("A single line: taken as the short axis") if is_of_node else ""
        return LesionValue(mark.uid, line, is_diameter=True, caution="; ".join(filter(None, (told, line.caution))))
    if axis is not None:
        return LesionValue(mark.uid, axis, is_diameter=True, caution=axis.caution)
    if is_of_node and LONG_AXIS.value in by_code:
        axis = replace(by_code[LONG_AXIS.value], code=SHORT_AXIS, value=None, refusal=_("The short axis is missing"))
        return LesionValue(mark.uid, axis, is_diameter=True)
    first = next((each for each in mark.readings if each.value is not None), next(iter(mark.readings), None))
    return LesionValue(mark.uid, first, is_diameter=False, caution=first.caution if first is not None else "")


def _has_value(value: LesionValue) -> bool:
    return value.reading is not None and value.reading.value is not None


def _number(value: LesionValue) -> float:
    return value.reading.value if value.reading is not None and value.reading.value is not None else -1.0


def _some_reading(values: Sequence[LesionValue]) -> Reading:
    return next(each.reading for each in values if each.reading is not None)


def _with_changes(lesion: Lesion, baseline: int | None) -> Lesion:
    before: LesionValue | None = None
    values: list[LesionValue | None] = []
    start = lesion.values[baseline] if baseline is not None else None
    for place, value in enumerate(lesion.values):
        if value is None:
            values.append(None)
            continue
        since = _comparable(start, value) if start is not None and baseline is not None and place > baseline else None
        values.append(
            replace(
                value,
                from_baseline=since,
                from_previous=_comparable(before, value) if before is not None else None,
            )
        )
        before = value
    return replace(lesion, values=tuple(values))


def _comparable(before: LesionValue, after: LesionValue) -> Change:
    """Return the change of a diameter whatever it was drawn with, or of any other number of the same name."""
    first, last = before.reading, after.reading
    if before.is_diameter and after.is_diameter and first is not None and last is not None:
        first, last = replace(first, code=LONG_AXIS), replace(last, code=LONG_AXIS)
        if not (first.source and last.source):  # what is not seen any more has no scale
            first, last = replace(first, source=""), replace(last, source="")
    return change_between(first, last)


# Baseline and cautions


def _baseline(times: Sequence[Timepoint], targets: Sequence[Lesion], wanted: str) -> int | None:
    for place, time in enumerate(times):
        if time.study_instance_uid == wanted:
            return place
    for place in range(len(times)):
        if targets and all(each.values[place] is not None for each in targets):
            return place
    return 0 if times else None


def _cautions(
    times: Sequence[Timepoint], targets: Sequence[Lesion], baseline: int | None, marks: Iterable[Annotation]
) -> tuple[str, ...]:
    told = []
    if not all(time.date for time in times) or len({(each.date, each.time) for each in times}) < len(times):
        told.append(_("The order of studies is not known: their dates are missing or the same"))
    if len(targets) > MOST_TARGETS:
        told.append(_("More than {0} target lesions (RECIST 1.1, 4.1)").format(MOST_TARGETS))
    sites = [each.site for each in targets if each.site]
    crowded = sorted({site for site in sites if sites.count(site) > MOST_IN_ORGAN})
    told += [
        _("More than {0} target lesions in one organ: {1} (RECIST 1.1, 4.1)").format(MOST_IN_ORGAN, _(site))
        for site in crowded
    ]
    told += _small(targets, baseline)
    roles: defaultdict[str, set[Role]] = defaultdict(set)
    names: dict[str, str] = {}
    for mark in marks:
        roles[lesion_of(mark)] |= {role_of(mark)} - {Role.NONE}
        names[lesion_of(mark)] = own_name(mark) or _(kind_title(mark))
    told += [
        _("{0}: its marks differ in what the lesion is; the latest counts").format(names[uid])
        for uid, found in roles.items()
        if len(found) > 1
    ]
    return tuple(told)


def _small(targets: Sequence[Lesion], baseline: int | None) -> list[str]:
    found = []
    for each in targets if baseline is not None else ():
        value = each.values[baseline] if baseline is not None else None
        reading = value.reading if value is not None else None
        least = least_mm(is_node=each.is_node)
        if reading is not None and reading.value is not None and reading.unit == MILLIMETER and reading.value < least:
            text = _("{0} is below {1} mm at baseline: not measurable by RECIST 1.1 (3.1)")
            found.append(text.format(each.name, f"{least:g}"))
    return found
