"""Pictures on the disk: never the wrong one, whatever happened to their files; bounded; gone when they must be."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from viewer.library.picture_cache import FOLDER, PictureCache, PictureKey, empty_pictures, shrink

KEY = PictureKey("ab" * 32, 0, 48, "plain")


def picture(seed: int, shape: tuple[int, ...] = (48, 48)) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def only_file(folder: Path) -> Path:
    (path,) = (folder / FOLDER).glob("*/*")
    return path


@pytest.mark.parametrize("shape", [(48, 48), (48, 31, 3), (1, 1)])
def test_what_was_kept_comes_back(tmp_path: Path, shape: tuple[int, ...]) -> None:
    kept = picture(1, shape)
    PictureCache(tmp_path).put(KEY, kept)
    again = PictureCache(tmp_path).get(KEY)
    assert again is not None
    assert np.array_equal(again, kept)
    assert stat.S_IMODE(only_file(tmp_path).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "other",
    [replace(KEY, sha256="cd" * 32), replace(KEY, frame=1), replace(KEY, size_px=96), replace(KEY, greys="other")],
)
def test_nothing_else_has_this_picture(tmp_path: Path, other: PictureKey) -> None:
    cache = PictureCache(tmp_path)
    cache.put(KEY, picture(1))
    assert cache.get(other) is None
    path = only_file(tmp_path)
    moved = cache._path(other)
    moved.parent.mkdir(exist_ok=True)
    path.rename(moved)  # even when somebody puts one in another's place
    assert cache.get(other) is None
    assert not moved.exists()


def test_a_damaged_file_is_never_shown(tmp_path: Path) -> None:
    cache = PictureCache(tmp_path)
    cache.put(KEY, picture(1, (8, 8)))
    data = only_file(tmp_path).read_bytes()
    path = only_file(tmp_path)
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x41]) + data[place + 1 :])
        assert cache.get(KEY) is None, place
        path.write_bytes(data[:place])
        assert cache.get(KEY) is None, place
    path.write_bytes(data + b"x")
    assert cache.get(KEY) is None


def test_those_not_asked_for_longest_go_first(tmp_path: Path) -> None:
    cache = PictureCache(tmp_path)
    keys = [replace(KEY, frame=frame) for frame in range(20)]
    for number, key in enumerate(keys):
        cache.put(key, picture(number))
        os.utime(cache._path(key), (number, number))
    assert cache.get(keys[0]) is not None  # it was asked for: it stays
    size = cache._path(keys[0]).stat().st_size
    shrink(tmp_path / FOLDER, 10 * size)
    there = [key for key in keys if cache.get(key) is not None]
    assert keys[0] in there
    assert 5 < len(there) < 10
    assert keys[-1] in there


def test_emptied_is_empty_and_links_are_not_followed(tmp_path: Path) -> None:
    cache = PictureCache(tmp_path / "library")
    (tmp_path / "library").mkdir()
    cache.put(KEY, picture(1))
    empty_pictures(tmp_path / "library")
    assert not (tmp_path / "library" / FOLDER).exists()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine").write_text("stays")
    (tmp_path / "library" / FOLDER).symlink_to(tmp_path / "elsewhere")
    cache.put(KEY, picture(1))
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["mine"]
    empty_pictures(tmp_path / "library")
    assert (tmp_path / "elsewhere" / "mine").exists()


def test_a_disk_that_refuses_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    cache = PictureCache(tmp_path)
    cache.put(KEY, picture(1))
    assert cache.get(KEY) is None
