"""Libraries that are loaded without the interpreter's lock are there for those who import them, and none is missed."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from viewer.base.shared_libraries import load_meanwhile


def _loaded() -> str:
    return Path("/proc/self/maps").read_text("ascii", "replace")


@pytest.mark.skipif(sys.platform != "linux", reason="it does nothing elsewhere")
def test_a_library_is_there_afterwards() -> None:
    spec = find_spec("cv2")
    assert spec is not None
    assert spec.origin is not None
    library = next(Path(spec.origin).parent.glob("cv2*.so"))
    load_meanwhile(library)
    assert library.name in _loaded()


def test_one_that_is_none_does_no_harm(tmp_path: Path) -> None:
    load_meanwhile(tmp_path / "libmissing.so")
    (tmp_path / "libtext.so").write_text("no library")
    load_meanwhile(tmp_path / "libtext.so")
