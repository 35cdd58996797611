"""What all tests share: the real data beside the checkout, a Qt without a screen, a library of their own."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["NEGATOSCOPE_LIBRARY"] = tempfile.mkdtemp(prefix="negatoscope-tests-")
atexit.register(shutil.rmtree, os.environ["NEGATOSCOPE_LIBRARY"], ignore_errors=True)

_SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files beside the checkout; skips where it is absent."""
    if not _SHARED_DATA.is_dir():
        pytest.skip(f"the real files are not at {_SHARED_DATA}")
    return _SHARED_DATA
