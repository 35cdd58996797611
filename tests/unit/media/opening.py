"""Opening places in tests: everything that came out, in one value."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viewer.base.jobs import Progress
from viewer.dicom.instance_header import InstanceHeader
from viewer.media.disc_contents import Batch, open_places
from viewer.media.problems import Problem, ProblemKind


@dataclass(frozen=True)
class Opened:
    """What came out of an opening."""

    batches: list[Batch]

    @property
    def headers(self) -> list[InstanceHeader]:
        return [header for batch in self.batches for header in batch.headers]

    @property
    def problems(self) -> list[Problem]:
        return [problem for batch in self.batches for problem in batch.problems]

    @property
    def files(self) -> int:
        return sum(batch.files for batch in self.batches)

    @property
    def uids(self) -> set[str]:
        return {header.sop_instance_uid for header in self.headers}

    @property
    def kinds(self) -> Counter[ProblemKind]:
        return Counter(problem.kind for problem in self.problems)

    def of_kind(self, kind: ProblemKind) -> list[Problem]:
        return [problem for problem in self.problems if problem.kind is kind]


def opened(*paths: Path, **options: Any) -> Opened:
    """Open places without worker processes, to the end."""
    options.setdefault("processes", 0)
    return Opened(list(open_places(paths, Progress(), **options)))
