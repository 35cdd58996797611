"""Names as presentation states spell them: Content Label (0070,0080), Graphic Layer (0070,0002). Without pydicom."""

from collections.abc import Collection

LONGEST_LABEL = 16
"""Of a CS value (PS3.5 6.2)."""
LONGEST_TEXT = 1024
"""Of an ST value, in characters, the ends of lines counted twice."""
_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _")


def content_label(text: str) -> str:
    """Return a text in capitals, digits, spaces and underscores; other letters are left out."""
    spelled = "".join(letter if letter in _CHARACTERS else " " for letter in text.upper())
    return " ".join(spelled.split())[:LONGEST_LABEL].strip()


def layer_name(text: str, taken: Collection[str]) -> str:
    """Return a name for a layer that no other has."""
    name, number = content_label(text) or "LAYER", 2
    found = name
    while found in taken:
        ending = f" {number}"
        found = name[: LONGEST_LABEL - len(ending)].strip() + ending
        number += 1
    return found
