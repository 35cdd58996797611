"""Starting the receiver when somebody logs in, without a window: one file in the place that the system looks at.

Linux and other systems with XDG autostart: a .desktop file. Windows: a command file in the Startup folder. macOS: a
LaunchAgent. Only the first is tried out where this program is tested.
"""

import contextlib
import os
import plistlib
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from viewer.base.errors import SettingsError, system_reason
from viewer.base.translation import _

NAME = "negatoscope-receiver"
_LABEL = "negatoscope.receiver"
_QUOTED = re.compile(r'(["`$\\])')


def autostart_file(platform: str = sys.platform, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the file that starts the receiver at login."""
    home = Path(environment.get("HOME") or Path.home())
    if platform == "win32":
        roaming = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
        return roaming.joinpath("Microsoft", "Windows", "Start Menu", "Programs", "Startup", f"{NAME}.cmd")
    if platform == "darwin":
        return home / "Library" / "LaunchAgents" / f"{_LABEL}.plist"
    configured = environment.get("XDG_CONFIG_HOME", "")
    folder = Path(configured) if os.path.isabs(configured) else home / ".config"  # noqa: PTH117 - a text, not a path
    return folder / "autostart" / f"{NAME}.desktop"


def autostart_text(command: Sequence[str], paths: str = "", platform: str = sys.platform) -> bytes:
    """Return what stands in that file.

    Args:
        command: The receiver's command line.
        paths: PYTHONPATH that it needs; empty for none.
        platform: As sys.platform names it.

    Raises:
        SettingsError: If an argument cannot be written there.
    """
    if any(not each.isprintable() for each in (*command, paths)):
        raise SettingsError(_("A folder with such a name cannot be started from at login"), subject=command[0])
    if platform == "win32":
        # The command processor reads its file in the code page of the console, whatever language its folders are in.
        lines = ["@echo off", "chcp 65001 >nul", *([f'set "PYTHONPATH={_percent(paths)}"'] if paths else [])]
        lines.append(f'start "" /b {_percent(" ".join(map(_command_word, command)))}')
        return ("\r\n".join(lines) + "\r\n").encode("utf-8")
    if platform == "darwin":
        agent: dict[str, object] = {"Label": _LABEL, "ProgramArguments": list(command), "RunAtLoad": True}
        if paths:
            agent["EnvironmentVariables"] = {"PYTHONPATH": paths}
        return plistlib.dumps(agent)
    words = [*(["env", f"PYTHONPATH={paths}"] if paths else []), *command]
    lines = [
        "[Desktop Entry]",
        "Type=Application",
        "Name=Negatoscope receiver",
        "Comment=Receives images from other stations",
        f"Exec={' '.join(map(_desktop_word, words))}",
        "Icon=negatoscope",
        "Terminal=false",
        "NoDisplay=true",
        "X-GNOME-Autostart-enabled=true",
    ]
    return ("\n".join(lines) + "\n").encode("utf-8")


def starts_at_login(path: Path | None = None) -> bool:
    """Whether the file is there."""
    return (path or autostart_file()).is_file()


def set_autostart(command: Sequence[str], paths: str = "", *, is_on: bool, path: Path | None = None) -> None:
    """Write the file, or take it away.

    Raises:
        SettingsError: If that cannot be done.
    """
    file = path or autostart_file()
    temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        if not is_on:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(mode=0o600)
        temporary.write_bytes(autostart_text(command, paths))
        temporary.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise SettingsError(
            _("Starting at login could not be set: {0}").format(system_reason(error)), subject=str(file)
        ) from error


def _desktop_word(word: str) -> str:
    """Return a word quoted by the Desktop Entry Specification: as an argument, then as a string, with %% for %."""
    quoted = '"' + _QUOTED.sub(r"\\\1", word) + '"'
    return quoted.replace("\\", "\\\\").replace("%", "%%")


def _command_word(word: str) -> str:
    """Return a word in quotes, in which & ^ and the like are no signs of the command processor's."""
    quoted = subprocess.list2cmdline([word])
    if quoted.startswith('"'):
        return quoted
    backslashes = len(quoted) - len(quoted.rstrip("\\"))
    return f'"{quoted}{chr(92) * backslashes}"'  # the last ones would speak for the quote


def _percent(text: str) -> str:
    return text.replace("%", "%%")
