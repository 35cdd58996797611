"""Asking a DICOMweb server whether it is there: a search for one study (PS3.18 8.3.4), whose answer is not kept."""

import json
import time
from collections.abc import Callable

from viewer.network.web import problems
from viewer.network.web.door import WebDoor
from viewer.network.web.watch import never

JSON_TYPES = frozenset({"application/dicom+json", "application/json"})
_MOST_BYTES = 4 << 20
_NO_CONTENT = 204


def web_echo(door: WebDoor, cancelled: Callable[[], bool] = never) -> float:
    """Return after how many seconds it answered.

    Raises:
        NetworkError: If it did not, or with anything but studies; its words say what.
    """
    began = time.monotonic()
    search(door, ("studies",), (("limit", "1"),), cancelled)
    return time.monotonic() - began


def search(
    door: WebDoor,
    segments: tuple[str, ...],
    query: tuple[tuple[str, str], ...],
    cancelled: Callable[[], bool] = never,
) -> list[dict[str, object]]:
    """Return what a search finds, in the JSON model; of one that is small.

    Raises:
        NetworkError: If there is no answer, or it is none of QIDO-RS.
    """
    url = door.search_url(*segments, query=query)
    with door.get(url, "application/dicom+json", cancelled=cancelled) as answer:
        if answer.status == _NO_CONTENT:
            return []
        if answer.media_type not in JSON_TYPES:
            raise problems.no_dicomweb(door.subject, answer.media_type)
        data = answer.whole(_MOST_BYTES)
    try:
        rows = json.loads(data) if data else []
    except (ValueError, RecursionError):
        raise problems.no_dicomweb(door.subject) from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise problems.no_dicomweb(door.subject)
    return rows


def first_value(row: dict[str, object], tag: str) -> str:
    """Return the first value of an attribute as text; empty where it has none."""
    element = row.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return str(values[0]) if isinstance(values, list) and values else ""
