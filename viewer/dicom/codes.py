"""Coded concepts (PS3.3 8.8): what a code sequence item says."""

from typing import NamedTuple


class Code(NamedTuple):
    """A code; value and scheme tell two of them apart, the meaning is for people."""

    value: str
    scheme: str
    meaning: str

    def is_same(self, other: "Code") -> bool:
        """Whether another code names the same concept, whatever its meaning says."""
        return (self.value, self.scheme) == (other.value, other.scheme)
