"""Small pictures of kept images, on the disk, so that a list shows them at once.

A picture is found by what it was made of: the hash of the file's bytes, the frame, the size, and the greys it was made
for. Its own file repeats that, with a hash of its pixels: what is damaged, or lies under another's name, is made anew.
Pictures are dispensable: whatever the disk does to them, nobody is told.
"""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.library import durable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDER = "pictures"
MOST_BYTES = 512 << 20
_LONGEST = 4 << 20
_MAGIC = b"NgPic1\n"
_FILE_MODE = 0o600
_SUFFIX = ".pic"
_KEPT_SHARE = 0.8
_LOOK_EVERY = 500


@dataclass(frozen=True, slots=True)
class PictureKey:
    """What a picture was made of.

    Attributes:
        sha256: Of the whole file that holds the image.
        frame: Counts from 0.
        size_px: Of the square it fits in.
        greys: What the greys mean: another monitor has others.
    """

    sha256: str
    frame: int
    size_px: int
    greys: str

    @property
    def name(self) -> str:
        """The name of its file; nothing that a file said of itself is in it."""
        return hashlib.sha256(self._text.encode()).hexdigest()

    @property
    def _text(self) -> str:
        return json.dumps([self.sha256, self.frame, self.size_px, self.greys])

    def header(self, shape: tuple[int, ...], digest: str) -> bytes:
        """Return the line that a file begins with."""
        return json.dumps([self._text, list(shape), digest]).encode() + b"\n"


class PictureCache:
    """The pictures of one library; any thread may ask.

    Args:
        folder: Of the library.
        most_bytes: Beyond this the pictures that were not asked for longest go.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder / FOLDER
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._until_look = 0

    def get(self, key: PictureKey) -> "NDArray[np.uint8] | None":
        """Return a picture, (h, w) grey or (h, w, 3) RGB; None when it is to be made."""
        path = self._path(key)
        try:
            with os.fdopen(durable.open_file(path), "rb") as stream:
                data = stream.read(_LONGEST)
        except OSError:
            return None
        picture = _read(key, data)
        with contextlib.suppress(OSError):
            if picture is None:
                path.unlink()
            else:
                os.utime(path)
        return picture

    def put(self, key: PictureKey, picture: "NDArray[np.uint8]") -> None:
        """Keep a picture; where the disk is full or read-only it is made anew the next time."""
        pixels = picture.tobytes()
        data = _MAGIC + key.header(picture.shape, hashlib.sha256(pixels).hexdigest()) + pixels
        path = self._path(key)
        part = path.with_name(f"{secrets.token_hex(8)}.part")
        try:
            durable.make_folder(self._folder)
            durable.make_folder(path.parent)
            descriptor = durable.create_file(part, _FILE_MODE)
            try:
                durable.write_all(descriptor, data)
            finally:
                os.close(descriptor)
            part.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink()
            return
        self._bound()

    def drop(self, key: PictureKey) -> None:
        """Keep a picture no longer."""
        with contextlib.suppress(OSError):
            self._path(key).unlink()

    def _path(self, key: PictureKey) -> Path:
        name = key.name
        return self._folder / name[:2] / f"{name}{_SUFFIX}"

    def _bound(self) -> None:
        with self._lock:
            self._until_look -= 1
            if self._until_look > 0:
                return
            self._until_look = _LOOK_EVERY
            shrink(self._folder, self._most_bytes)


def empty_pictures(folder: Path) -> None:
    """Remove every picture of a library: a patient is erased.

    Raises:
        OSError: If they cannot be removed.
    """
    pictures = folder / FOLDER
    if pictures.is_symlink():  # none of ours: what it points to stays
        pictures.unlink()
    elif pictures.is_dir():
        shutil.rmtree(pictures)


def shrink(pictures: Path, most_bytes: int) -> None:
    """Let the pictures go that were not asked for longest, until there is room again."""
    found = []
    with contextlib.suppress(OSError):
        for path in pictures.glob("??/*"):
            with contextlib.suppress(OSError):
                state = path.lstat()
                found.append((state.st_mtime_ns, state.st_size, path))
    total = sum(size for _at, size, _path in found)
    if total <= most_bytes:
        return
    for _at, size, path in sorted(found):
        with contextlib.suppress(OSError):
            path.unlink()
            total -= size
        if total <= most_bytes * _KEPT_SHARE:
            return


def _read(key: PictureKey, data: bytes) -> "NDArray[np.uint8] | None":
    """Return what a file holds, if it is whole and really the picture that was asked for."""
    import numpy as np

    if not data.startswith(_MAGIC):
        return None
    line, _newline, pixels = data[len(_MAGIC) :].partition(b"\n")
    try:
        _text, shape, digest = json.loads(line)
        is_right = hashlib.sha256(pixels).hexdigest() == digest and key.header(tuple(shape), digest) == line + b"\n"
        return np.frombuffer(pixels, np.uint8).reshape(shape) if is_right else None
    except (ValueError, TypeError):
        return None
