"""The stream of an encapsulated video, put into a private file where a decoder can read it."""

import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path

from viewer.base.paths import private_temporary_folder


class VideoStream:
    """An extracted stream; its file goes when this object does, and with the program at the latest."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        descriptor, name = tempfile.mkstemp(prefix="video-", suffix=".stream", dir=private_temporary_folder())
        self.path = Path(name)
        self._finalizer = weakref.finalize(self, self.path.unlink, missing_ok=True)
        with open(descriptor, "wb") as stream:  # noqa: PTH123 - a descriptor has no path to open
            stream.writelines(parts)
