"""A reconciliation that is killed at any moment is done whole or not at all."""

import hashlib
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.library.test_aside import in_force, is_sound, keep, series
from viewer.base.jobs import Progress
from viewer.library.library import Library
from viewer.library.reconciliation import can_be_undone, undo_reconciliation

IN_CI, OF_A_CAMPAIGN = 3, 60
IMAGES = 60


def kill_often(base: Path, times: int) -> None:
    paths = series(base / "ct", IMAGES)
    originals = {hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    folder = base / "library"
    with Library(folder, reserve_bytes=0) as library:
        keep(library, paths)
    chance = random.Random(times)
    for _time in range(times):
        with subprocess.Popen(
            [sys.executable, "-m", "tests.builders.reconciling_process", str(folder)], stdout=subprocess.PIPE
        ) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline()
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(chance.uniform(0, 0.5))
            finally:
                process.kill()
        with Library(folder, reserve_bytes=0) as library:
            (study,) = library.catalogue.studies()
            assert study.instance_count == IMAGES
            assert is_sound(library)  # no orphans either
            while can_be_undone(library, study):
                study = undo_reconciliation(library, study, Progress()).study
            assert {row.kept.sha256 for row in in_force(library)} == originals
            assert is_sound(library)


def test_a_killed_reconciliation_is_whole_or_not_there(tmp_path: Path) -> None:
    kill_often(tmp_path, IN_CI)


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_sixty_killed_reconciliations_are_whole_or_not_there(tmp_path: Path) -> None:
    kill_often(tmp_path, OF_A_CAMPAIGN)
