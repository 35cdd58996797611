"""Fingerprints as people compare them: in groups, on lines that can be read out over the telephone."""

GROUP, LINE = 2, 8
"""So many pairs of digits stand together; so many groups on a line."""


def grouped(fingerprint: str) -> str:
    """Return a fingerprint in groups of four digits, in lines of eight groups."""
    pairs = fingerprint.replace(":", " ").split()
    groups = ["".join(pairs[start : start + GROUP]) for start in range(0, len(pairs), GROUP)]
    return "\n".join("  ".join(groups[start : start + LINE]) for start in range(0, len(groups), LINE))


def plain(text: str) -> str:
    """Return the digits alone of a fingerprint, however it is written."""
    return "".join(letter for letter in text.upper() if letter in "0123456789ABCDEF")
