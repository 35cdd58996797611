"""What of the system may stand in the way of a calibrated picture: night light, gamma tables, loaders of profiles, HDR.

Tried on Linux with an X server. GNOME, KDE and Windows are asked as their documentation says; macOS cannot be asked.
What cannot be found out gives no sign: their absence proves nothing, only a measurement does.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from viewer.base.translation import N_, _
from viewer.display.gamma_tables import sign_of_tables
from viewer.display.system_answers import answer_of, is_wayland
from viewer.display.system_sign import Severity, Sign

__all__ = ["Severity", "Sign", "system_signs"]

GNOME_SCHEMAS = ("org.gnome.settings-daemon.plugins.color", "org.cinnamon.settings-daemon.plugins.color")
NIGHT_LIGHT_KEY = "night-light-enabled"
TINTING_PROGRAMS = {
    "redshift": "Redshift",
    "redshift-gtk": "Redshift",
    "gammastep": "Gammastep",
    "gammastep-indic": "Gammastep",  # the kernel keeps fifteen letters of a name
    "wlsunset": "wlsunset",
    "hyprsunset": "hyprsunset",
    "xflux": "f.lux",
    "fluxgui": "f.lux",
    "flux.exe": "f.lux",
    "iris": "Iris",
    "iris.exe": "Iris",
    "sctd": "sct",
}
LOADING_PROGRAMS = {"dispcalgui-appl": "DisplayCAL", "displaycal-appl": "DisplayCAL", "xcalib": "xcalib"}
MOST_PROFILES = 8
_SWITCH_OFF = N_("Switch it off, or see that it is off while images are read")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def system_signs() -> tuple[Sign, ...]:
    """Return the signs there are, certain ones first. Takes some tenths of a second; not for the window's thread."""
    found = dict.fromkeys(_signs())
    return tuple(sorted(found, key=lambda sign: list(Severity).index(sign.severity)))


def _signs() -> Iterator[Sign]:
    if sys.platform == "win32":
        from viewer.display.system_windows import gamma_ramps

        yield from _of_tables(gamma_ramps())
        yield from signs_of_programs(program_names(answer_of("tasklist", "/fo", "csv", "/nh")))
    elif sys.platform == "darwin":
        yield Sign(
            Severity.NOTE,
            _("macOS does not tell whether Night Shift and True Tone are on"),
            _("Switch both off in the display settings"),
        )
    else:
        yield from _of_linux()


def _of_linux() -> Iterator[Sign]:
    yield from signs_of_night_light(gnome_is_enabled(), gnome_is_active())
    yield from signs_of_night_light(kde_is_enabled(_config("kwinrc")), kde_is_active())
    yield from signs_of_programs(running_programs())
    yield from signs_of_hdr(answer_of("kscreen-doctor", "-o"), _config("monitors.xml"))
    if is_wayland():
        sentence = _("Under Wayland nobody may read the tables of the graphics card")
        yield Sign(Severity.NOTE, sentence, _("Measure the response after every change of the system's settings"))
        return
    from viewer.display.system_x11 import output_gammas

    yield from _of_tables([(gamma.name, gamma.red, gamma.green, gamma.blue) for gamma in output_gammas()])
    yield from _of_profiles()


# Night light


def gnome_is_enabled() -> bool:
    """Return whether a desktop of GNOME's kin will warm its screens at night."""
    return any(answer_of("gsettings", "get", schema, NIGHT_LIGHT_KEY).strip() == "true" for schema in GNOME_SCHEMAS)


def gnome_is_active() -> bool:
    """Return whether GNOME warms its screens now."""
    name = "org.gnome.SettingsDaemon.Color"
    return is_true(_property(name, "/org/gnome/SettingsDaemon/Color", name, "NightLightActive"))


def kde_is_enabled(kwinrc: str) -> bool:
    """Return whether KWin's settings (kwinrc) will warm its screens at night."""
    section = ""
    for line in kwinrc.splitlines():
        text = line.strip()
        if text.startswith("["):
            section = text
        elif section == "[NightColor]" and text.replace(" ", "").lower() == "active=true":
            return True
    return False


def kde_is_active() -> bool:
    """Return whether KWin warms its screens now."""
    name = "org.kde.KWin.NightLight"
    return is_true(_property(name, "/org/kde/KWin/NightLight", name, "running"))


def is_true(answer: str) -> bool:
    """Return whether gdbus answered with a property that is true."""
    return "<true>" in answer


def signs_of_night_light(is_enabled: bool, is_active: bool) -> Iterator[Sign]:
    """Yield what night light means for greys."""
    if is_active:
        yield Sign(Severity.CERTAIN, _("Night light warms the screens now: blue is taken away"), _(_SWITCH_OFF))
    elif is_enabled:
        yield Sign(Severity.POSSIBLE, _("Night light is switched on and will warm the screens"), _(_SWITCH_OFF))


# Programs


def running_programs(proc: Path = Path("/proc")) -> frozenset[str]:
    """Return the names of running programs, as the kernel has them; none where it has no such folder."""
    names = set()
    try:
        folders = [folder for folder in proc.iterdir() if folder.name.isdigit()]
    except OSError:
        return frozenset()
    for folder in folders:
        try:
            names.add((folder / "comm").read_text("utf-8", "replace").strip())
        except OSError:  # it ended meanwhile
            continue
    return frozenset(names)


def program_names(listing: str) -> frozenset[str]:
    """Return the names in a listing by tasklist."""
    return frozenset(line.split('","')[0].strip('"') for line in listing.splitlines() if line.startswith('"'))


def signs_of_programs(names: Iterable[str]) -> Iterator[Sign]:
    """Yield what running programs do to screens."""
    running = {name.lower() for name in names}
    for title in dict.fromkeys(title for name, title in TINTING_PROGRAMS.items() if name in running):
        sentence = _("{0} is running: it warms the screens at night").format(title)
        yield Sign(Severity.POSSIBLE, sentence, _("End it while images are read"))
    for title in dict.fromkeys(title for name, title in LOADING_PROGRAMS.items() if name in running):
        sentence = _("{0} is running: it loads calibrations into the graphics card").format(title)
        advice = _("Measure the monitor with it, or without it, and keep it so")
        yield Sign(Severity.POSSIBLE, sentence, advice)


# Tables and profiles


def _of_tables(tables: Iterable[tuple[str, tuple[int, ...], tuple[int, ...], tuple[int, ...]]]) -> Iterator[Sign]:
    for table in tables:
        sign = sign_of_tables(*table)
        if sign is not None:
            yield sign


def _of_profiles() -> Iterator[Sign]:
    from viewer.display.system_profile import changes_card_table
    from viewer.display.system_x11 import root_property

    for number in range(MOST_PROFILES):
        if changes_card_table(root_property(f"_ICC_PROFILE_{number}" if number else "_ICC_PROFILE")):
            yield Sign(
                Severity.POSSIBLE,
                _("The colour profile of monitor {0} holds a table for the graphics card").format(number + 1),
                _("If a program loads it, measure the monitor with it loaded; else choose a profile without one"),
            )


def signs_of_hdr(kscreen: str, monitors_xml: str) -> Iterator[Sign]:
    """Yield what HDR means for greys.

    Args:
        kscreen: What kscreen-doctor -o writes of the monitors of KDE.
        monitors_xml: What GNOME keeps of all monitors it ever saw; those of today may be others.
    """
    advice = _("Switch HDR off: a calibration holds for the ordinary range")
    lines = (line.strip().lower() for line in _ESCAPES.sub("", kscreen).splitlines())
    if any(line.startswith("hdr: enabled") for line in lines):
        yield Sign(Severity.CERTAIN, _("A monitor runs in HDR: the system maps our levels to other ones"), advice)
    elif re.search(r"<colormode>\s*bt2100\s*<", monitors_xml):
        yield Sign(Severity.POSSIBLE, _("A monitor is set to HDR: the system maps our levels to other ones"), advice)


def _property(bus_name: str, path: str, interface: str, name: str) -> str:
    get = "org.freedesktop.DBus.Properties.Get"
    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS") and not os.environ.get("XDG_RUNTIME_DIR"):
        return ""  # there is no session to ask; gdbus would start one
    target = ("call", "--session", "--timeout", "2", "--dest", bus_name, "--object-path", path)
    return answer_of("gdbus", *target, "--method", get, interface, name)


def _config(name: str) -> str:
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    try:
        return (folder / name).read_text("utf-8", "replace")
    except OSError:
        return ""
