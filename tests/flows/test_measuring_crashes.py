"""A program that is killed while marks are drawn loses at most the stroke in the air."""

import json
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.builders.annotations import STUDY
from viewer.workspace.measuring.annotation_book import AnnotationBook
from viewer.workspace.measuring.annotation_json import annotation_table
from viewer.workspace.measuring.journal import Journal

IN_CI, OF_A_CAMPAIGN = 6, 200
LONGEST_LIFE_S = 0.3
Marks = dict[str, dict[str, Any]]


@dataclass
class Told:
    """What a program said of its changes.

    Attributes:
        done: The marks after the last change that was done.
        changes: Of the change that was on its way, in the order they are written.
        count: How many changes were done.
    """

    done: Marks
    changes: list[tuple[str, dict[str, Any] | None]] = field(default_factory=list)
    count: int = 0

    def hear(self, output: bytes) -> None:
        """Work off what it said; a line that was torn was not said."""
        for line in output.split(b"\n")[:-1]:
            said = json.loads(line)
            if "changes" in said:
                self.changes += [(uid, mark) for uid, mark in said["changes"]]
            else:
                for change in self.changes:
                    put(self.done, *change)
                self.changes = []
                self.count += 1

    def possible(self) -> list[Marks]:
        """Return every state that may be found: of the change on its way, the first so many marks."""
        states = [dict(self.done)]
        for change in self.changes:
            states.append(dict(states[-1]))
            put(states[-1], *change)
        return states


def put(marks: Marks, uid: str, mark: dict[str, Any] | None) -> None:
    if mark is None:
        marks.pop(uid, None)
    else:
        marks[uid] = mark


def found(folder: Path) -> Marks:
    """Return what the next program restores."""
    book = AnnotationBook()
    journal = Journal(book, folder)
    problems: list[str] = []
    journal.told.connect(problems.append)
    journal.open_study(STUDY)
    journal.close()
    return {each.uid: annotation_table(each) for each in book.of_study(STUDY)}


def killed(folder: Path, seed: int, after_s: float, *how: str) -> bytes:
    """Run a program that marks, kill it, and return all that it said."""
    command = [sys.executable, "-m", "tests.builders.measuring_process", str(folder), str(seed), *how]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first, "it came to no change"
        reading = ThreadPoolExecutor(1)
        rest = reading.submit(process.stdout.read)  # all the time: a full pipe would make it wait
        time.sleep(after_s)
        process.kill()
        reading.shutdown()
        assert process.wait() == -signal.SIGKILL
        return first + rest.result()


def kill_often(folder: Path, times: int) -> tuple[int, int]:
    """Kill programs that mark the same study; return how many changes were done, and marks cut off on their way."""
    chance = random.Random(times)
    marks: Marks = {}
    changes = in_the_air = 0
    for number in range(times):
        told = Told(marks)
        told.hear(killed(folder, times * 1000 + number, chance.uniform(0, LONGEST_LIFE_S)))
        marks = found(folder)
        assert marks in told.possible(), f"kill {number}"
        changes += told.count
        in_the_air += bool(told.changes)
    return changes, in_the_air


def test_a_killed_program_loses_at_most_the_stroke_in_the_air(tmp_path: Path) -> None:
    changes, _in_the_air = kill_often(tmp_path / "marks", IN_CI)
    assert changes > IN_CI


def test_two_programs_that_draw_on_one_study_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    folder = tmp_path / "marks"
    with ThreadPoolExecutor(2) as pool:
        outputs = list(pool.map(lambda seed: killed(folder, seed, 1.0, "draws"), (1, 2)))
    marks = found(folder)
    for output in outputs:
        told = Told({})
        told.hear(output)
        assert told.count > 1
        assert told.done.items() <= marks.items()


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_two_hundred_killed_programs_lose_at_most_the_stroke_in_the_air(tmp_path: Path) -> None:
    changes, in_the_air = kill_often(tmp_path / "marks", OF_A_CAMPAIGN)
    print(f"{OF_A_CAMPAIGN} kills, {changes} changes done, {in_the_air} kills met a change on its way")
    assert changes > OF_A_CAMPAIGN
