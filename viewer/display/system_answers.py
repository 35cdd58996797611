"""What programs of the system answer, in English and within seconds; never through a shell."""

import os
import shutil
import subprocess  # nosec - fixed programs by absolute path, without a shell

ANSWER_S = 3.0
"""A program that takes longer has hung: nothing may wait for it."""


def answer_of(program: str, *arguments: str) -> str:
    """Return what a program writes; empty when it is not installed, fails, or does not answer in time."""
    path = shutil.which(program)
    if path is None:
        return ""
    environment = {**os.environ, "LC_ALL": "C"}  # its words are looked for in English
    try:
        done = subprocess.run(  # noqa: S603 - an absolute path and our own words
            [os.path.abspath(path), *arguments],  # noqa: PTH100 - which() may answer relative to a relative PATH
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=ANSWER_S,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


def is_wayland() -> bool:
    """Return whether the session is Wayland's: there X11, where it answers, speaks of a stand-in, not of monitors."""
    return bool(os.environ.get("WAYLAND_DISPLAY"))


def is_desktop(name: str) -> bool:
    """Return whether the session is of a desktop environment: "KDE", "GNOME"."""
    return name.lower() in os.environ.get("XDG_CURRENT_DESKTOP", "").lower().split(":")
