"""What a start imports: little, and the rooms below the window before Qt (application.start)."""

import json
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LATER = frozenset(
    (
        "pyqtgraph",
        "pydicom",
        "highdicom",
        "scipy",
        "cv2",
        "PIL",
        "numba",
        "vtk",
        "vtkmodules",
        "SimpleITK",
        "pynetdicom",
    )
)
"""What no window needs before it is shown."""
FEW = 8
"""Modules that a change may add before the list is brought up to date."""

LOOK = """
import json, sys
from viewer.application import start
start._prepare()
before = [name for name in sys.modules]
from viewer.application import window_run
import viewer.application.programme
print(json.dumps([before, [name for name in sys.modules if name not in set(before)]]))
"""


def test_a_start_imports_what_it_needs_and_the_lower_rooms_before_qt() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=REPOSITORY, check=True, capture_output=True, text=True, timeout=100
    )
    before, after = json.loads(answer.stdout)
    assert not LATER & {name.partition(".")[0] for name in (*before, *after)}
    assert "PySide6.QtCore" in after
    lower = [name for name in after if name.startswith("viewer.") and name.split(".")[1] not in {"application", "ui"}]
    assert len(lower) <= FEW, f"Modules to name in application.start: {sorted(lower)}"
