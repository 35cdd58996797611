"""A process that marks a study until it is killed: through a workspace, its undo, the book and the journal.

For every change it prints two lines of JSON: what the change will be, before anything is written, and that it is done.
"""

import json
import random
import sys
from pathlib import Path

from tests.builders.annotations import STUDY, random_annotation
from viewer.base.jobs import JobRunner
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.measuring.annotation_book import Changes
from viewer.workspace.measuring.annotation_deeds import change, clear
from viewer.workspace.measuring.annotation_json import annotation_table
from viewer.workspace.measuring.journal import Journal
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.workspace import SharedState, Workspace


class Marking:
    """One program.

    Args:
        folder: Of the journals.
        seed: Of what it does.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        tree = StudyTree()
        catalogue = DisplaySetCatalogue(tree, JobRunner(lambda call: call()))
        self._workspace = Workspace(SharedState(tree, catalogue, lambda _paths: None))
        self._book = self._workspace.shared.annotations
        self._book.reader = "홍길동"
        self._book.applied.connect(self._tell)  # before the journal hears of it
        self._journal = Journal(self._book, folder)
        self._journal.open_study(STUDY)
        self._chance = random.Random(seed)
        self._seed = seed
        self._count = 0

    def step(self) -> None:
        """Do one thing, as a reader would."""
        chance, book = self._chance, self._book
        there = [each.uid for each in book.of_study(STUDY)]
        what = chance.random()
        if what < 0.5 or not there:
            self._draw(f"2.25.{self._seed}.{self._count}")
        elif what < 0.75:
            self._draw(chance.choice(there))
        elif what < 0.85:
            change(self._workspace, dict.fromkeys(chance.sample(there, min(2, len(there)))), "Remove")
        elif what < 0.9:
            self._workspace.undo()
        elif what < 0.95:
            self._workspace.redo()
        elif what < 0.96 and len(there) > 20:
            clear(self._workspace, STUDY)
        elif what < 0.97:
            self._journal.close_study(STUDY)  # compacts
            self._journal.open_study(STUDY)
        self._count += 1
        _say({"done": self._count})

    def draw(self) -> None:
        """Draw a mark."""
        self._draw(f"2.25.{self._seed}.{self._count}")
        self._count += 1
        _say({"done": self._count})

    def _draw(self, uid: str) -> None:
        for _step in range(3):
            self._book.hold(random_annotation(self._chance, uid))  # in the air
        drawn = self._book.held
        assert drawn is not None
        self._book.hold(None)
        change(self._workspace, {uid: drawn}, "Draw")

    def _tell(self, changes: Changes) -> None:
        _say({"changes": [[uid, each and annotation_table(each)] for uid, each in changes.items()]})


def _say(line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    marking = Marking(Path(sys.argv[1]), int(sys.argv[2]))
    _say({"done": 0})
    while True:
        marking.draw() if "draws" in sys.argv else marking.step()
