"""What came of a retrieve: what was announced against what is here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from viewer.base.translation import _


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """What was announced against what is here.

    Attributes:
        expected: How many there are; None where the archive does not say.
        received: SOP Instance UIDs of what came now and is kept.
        already: Of what was here before, and of what came and was here with the same bytes.
        quarantined: Of what came with other bytes than are here, or was kept aside for another reason.
        failed: Why some came and could not be kept, or could not be sent; by SOP Instance UID.
        missing: Of what was announced and is not here, for whatever reason.
        missing_unnamed: How many more are missing, of which the archive only says how many they are.
        unexpected: Of what came and is kept, though the archive did not list it.
        is_verified: Whether every instance that was announced was looked for by its UID.
        is_broken_off: Whether the archive says neither what there is nor that it gave all of it.
        is_cancelled: Whether it was ended before it was done.
        methods: By which ways instances came, or were tried to come.
        reason: Why not all is here, as the archive or the network gave it last; in plain words.
    """

    expected: int | None
    received: tuple[str, ...] = ()
    already: tuple[str, ...] = ()
    quarantined: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    missing_unnamed: int = 0
    unexpected: tuple[str, ...] = ()
    is_verified: bool = True
    is_broken_off: bool = False
    is_cancelled: bool = False
    methods: tuple[str, ...] = ()
    reason: str = ""

    @property
    def here(self) -> int:
        """How many are here now, what is kept aside counted too."""
        return len(self.received) + len(self.already) + len(self.quarantined)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is known to be missing."""
        is_missing = self.missing or self.missing_unnamed or self.failed or self.is_cancelled or self.is_broken_off
        return self.here > 0 and not is_missing

    def text(self) -> str:
        """Return what is here in a sentence."""
        if not self.here and not self.expected:
            return _("The archive has nothing of that")
        if self.expected is None:
            words = _("{here} images are here; the archive does not say how many there are").format(here=self.here)
        else:
            words = _("{here} of {expected} images are here").format(here=self.here, expected=self.expected)
        if self.missing or self.missing_unnamed or self.failed or self.is_broken_off:
            words = _("{0}: ask again").format(words)
        elif not self.is_verified and self.expected is not None:
            words = _("{0}; the archive does not list them, so that it cannot be verified which").format(words)
        return words

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "expected": self.expected,
            "received": len(self.received),
            "already": len(self.already),
            "missing": [*self.missing],
            "missing_count": len(self.missing) + self.missing_unnamed,
            "failed": [{"sop_instance_uid": uid, "reason": reason} for uid, reason in self.failed.items()],
            "quarantined": [*self.quarantined],
            "unexpected": [*self.unexpected],
            "verified": self.is_verified,
            "broken_off": self.is_broken_off,
            "cancelled": self.is_cancelled,
            "methods": [*self.methods],
            "reason": self.reason,
        }
