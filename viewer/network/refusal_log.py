"""Tells of refused callers, and does not let them fill a disk with it."""

import threading
import time
from collections import Counter

from viewer.network.serving import Tell, Told

_AT_ONCE = 20
_PER_SECOND = 2.0
_SUMMARY_S = 10.0


class RefusalLog:
    """Each refusal is one event as long as they come at a human pace; of a flood, only counts by reason are told."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._allowance, self._at = float(_AT_ONCE), time.monotonic()
        self._untold: Counter[str] = Counter()
        self._untold_since = 0.0

    def refused(self, reason: str, address: str, ae_title: str = "") -> None:
        """Tell of one, or count it."""
        with self._lock:
            now = time.monotonic()
            self._allowance = min(float(_AT_ONCE), self._allowance + (now - self._at) * _PER_SECOND)
            self._at = now
            is_told = self._allowance >= 1
            if is_told:
                self._allowance -= 1
            else:
                self._untold_since = self._untold_since if self._untold else now
                self._untold[reason] += 1
            is_due = bool(self._untold) and now - self._untold_since > _SUMMARY_S
        if is_told:
            details: dict[str, Told] = {"reason": reason, "aet": ae_title, "address": address}
            self._tell("refused", details)
        if is_due:
            self.tell_rest()

    def tell_rest(self) -> None:
        """Tell how many more there were."""
        with self._lock:
            untold, self._untold = self._untold, Counter()
        for reason, count in untold.items():
            self._tell("refused", {"reason": reason, "aet": "", "address": "", "count": count})
