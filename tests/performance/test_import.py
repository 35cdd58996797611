"""How fast a library takes files in, beside copying and hashing them in the same run."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.discs import needed
from viewer.base.jobs import Progress
from viewer.library.library import Library
from viewer.workspace.importing import ImportPlaces

FILES = 1000
ROUNDS = 3
WANTED_SHARE = 0.7


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thousand files of half a megabyte."""
    folder = tmp_path_factory.mktemp("series") / "ct"
    write_ct_series(folder, FILES, size=512)
    subprocess.run(["sync"], check=True)
    return folder


def _copied(series: Path, target: Path) -> float:
    """Return how long cp and sha256sum take; nothing is on the disk for certain then."""
    started = time.perf_counter()
    subprocess.run([needed("cp"), "-r", str(series), str(target)], check=True)
    files = [str(path) for path in sorted(target.iterdir())]
    subprocess.run([needed("sha256sum"), *files], check=True, capture_output=True)
    return time.perf_counter() - started


def _imported(series: Path, target: Path) -> float:
    """Return how long an import takes, after which every file is on the disk, read again and in the index."""
    with Library(target) as library:
        started = time.perf_counter()
        summary = ImportPlaces((series,), library).run(Progress())
        seconds = time.perf_counter() - started
    assert summary.imported == FILES
    return seconds


def test_an_import_is_nearly_as_fast_as_copying_and_hashing(
    series: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    copying: list[float] = []
    importing: list[float] = []
    for number in range(ROUNDS):
        copying.append(_copied(series, tmp_path / f"copy{number}"))
        subprocess.run(["sync"], check=True)  # or the import would wait for the copy's bytes
        importing.append(_imported(series, tmp_path / f"library{number}"))
        shutil.rmtree(tmp_path / f"copy{number}")
        shutil.rmtree(tmp_path / f"library{number}")
    share = min(copying) / min(importing)
    record_property("import_share_of_copying", round(share, 2))
    print(
        f"import: {FILES / min(importing):.0f} files/s, cp and sha256sum {FILES / min(copying):.0f} files/s:"
        f" {share:.2f} of it"
    )
    assert share >= WANTED_SHARE
