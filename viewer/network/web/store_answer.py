"""What a server says of the instances that it was sent (PS3.18 10.5.3, I.2)."""

from collections.abc import Mapping, Sequence
from typing import Any

from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.network.sending_outcome import Outcome, judged
from viewer.network.web.answer import Answer
from viewer.network.web.dicom_json import each_object, items_of, wants_objects

_MOST_BYTES = 16 * 2**20
_REFERENCED, _FAILED = "00081199", "00081198"
_INSTANCE, _WARNING, _FAILURE = "00081155", "00081196", "00081197"
_SOME_WARNING, _SOME_FAILURE = 0xB000, 0x0110
_SOME, _NONE = 202, 409
_ALL = frozenset({200, 201})
_OF_OTHERS = frozenset({"application/dicom+xml", "application/xml", "text/xml"})
"""Says what became of them in a way that is not read here: then its status does."""


def outcomes_of(answer: Answer, uids: Sequence[str]) -> list[Outcome]:
    """Return what became of each instance of a request, in their order.

    An instance that the answer does not speak of is only taken to be there when all are.
    """
    found = _read(answer)
    if found is None:
        return [_unsaid(answer.status)] * len(uids)
    failed = {_uid(item): _code(item, _FAILURE) or _SOME_FAILURE for item in items_of(found, _FAILED)}
    kept = {_uid(item): _code(item, _WARNING) for item in items_of(found, _REFERENCED)}
    is_all = answer.status in _ALL and not failed and not kept
    outcomes = []
    for uid in uids:
        if uid in failed:
            outcomes.append(_failure(failed[uid]))
        elif uid in kept:
            outcomes.append(Outcome(kept[uid]))
        else:
            outcomes.append(Outcome(0) if is_all else _unsaid(answer.status))
    return outcomes


def _read(answer: Answer) -> Mapping[str, Any] | None:
    """Return the data set of an answer, empty where it says nothing; None where it is about something else."""
    try:
        data = answer.whole(_MOST_BYTES)
        if not data.strip() or answer.media_type in _OF_OTHERS:
            return {}
        if not wants_objects(answer.media_type):
            return None
        # Some give an array of it.
        return next(each_object(data, subject=answer.subject), {})
    except NetworkError:
        return None


def _unsaid(status: int) -> Outcome:
    if status == _NONE:
        return _failure(_SOME_FAILURE)
    return Outcome(None, _("It does not say whether it has the object"), is_passing=True)


def _failure(code: int) -> Outcome:
    outcome = judged(code)
    # A warning among the failures is one of them all the same.
    return outcome if outcome.reason else judged(_SOME_FAILURE)


def _uid(item: Mapping[str, Any]) -> str:
    attribute = item.get(_INSTANCE)
    values = attribute.get("Value") if isinstance(attribute, dict) else None
    value = values[0] if isinstance(values, list) and values else values
    return value.strip(" \0") if isinstance(value, str) else ""


def _code(item: Mapping[str, Any], tag: str) -> int:
    attribute = item.get(tag)
    values = attribute.get("Value") if isinstance(attribute, dict) else None
    value = values[0] if isinstance(values, list) and values else values
    try:
        return int(value) & 0xFFFF if isinstance(value, (int, float, str)) else 0
    except ValueError:
        return _SOME_WARNING if tag == _WARNING else _SOME_FAILURE
