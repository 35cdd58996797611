"""Servers that take what is percent-encoded in a query as it stands, and so find only what needs no such signs.

Orthanc up to 1.10 does: without this, nobody of a Korean name would be found on it, and nothing would say why. They are
asked for more, by the wild card, and what they give is chosen from here.
"""

import re
from collections.abc import Callable

from viewer.base.errors import NetworkError
from viewer.network.web.dicom_json import each_object, texts_of, wants_objects
from viewer.network.web.door import WebDoor

_STUDY = "StudyInstanceUID"
_ACCEPT = "application/dicom+json"
_MOST_BYTES = 16 * 2**20
_ENCODED = re.compile(r"[^A-Za-z0-9._~*/-]+")


def widened(text: str, keyword: str) -> str:
    """Return what matches all that a text matches, and is written without a percent sign."""
    if keyword.endswith("UID"):
        return text
    return re.sub(r"\*+", "*", _ENCODED.sub("*", text))


def fits(value: str, text: str) -> bool:
    """Whether a value is matched by a text with wild cards (PS3.4 C.2.2.2.4), a name by one of its component groups."""
    pattern = re.compile(
        "".join(".*" if each == "*" else "." if each == "?" else re.escape(each) for each in text), re.IGNORECASE
    )
    return any(pattern.fullmatch(each) for one in value.split("\\") for each in (one, *one.split("=")))


def decodes_queries(door: WebDoor, cancelled: Callable[[], bool]) -> bool:
    """Return whether a server reads what is percent-encoded; asked of it once, by a study that it has.

    Raises:
        Cancelled: If nobody wants to know it any more.
    """
    if door.decodes_queries is None:
        try:
            known = _first_study(door, door.search_url("studies", query=[("limit", "1")]), cancelled)
            if not known:
                return True
            encoded = "".join(f"%{ord(letter):02X}" for letter in known)
            url = door.search_url("studies", query=[("limit", "1")])
            door.decodes_queries = _first_study(door, f"{url}&{_STUDY}={encoded}", cancelled) == known
        except NetworkError:
            return True
    return door.decodes_queries


def _first_study(door: WebDoor, url: str, cancelled: Callable[[], bool]) -> str:
    with door.get(url, _ACCEPT, cancelled=cancelled) as answer:
        if answer.status == 204 or not wants_objects(answer.media_type):
            return ""
        data = answer.whole(_MOST_BYTES)
    return next((texts_of(found).get(_STUDY, "") for found in each_object(data, subject=door.subject)), "")
