"""Marks as lesions that are followed from study to study: which mark is which lesion, and what RECIST makes of it.

A lesion is all marks of one tracking identifier (112040). What it is to RECIST is kept in the parameters of its marks.
"""

import enum
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from viewer.base.translation import N_
from viewer.measurement.annotation import Annotation
from viewer.measurement.kinds.table import is_known, kind_of
from viewer.workspace.measuring.annotation_book import study_of
from viewer.workspace.measuring.finding_codes import folded

ROLE, NODE, STATE = "lesion_role", "lesion_node", "lesion_state"
"""Names in Annotation.parameters."""
_IS_NODE = "yes"


class Role(enum.StrEnum):
    """What a lesion is to RECIST 1.1."""

    NONE = ""
    TARGET = "target"
    NON_TARGET = "non_target"
    NEW = "new"


class LesionState(enum.StrEnum):
    """What is seen of a lesion at one time."""

    MEASURED = ""
    ABSENT = "absent"
    TOO_SMALL = "too_small"


ROLE_TITLES = {
    Role.NONE: N_("None"),
    Role.TARGET: N_("Target"),
    Role.NON_TARGET: N_("Non-target"),
    Role.NEW: N_("New lesion"),
}
STATE_TITLES = {
    LesionState.MEASURED: N_("As measured"),
    LesionState.ABSENT: N_("Not seen any more: 0 mm"),
    LesionState.TOO_SMALL: N_("Too small to measure: 5 mm"),
}
_ROLES = {each.value: each for each in Role}
_STATES = {each.value: each for each in LesionState}


def lesion_of(annotation: Annotation) -> str:
    """Return the tracking UID of the lesion that a mark is one of."""
    return annotation.tracking_uid or annotation.uid


def role_of(annotation: Annotation) -> Role:
    """Return what a mark's lesion is to RECIST."""
    value = str(annotation.parameter(ROLE))
    return _ROLES.get(value, Role.NONE)


def state_of(annotation: Annotation) -> LesionState:
    """Return what is seen of a mark's lesion."""
    value = str(annotation.parameter(STATE))
    return _STATES.get(value, LesionState.MEASURED)


def is_node(annotation: Annotation) -> bool:
    """Return whether a mark's lesion is a lymph node, measured by its short axis."""
    return annotation.parameter(NODE) == _IS_NODE


def with_parameter(annotation: Annotation, name: str, value: float | str) -> Annotation:
    """Return a mark with something kept under a name; an empty text takes it away."""
    kept = tuple(each for each in annotation.parameters if each[0] != name)
    own = ((name, value),) if value != "" else ()
    return replace(annotation, parameters=tuple(sorted((*kept, *own))))


def with_node(annotation: Annotation, *, is_node: bool) -> Annotation:
    """Return a mark whose lesion is a lymph node, or is not."""
    return with_parameter(annotation, NODE, _IS_NODE if is_node else "")


# Names


def own_name(annotation: Annotation) -> str:
    """Return what the reader calls a mark; empty where nothing."""
    return annotation.tracking_id.strip() or (annotation.text.strip().splitlines() or [""])[0].strip()


def kind_title(annotation: Annotation) -> str:
    """Return what a mark is, English, marked for translation; the id of a kind that this version does not know."""
    return kind_of(annotation.kind).title if is_known(annotation.kind) else annotation.kind


def renamed(annotation: Annotation, name: str) -> Annotation:
    """Return a mark under another name: in its words where these name it, else in its tracking identifier."""
    is_label = is_known(annotation.kind) and kind_of(annotation.kind).is_label
    if is_label or (annotation.text.strip() and not annotation.tracking_id.strip()):
        rest = annotation.text.strip().splitlines()[1:]
        return replace(annotation, text="\n".join([name, *rest]).strip(), site=None if is_label else annotation.site)
    return replace(annotation, tracking_id=name)


# Pairs


def joined(annotation: Annotation, other: Annotation) -> Annotation:
    """Return a mark as one of the lesion of another mark, with its name and what RECIST makes of it."""
    name = other.tracking_id.strip() or own_name(other)
    made = replace(annotation, tracking_uid=lesion_of(other), tracking_id=name or annotation.tracking_id)
    for kept in (ROLE, NODE):
        if other.parameter(kept) != "":
            made = with_parameter(made, kept, other.parameter(kept))
    return made


def pairs_by_name(annotations: Iterable[Annotation]) -> dict[str, Annotation]:
    """Return, by uid, the marks that become one lesion with the oldest mark of the same name.

    Names that stand twice in one study pair nothing: nobody knows which of the two is meant.

    Args:
        annotations: Of one patient's studies, the oldest study first.
    """
    by_name: defaultdict[str, list[Annotation]] = defaultdict(list)
    for each in annotations:
        if each.readings and (name := folded(own_name(each))):
            by_name[name].append(each)
    found: dict[str, Annotation] = {}
    for marks in by_name.values():
        studies = [study_of(each.anchor) for each in marks]
        if len(marks) > 1 and len(set(studies)) == len(studies):
            first = marks[0]
            found |= {
                each.uid: joined(each, first)
                for each in marks[1:]
                if lesion_of(each) != lesion_of(first) or each.kind != first.kind
            }
    return found
