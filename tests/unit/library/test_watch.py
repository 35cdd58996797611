"""What others write to an index is noticed, and nothing else is."""

import subprocess
import sys
import threading
from pathlib import Path

from tests.builders.library_records import record
from viewer.library.library import Library
from viewer.library.watch import LibraryWatch

PATIENCE = 60.0
_OTHER = """
import sys
from pathlib import Path
from viewer.library.library import Library
with Library(Path(sys.argv[1])) as library:
    library.catalogue.set_rating("1.2.3.1", 5)
"""


def test_another_process_is_noticed_and_quiet_is_quiet(tmp_path: Path) -> None:
    noticed = threading.Event()
    with Library(tmp_path) as library:
        library.file([record(1)])
        watch = LibraryWatch(tmp_path, noticed.set, poll_seconds=0.01)
        watch.start()
        try:
            assert not noticed.wait(0.3)
            subprocess.run([sys.executable, "-c", _OTHER, str(tmp_path)], check=True)
            assert noticed.wait(PATIENCE)
            noticed.clear()
            library.catalogue.set_notes("1.2.3.1", "seen")
            assert noticed.wait(PATIENCE)
        finally:
            watch.stop()
    assert not watch._thread.is_alive()


def test_an_index_that_is_no_more_ends_nothing(tmp_path: Path) -> None:
    watch = LibraryWatch(tmp_path / "nowhere", lambda: None, poll_seconds=0.01)
    watch.start()
    watch.stop()
