"""What the receiver tells: one JSON object a line, on standard output and to who watches it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

READY, STORED, REFUSED, QUARANTINED, COMMITMENT = "ready", "stored", "refused", "quarantined", "commitment"
CLOSED, ROUTED, QUIET, STOPPED, PROBLEM = "closed", "routed", "quiet", "stopped", "problem"

Told = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class ReceiverEvent:
    """Something happened.

    Attributes:
        event: One of the words above.
        details: UIDs, AE titles, addresses, counts and reasons; never a patient's name or ID.
        at: UTC.
    """

    event: str
    details: Mapping[str, Told] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def as_line(self) -> str:
        """Return the line that says so, without its end."""
        return json.dumps({"event": self.event, "time": self.at.isoformat(timespec="milliseconds"), **self.details})


Tell = Callable[[ReceiverEvent], None]
