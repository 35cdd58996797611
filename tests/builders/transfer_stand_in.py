"""A process for transfers whose archive is a folder: what is fetched comes from its files, at a pace that is set.

Run like `transfers work`, with the folder as NEGATOSCOPE_TEST_ARCHIVE, seconds for each instance as
NEGATOSCOPE_TEST_PACE, and perhaps a file as NEGATOSCOPE_TEST_GATE: while it is there, only the first instance comes;
NEGATOSCOPE_TEST_IDLE says after how many seconds without anything to do that is told.
"""

import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pydicom

from viewer.archives.folder_keeper import FolderKeeper
from viewer.archives.transfer_engine import Arrival, EngineReport
from viewer.archives.transfer_values import TransferRequest
from viewer.archives.transfer_worker import Lines, TransferWorker
from viewer.archives.transfers import EntryEars, MakeEngine
from viewer.base.jobs import Progress
from viewer.library.library import Library
from viewer.network.ports import Caller
from viewer.reception.intake import Intake
from viewer.reception.intake_bounds import IntakeBounds

CALLER = Caller("FOLDER", "127.0.0.1")
ARCHIVE, PACE, GATE = "NEGATOSCOPE_TEST_ARCHIVE", "NEGATOSCOPE_TEST_PACE", "NEGATOSCOPE_TEST_GATE"
IDLE = "NEGATOSCOPE_TEST_IDLE"


def command(library: Path, config: Path) -> tuple[str, ...]:
    """Return how it is run."""
    return (sys.executable, "-m", "tests.builders.transfer_stand_in", str(library), str(config))


class FolderEngine:
    """Brings the files of a study from a folder."""

    def __init__(self, library: Library, source: Path, request: TransferRequest, ears: EntryEars) -> None:
        self._library, self._source, self._request, self._ears = library, source, request, ears
        self._preferred = ""

    def prefer(self, series_instance_uid: str) -> None:
        """This series comes first."""
        self._preferred = series_instance_uid

    def run(self, progress: Progress) -> EngineReport:
        """Bring them."""
        left = list(self._files())
        count = len(left)
        series: dict[str, list[str]] = {}
        for _path, series_uid, uid in left:
            series.setdefault(series_uid, []).append(uid)
        self._ears.announced(self._request.study_instance_uid, series)
        intake = Intake(self._library, IntakeBounds(), lambda _event: None)
        try:
            while left:
                chosen = next((each for each in left if each[1] == self._preferred), left[0])
                left.remove(chosen)
                self._bring(intake, *chosen, progress)
                self._wait(progress)
        finally:
            intake.close()
        return EngineReport(count, count)

    def _files(self) -> list[tuple[Path, str, str]]:
        found = []
        for path in sorted(self._source.rglob("*")):
            if path.is_file():
                header = pydicom.dcmread(path, stop_before_pixels=True)
                if header.StudyInstanceUID == self._request.study_instance_uid:
                    found.append((path, str(header.SeriesInstanceUID), str(header.SOPInstanceUID)))
        return found

    def _bring(self, intake: Intake, path: Path, series_uid: str, uid: str, progress: Progress) -> None:
        progress.check()
        data = path.read_bytes()
        if self._request.folder:
            paths: list[Path] = []
            keeper = FolderKeeper(Path(self._request.folder), took=paths.append)
            sink = keeper.begin_file(CALLER)
            sink.write(data)
            sink.finish()
            keeper.close()
            self._ears.arrived(Arrival(series_uid, uid, len(data), str(keeper.path_of(uid))))
            return
        is_new = self._library.catalogue.instance(uid) is None
        if is_new:
            kept = intake.begin_file(CALLER)
            kept.write(data)
            kept.finish()
        self._ears.arrived(Arrival(series_uid, uid, len(data), is_new=is_new))

    def _wait(self, progress: Progress) -> None:
        progress.wait(float(os.environ.get(PACE, "0")))
        gate = os.environ.get(GATE)
        while gate and Path(gate).exists():
            progress.wait(0.02)


def main(library: Path, config: Path, environment: Mapping[str, str]) -> None:
    """Work until the pipe ends."""
    source = Path(environment[ARCHIVE])

    def engines_over(opened: Library) -> MakeEngine:
        return lambda request, ears: FolderEngine(opened, source, request, ears)

    with Lines(sys.stdout.buffer) as lines:
        TransferWorker(library, config, lines.tell, engines_over, idle_s=float(environment.get(IDLE, "60"))).work(
            iter(sys.stdin.buffer.readline, b"")
        )


if __name__ == "__main__":
    threading.current_thread().name = "stand-in"
    main(Path(sys.argv[1]), Path(sys.argv[2]), os.environ)
