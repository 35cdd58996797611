"""Install what is missing (system libraries, a virtual environment) and start the viewer or the tests.

    python3 installers/prepare.py start [PATH …]    open the window, on the sample disc when no path is given
    python3 installers/prepare.py test [ARGUMENT …] lint, types, layers and tests, without a screen

The environment lives outside the checkout: in NEGATOSCOPE_ENVIRONMENT, or in the cache folder. Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = Path(__file__).resolve().parent / "linux" / "apt-packages.txt"
MINIMUM_PYTHON = (3, 11)
TESTS_FAILED = 1
"""What pytest answers when tests ran and some failed."""
MOST_LOOKED_AT_TWICE = 3
"""More failures than these are no accident."""


def main(arguments: list[str]) -> int:
    """Prepare, then hand over to the viewer or the tests."""
    if not arguments or arguments[0] not in {"start", "test"}:
        print(__doc__, file=sys.stderr)
        return 2
    purpose, rest = arguments[0], arguments[1:]
    install_system_packages(["window"] if purpose == "start" else ["window", "test"])
    python = install_environment(extras="" if purpose == "start" else "[test,lint]")
    return run_viewer(python, rest) if purpose == "start" else run_tests(python, rest)


def wanted_packages(sections: list[str]) -> list[str]:
    """Return the packages of the named sections of apt-packages.txt."""
    section, wanted = "", []
    for raw in PACKAGES.read_text("utf-8").splitlines():
        line = raw.partition("#")[0].strip()
        if line.startswith("["):
            section = line.strip("[]")
        elif line and section in sections:
            wanted.append(line)
    return wanted


def install_system_packages(sections: list[str]) -> None:
    """Install the missing packages with apt; say which are missing where that cannot be done."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-query") is None:
        return
    missing = [name for name in wanted_packages(sections) if not is_installed(name)]
    if not missing:
        return
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"] if shutil.which("sudo") else None
    if prefix is None:
        print(f"Not installed, and only the administrator can: {' '.join(missing)}", file=sys.stderr)
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print(f"Installing system packages: {' '.join(missing)}", flush=True)
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing],
    ):
        done = subprocess.run([*prefix, *command], env=environment, stdout=subprocess.DEVNULL, check=False)  # noqa: S603
        if done.returncode:
            print(f"Could not run '{' '.join(command)}'; going on without", file=sys.stderr)


def is_installed(package: str) -> bool:
    """Whether dpkg knows the package as installed."""
    query = ["dpkg-query", "-W", "-f=${Status}", package]
    done = subprocess.run(query, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.endswith("ok installed")


def environment_folder() -> Path:
    """Return where this checkout's environment lives."""
    if chosen := os.environ.get("NEGATOSCOPE_ENVIRONMENT"):
        return Path(chosen).resolve()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = hashlib.sha256(f"{ROOT}{sys.version_info[:2]}".encode()).hexdigest()[:12]
    return cache / "negatoscope" / f"environment-{name}"


def install_environment(extras: str) -> Path:
    """Create the virtual environment if need be, install the viewer with the extras, and return its Python."""
    folder = environment_folder()
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        create_environment(folder)
    stamp = folder / f"installed{extras.replace(',', '-').strip('[]')}.txt"
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    if not stamp.exists() or stamp.read_text("utf-8") != project:
        print(f"Installing the viewer into {folder}", flush=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--editable", f"{ROOT}{extras}"], check=True)  # noqa: S603
        stamp.write_text(project, "utf-8")
    return python


def create_environment(folder: Path) -> None:
    """Create a virtual environment, installing Debian's python3-venv first where it is missing."""
    try:
        venv.create(folder, with_pip=True, clear=True)
    except (subprocess.CalledProcessError, OSError):
        if shutil.which("apt-get") is None:
            raise
        prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
        subprocess.run([*prefix, "apt-get", "update", "-q"], stdout=subprocess.DEVNULL, check=False)  # noqa: S603
        subprocess.run([*prefix, "apt-get", "install", "-y", "-q", "python3-venv"], check=True)  # noqa: S603
        venv.create(folder, with_pip=True, clear=True)


def run_viewer(python: Path, arguments: list[str]) -> int:
    """Open the window on the paths, or on the sample disc."""
    return subprocess.run([str(python), "-m", "viewer", *(arguments or ["demo"])], check=False).returncode  # noqa: S603


def run_tests(python: Path, arguments: list[str]) -> int:
    """Run lint, types, layers and tests; every step runs, the worst result is returned."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONDONTWRITEBYTECODE": "1"}
    scripts = python.parent
    pytest = [str(python), "-m", "pytest", "-q"]
    steps = [
        [str(scripts / "ruff"), "check", "."],
        [str(scripts / "ruff"), "format", "--check", "."],
        [str(scripts / "mypy")],
        [str(scripts / "lint-imports"), "--no-cache"],
    ]
    if arguments:
        steps.append([*pytest, "-p", "no:cacheprovider", *arguments])
    else:
        # What is measured is measured alone, after everything else.
        steps.append([*pytest, "tests/performance"])
        steps.append([*pytest, "-n", "2", "--dist", "loadgroup", "--ignore=tests/performance"])
    worst = 0
    for step in steps:
        is_looked_at_twice = "pytest" in step and not arguments
        run = _run_with_second_look if is_looked_at_twice else _run_step
        worst = max(worst, run(step, environment))
    return min(worst, 1)


def _run_step(step: list[str], environment: dict[str, str]) -> int:
    print(f"── {Path(step[0]).name} {' '.join(step[1:])}", flush=True)
    return abs(subprocess.run(step, cwd=ROOT, env=environment, check=False).returncode)  # noqa: S603


def _run_with_second_look(step: list[str], environment: dict[str, str]) -> int:
    """Run tests; a few that failed run once more, alone: what fails only beside others is told, and is no failure.

    A test that fails alone fails. Tests drive real processes, sockets and windows with deadlines; another program on
    the same two cores must not decide.
    """
    with tempfile.TemporaryDirectory() as cache:
        kept = ["-o", f"cache_dir={cache}"]
        if (result := _run_step([*step, *kept], environment)) != TESTS_FAILED:
            return result
        failed = Path(cache) / "v" / "cache" / "lastfailed"
        names = json.loads(failed.read_text("utf-8")) if failed.is_file() else {}
        if not 0 < len(names) <= MOST_LOOKED_AT_TWICE:
            return result
        print(f"── {len(names)} failed; each is run once more, alone: {', '.join(names)}", flush=True)
        alone = [*step[: step.index("-q") + 1], *kept, "--last-failed", "--last-failed-no-failures", "none"]
        result = _run_step(alone, environment)
        print(f"── {'still failing' if result else 'passed alone; failed only beside others'}", flush=True)
        return result


if __name__ == "__main__":
    if sys.version_info < MINIMUM_PYTHON:
        sys.exit("Negatoscope needs Python 3.11 or newer")
    sys.exit(main(sys.argv[1:]))
