"""Concepts that the Standard has no code for, under a scheme of our own: 99NEGATOSCOPE (PS3.3 8.2)."""

from viewer.dicom.codes import Code

SCHEME = "99NEGATOSCOPE"


def private_code(value: str, meaning: str) -> Code:
    """Return a code of our own; the value has at most 16 characters (SH)."""
    if len(value) > 16:
        raise ValueError(f"{value} is too long for a code value")
    return Code(value, SCHEME, meaning)
