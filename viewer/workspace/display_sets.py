"""From a series to display sets: what is shown together, in which order, and what is wrong with it.

Every file of the series is in exactly one display set, and every frame of it in exactly one place. Works on headers
alone; the frames of enhanced objects are put in order when their functional groups have been read (frame_facts).
"""

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

from viewer.base.byte_source import ByteSource
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.image_ref import ImageRef
from viewer.workspace import completeness
from viewer.workspace.display_set import DisplaySet, DisplaySetKind, SetWarning, WarningCode
from viewer.workspace.display_set_rules import MOSAIC_ORDER, rule_for
from viewer.workspace.frame_facts import FrameFacts
from viewer.workspace.image_facts import ImageFacts, is_parallel, number_of, time_of
from viewer.workspace.image_groups import IN_GROUPS, READ_LATER, ImageGroup, image_groups, parted, without_repeats
from viewer.workspace.set_labels import label_of
from viewer.workspace.slice_order import Run, runs_of

_FLAVOURS = frozenset({"image_type_rest", "kernel", "energy"})
"""Attributes that tell repeats at one position apart and yet are no course of anything: other pictures of the same."""


def display_sets_of(
    series_key: str,
    headers: Sequence[InstanceHeader],
    frame_facts: Mapping[ByteSource, tuple[FrameFacts, ...]] | None = None,
    expected: int | None = None,
) -> tuple[DisplaySet, ...]:
    """Return the display sets of a series.

    Args:
        series_key: Becomes part of their keys.
        headers: All instances of the series.
        frame_facts: What is known of the frames of enhanced objects; without, they stand as stored (is_final False).
        expected: How many instances a directory names; None when none does.
    """
    unique, repeated = without_repeats(headers)
    groups = [part for group in image_groups(unique, frame_facts or {}) for part in parted(group)]
    differing = _differing(groups)
    sets = [
        each
        for group, values in zip(groups, differing, strict=True)
        for each in _sets_of_group(series_key, group, values)
    ]
    warnings = _series_warnings(unique, expected)
    if warnings:
        sets = [_with_warnings(each, warnings) for each in sets]
    return tuple(_with_repeats(sets, repeated))


def is_enhanced(header: InstanceHeader) -> bool:
    """Return whether the order of a file's frames lies in its functional groups."""
    return rule_for(header).order in READ_LATER


def _differing(groups: Sequence[ImageGroup]) -> list[dict[str, Hashable]]:
    """Return for every group the values in which groups of its rule differ, for its label."""
    by_rule: dict[str, dict[str, set[Hashable]]] = {}
    for group in groups:
        seen = by_rule.setdefault(group.rule.name, {})
        for name, value in group.values.items():
            seen.setdefault(name, set()).add(value)
    return [
        {name: value for name, value in group.values.items() if len(by_rule[group.rule.name][name]) > 1}
        for group in groups
    ]


def _sets_of_group(series_key: str, group: ImageGroup, differing: Mapping[str, Hashable]) -> list[DisplaySet]:
    rule = group.rule
    warnings = _file_warnings(group)
    may_place = rule.order in {"position", "groups"}
    placed = [each for each in group.images if each.position is not None and each.orientation is not None]
    if may_place and len(placed) == len(group.images) and not _has_turns(placed):
        runs = runs_of(placed, rule.split_repeats)
        return [_set_of_run(series_key, group, run, differing, warnings, len(runs)) for run in runs]
    if rule.order == "position" and len(group.images) > 1:
        warnings = [*warnings, SetWarning(WarningCode.NO_POSITIONS, completeness.NO_POSITIONS)]
    images = _ordered(group.images, rule.order)
    label = label_of(rule.kind, differing, None)
    return [_display_set(series_key, group, rule.kind, label, images, warnings, ())]


def _has_turns(placed: Sequence[ImageFacts]) -> bool:
    first = placed[0].orientation if placed else None
    seen = {each.orientation for each in placed}
    return first is not None and any(each is not None and not is_parallel(first, each) for each in seen)


def _ordered(images: list[ImageFacts], order: str) -> list[ImageFacts]:
    if order in IN_GROUPS or order == "vectors":
        return images
    if order in {"time", MOSAIC_ORDER}:
        return sorted(images, key=lambda each: (time_of(each.image.header), number_of(each.image.header), each.order))
    return sorted(images, key=lambda each: (number_of(each.image.header), time_of(each.image.header), each.order))


def _set_of_run(
    series_key: str,
    group: ImageGroup,
    run: Run,
    differing: Mapping[str, Hashable],
    warnings: list[SetWarning],
    run_count: int,
) -> DisplaySet:
    kind = group.rule.kind
    if run.is_time_run and kind is DisplaySetKind.STACK:
        kind = DisplaySetKind.TIME_RUN
    geometry = None if run.is_time_run else completeness.geometry_of(run.facts)
    found = [*warnings, *completeness.geometry_warnings(geometry, run.facts)]
    if run.is_uneven:
        found.append(SetWarning(WarningCode.UNEVEN_PHASES, completeness.UNEVEN))
    label = label_of(kind, differing, run if run_count > 1 else None)
    parts = (*run.split_values, run.phase)
    display_set = _display_set(series_key, group, kind, label, run.facts, found, parts)
    flavour = [each for each in run.split_values if each[0] in _FLAVOURS]
    family = _digest((group.rule.name, sorted(group.values.items()), flavour))
    return replace(display_set, geometry=geometry, phase=run.phase, family=family)


def _display_set(
    series_key: str,
    group: ImageGroup,
    kind: DisplaySetKind,
    label: str,
    images: Sequence[ImageFacts],
    warnings: Sequence[SetWarning],
    parts: tuple[Hashable, ...],
) -> DisplaySet:
    digest = _digest((group.rule.name, group.own_key, sorted(group.values.items()), parts))
    refs = tuple([each.image for each in images])
    return DisplaySet(f"{series_key}#{digest}", series_key, kind, label, refs, tuple(warnings), is_final=group.is_final)


def _digest(told: tuple[object, ...]) -> str:
    return hashlib.blake2b(repr(told).encode(), digest_size=8).hexdigest()


def _file_warnings(group: ImageGroup) -> list[SetWarning]:
    headers = list({id(each.image.header): each.image.header for each in group.images}.values())
    warnings = [warning for header in headers for warning in completeness.frame_warnings(header)]
    if group.rule.order in IN_GROUPS:
        warnings += completeness.part_warnings(headers)
    if group.rule.order == MOSAIC_ORDER and group.is_final and not all(each.image.is_tile for each in group.images):
        warnings.append(SetWarning(WarningCode.UNREADABLE_FRAME_GROUPS, completeness.UNCUT_MOSAIC))
    unsound = sum(1 for each in group.images if each.position is not None and each.orientation is None)
    if unsound and group.rule.order == "position":
        warnings.append(SetWarning(WarningCode.BAD_ORIENTATION, completeness.BAD_ORIENTATION, (str(unsound),)))
    return warnings


def _repeated_set(series_key: str, headers: Sequence[InstanceHeader]) -> DisplaySet:
    images = tuple(ImageRef(header, index) for header in headers for index in range(max(1, header.frame_count)))
    label = label_of(DisplaySetKind.REPEATED, {}, None)
    return DisplaySet(f"{series_key}#repeated", series_key, DisplaySetKind.REPEATED, label, images)


def _with_repeats(sets: list[DisplaySet], repeated: Sequence[InstanceHeader]) -> list[DisplaySet]:
    """Return the sets with one more for files that repeat an instance, and a warning where the instance itself is."""
    if not repeated:
        return sets
    uids = {header.sop_instance_uid for header in repeated}
    warning = [SetWarning(WarningCode.REPEATED_FILE, completeness.REPEATED, (str(len(repeated)),))]
    told = [
        _with_warnings(each, warning) if any(ref.header.sop_instance_uid in uids for ref in each.images) else each
        for each in sets
    ]
    return [*told, _with_warnings(_repeated_set(sets[0].series_key, repeated), warning)]


def _series_warnings(unique: Sequence[InstanceHeader], expected: int | None) -> list[SetWarning]:
    warnings = completeness.expected_warnings(len(unique), expected)
    pictures = [header for header in unique if header.pixel_data is not None]
    if pictures:
        warnings += completeness.announced_warnings(pictures)
        # Views and clips are numbered by the examination, with holes; slices are counted.
        if any(rule_for(header).order in {"position", "time", MOSAIC_ORDER} for header in pictures):
            warnings += completeness.number_warnings(pictures)
    return warnings


def _with_warnings(display_set: DisplaySet, warnings: Sequence[SetWarning]) -> DisplaySet:
    return replace(display_set, warnings=(*display_set.warnings, *warnings))
