"""Inserted discs and drives: listed in every window, and opened when they come while the program runs."""

import time
from typing import TYPE_CHECKING

from viewer.media.mounts import Mount, MountWatch

if TYPE_CHECKING:
    from pathlib import Path

    from viewer.application.programme import Programme

SETTLED_S = 5.0
"""What was inserted before the program had run so long is listed, not opened: the reader came with a wish."""


class MediaPlace:
    """Watches what is inserted.

    Args:
        is_watching: Whether the reader wants it.
    """

    def __init__(self, programme: "Programme", *, is_watching: bool) -> None:
        self._programme = programme
        self._mounts: dict[Path, Mount] = {}
        self._started = time.monotonic()
        self._watch: MountWatch | None = None
        if is_watching:
            deliver = programme.bridge.deliver
            self._watch = MountWatch(
                lambda mount: deliver(lambda: self._came(mount)), lambda mount: deliver(lambda: self._went(mount))
            )
            self._watch.start()

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """What is inserted now."""
        return tuple(self._mounts.values())

    def stop(self) -> None:
        """Watch no longer."""
        if self._watch is not None:
            self._watch.stop()

    def _came(self, mount: Mount) -> None:
        """List what was inserted, and open what comes while the program runs; nothing on it is run."""
        self._mounts[mount.path] = mount
        self._show()
        if mount.is_optical and time.monotonic() - self._started > SETTLED_S:
            self._programme.opener.open([mount.path])

    def _went(self, mount: Mount) -> None:
        self._mounts.pop(mount.path, None)
        self._show()

    def _show(self) -> None:
        for window in self._programme.windows:
            window.show_media(self.mounts)
