"""Forged instances: none takes the place of a genuine one, and of each it is told what is wrong about it."""

import sys
from pathlib import Path

import pytest

from tests.builders.forged_attack import attack

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes as POSIX systems do")

FORGERIES = 198


def test_forged_instances_take_nothing_s_place_and_are_all_told_of(tmp_path: Path) -> None:
    assert sum(attack(tmp_path / "library", FORGERIES).values()) == FORGERIES
