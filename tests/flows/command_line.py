"""The program as a reader starts it: a process of its own, with its exit code and what it printed."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 110


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int
    output: str
    errors: str

    @property
    def line(self) -> str:
        """The one line it said on standard error."""
        (line,) = self.errors.splitlines()
        return line

    def json(self) -> Any:
        return json.loads(self.output)


def environment() -> dict[str, str]:
    """Return an environment without a screen, in which Python's own complaints are not swallowed."""
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "LANGUAGE", "LC_ALL", "LC_MESSAGES"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}


def command_line(folder: Path, *arguments: object) -> list[str]:
    """Return the command with its settings in a folder of the test."""
    return [sys.executable, "-m", "viewer", "--config", str(folder / "config"), *map(str, arguments)]


def run(folder: Path, *arguments: object) -> Ended:
    """Run a command to its end in a folder of the test."""
    done = subprocess.run(
        command_line(folder, *arguments),
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
    )
    return Ended(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))
