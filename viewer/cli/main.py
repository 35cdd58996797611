"""The command line: what `negatoscope` accepts, and how a failure ends (0 done, 1 with one clear line, 2 wrong usage).

Commands that need a window are handed in by application as WindowFaces; nothing here knows Qt.
"""

import argparse
import importlib
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import viewer
from viewer.base.errors import Cancelled, UsageError, ViewerError
from viewer.base.logs import start_logging
from viewer.base.paths import config_folder, library_folder
from viewer.base.settings import Settings
from viewer.base.translation import LANGUAGES, _, set_language, system_language
from viewer.cli.given_paths import check_places
from viewer.cli.output import abandon_output, speak_utf_8

if TYPE_CHECKING:
    from viewer.archives.deep_links import ShowRequest
    from viewer.display.monitor_record import MonitorRecord

HEADLESS_COMMANDS = (
    "scan",
    "import",
    "library",
    "render",
    "dump",
    "commands",
    "pattern",
    "calibrate",
    "calibration",
    "gsdf",
    "monitors",
    "receive",
    "routes",
    "find",
    "transfers",
    "peers",
    "doctor",
    "echo",
    "send",
    "commit",
    "get",
    "move",
    "suv",
    "fuse",
    "surface",
    "volume",
    "volume-info",
    "reslice",
    "measure",
    "sr",
    "ko",
    "seg",
    "export-measurements",
)
"""Sub-commands of this package, each a module with add_parser(subparsers) and run(arguments) -> exit code."""

_LINK = "negatoscope:"

_MODULES = {"import": "importing", "volume-info": "volume_info", "export-measurements": "export_measurements"}
"""Modules that cannot be called like their command."""

_NEGATIVE_EXPONENT = re.compile(r"-(\d+\.?\d*|\.\d+)[eE][-+]?\d{1,3}")

WINDOW_COMMANDS = ("demo", "screenshot", "bench")
EXIT_DONE, EXIT_FAILED, EXIT_USAGE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class WindowRequest:
    """What the window is to be opened with.

    Attributes:
        paths: Files, folders and archives to open; the sample disc when is_demo.
        folder: The settings folder.
        language: "en" or "ko"; empty for the one in the settings.
        library: The folder of the library; None for a window without one.
        is_separate: Whether it is a program of its own also when another one is open already.
        show: Studies that are to be found and shown; None for none.
    """

    paths: tuple[Path, ...]
    folder: Path
    language: str = ""
    is_demo: bool = False
    library: Path | None = None
    is_separate: bool = False
    show: "ShowRequest | None" = None


@dataclass(frozen=True, slots=True)
class ScreenshotRequest:
    """The real window off screen: opened, waited for, driven by commands, grabbed.

    Attributes:
        size: Width and height of the window in device-independent pixels.
        layout: Rows and columns of the viewport grid; None leaves it to the window.
        commands: Ids of commands to run in order once the pixels are there.
    """

    window: WindowRequest
    output: Path
    size: tuple[int, int]
    layout: tuple[int, int] | None
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BenchRequest:
    """The measurements of `bench`, taken in the real window off screen."""

    window: WindowRequest
    is_json: bool


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """A monitor's quality report that is to be written: what a sub-command leaves to do, for letters need Qt."""

    record: "MonitorRecord"
    output: Path
    today: date


class WindowFaces(Protocol):
    """What application can do that needs Qt; each returns the exit code."""

    def open_window(self, request: WindowRequest) -> int:
        """Open the window and run until it is closed."""

    def screenshot(self, request: ScreenshotRequest) -> int:
        """Write a PNG of the window."""

    def bench(self, request: BenchRequest) -> int:
        """Measure the window and print the figures."""

    def report(self, request: ReportRequest) -> int:
        """Write a monitor's quality report."""


def main(arguments: Sequence[str], faces: WindowFaces) -> int:
    """Run one command line and return the exit code."""
    speak_utf_8()
    start_logging()
    try:
        return _run(_parse(arguments), faces)
    except ViewerError as error:
        _tell(error)
        return EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED
    except BrokenPipeError:
        abandon_output()  # its reader went away: that is not our failure to report
        return EXIT_FAILED
    except (Cancelled, KeyboardInterrupt):
        return EXIT_FAILED


def _tell(error: ViewerError) -> None:
    """Print a failure as one line; what a file says of itself must not steer the terminal."""
    from viewer.media.safety import printable

    print(f"negatoscope: {printable(error.one_line())}", file=sys.stderr)


def _run(parsed: argparse.Namespace, faces: WindowFaces) -> int:
    if parsed.command in HEADLESS_COMMANDS:
        done: int | ReportRequest = _module(parsed.command).run(parsed)
        return done if isinstance(done, int) else faces.report(done)
    window = WindowRequest(
        tuple(parsed.paths),
        parsed.folder,
        parsed.language,
        is_demo=parsed.command == "demo",
        library=_library_of_window(parsed),
        is_separate=parsed.is_separate,
        show=_named_studies(parsed),
    )
    if parsed.command in {"screenshot", "bench"}:
        check_places(window.paths)  # the window would list them, but nobody looks at it
    if parsed.command == "screenshot":
        return faces.screenshot(
            ScreenshotRequest(window, parsed.output, parsed.size, parsed.layout, tuple(parsed.run_commands))
        )
    if parsed.command == "bench":
        return faces.bench(BenchRequest(window, parsed.json))
    return faces.open_window(window)


def _library_of_window(parsed: argparse.Namespace) -> Path | None:
    """Return the library of a window; off screen, where nobody looks, only one that was named."""
    if parsed.command in {"screenshot", "bench"}:
        folder: Path | None = parsed.library
        return folder
    return library_folder(parsed.library)


def _named_studies(parsed: argparse.Namespace) -> "ShowRequest | None":
    """Return the studies that are to be shown by their UID, accession number or patient.

    Raises:
        UsageError: If they cannot be meant.
    """
    studies, accessions = getattr(parsed, "study_uids", None) or (), getattr(parsed, "accessions", None) or ()
    patient, archive = getattr(parsed, "patient_id", ""), getattr(parsed, "archive", "")
    if parsed.link:
        if studies or accessions or patient or archive:
            raise UsageError(_("A link says itself what is to be shown"))
        from viewer.archives.deep_links import parse_link

        return parse_link(parsed.link)
    if not (studies or accessions or patient or archive):
        return None
    from viewer.archives.deep_links import ShowRequest

    return ShowRequest(tuple(studies), tuple(accessions), patient, archive)


def _module(command: str) -> "_CommandModule":
    return importlib.import_module(f"viewer.cli.{_MODULES.get(command, command)}")


class _CommandModule(Protocol):
    def add_parser(self, subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None: ...

    def run(self, arguments: argparse.Namespace) -> int | ReportRequest: ...


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the general options wherever they stand, then the command; without a command the rest are paths."""
    arguments = [_without_exponent(argument) for argument in arguments]
    general, rest = _general_options().parse_known_args(arguments)
    answers_itself = bool(rest) and rest[0] in {"-h", "--help", "--version"}
    if not answers_itself and (not rest or rest[0] not in {"open", *HEADLESS_COMMANDS, *WINDOW_COMMANDS}):
        rest.insert(0, "open")
    general.folder = config_folder(general.folder)
    set_language(general.language or _language_in(general.folder))  # before the parser: its help is read too
    general.link = ""
    if rest[0] == "open":
        links = [argument for argument in rest if argument[: len(_LINK)].lower() == _LINK]
        if len(links) > 1:
            raise UsageError(_("One link at a time"))
        general.link = "".join(links)  # no path: nothing of it may be lost
        rest = [argument for argument in rest if argument not in links]
    return _parser(rest).parse_args(rest, general)


def _without_exponent(argument: str) -> str:
    """Return a negative number such as -1e-3 as -0.001: argparse would take it for an option."""
    if not _NEGATIVE_EXPONENT.fullmatch(argument):
        return argument
    from decimal import Decimal

    return format(Decimal(argument), "f")


def _general_options() -> argparse.ArgumentParser:
    general = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    general.add_argument("--language", choices=LANGUAGES, default="", help=_("language of the window: en or ko"))
    general.add_argument("--config", dest="folder", type=Path, metavar="DIR", default=None, help=_("settings folder"))
    general.add_argument("--library", type=_folder, metavar="DIR", default=None, help=_("folder of the library"))
    general.add_argument(
        "--separate", dest="is_separate", action="store_true", help=_("a program of its own beside one that is open")
    )
    return general


def _folder(text: str) -> Path:
    if not text:  # a variable that was not set must not mean the folder one stands in
        raise argparse.ArgumentTypeError(_("a folder is missing"))
    return Path(text)


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="negatoscope",
        usage="negatoscope [OPTIONS] [PATH …]\n       negatoscope [OPTIONS] COMMAND …",
        description=_("Open medical images (DICOM) from files, folders, discs, ZIP and ISO images."),
        epilog=_(
            "A path that is called like a command is given as ./NAME. Exit codes: 0 done, 1 failed, 2 wrong usage."
        ),
        parents=[_general_options()],
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--version", action="version", version=f"negatoscope {viewer.__version__}")
    parser.set_defaults(paths=())
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    opening = commands.add_parser("open", help=_("open the window on the paths (what happens without a command)"))
    opening.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    _add_named_studies(opening)
    commands.add_parser("demo", help=_("open the window on the bundled sample disc"))
    for name in HEADLESS_COMMANDS:
        if _is_mentioned(name, arguments):
            _module(name).add_parser(commands)
    _add_screenshot(commands)
    bench = commands.add_parser("bench", help=_("measure the window on the paths, off screen"))
    bench.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    bench.add_argument("--json", action="store_true", help=_("print JSON"))
    return parser


def _add_named_studies(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--study-uid", dest="study_uids", action="append", metavar="UID", help=_("show this study; repeatable")
    )
    parser.add_argument(
        "--accession", dest="accessions", action="append", metavar="NUMBER", help=_("show what was done for this order")
    )
    parser.add_argument("--patient-id", default="", metavar="ID", help=_("list this patient's studies"))
    parser.add_argument(
        "--archive", default="", metavar="NAME", help=_("fetch it from this archive (name, AET@HOST:PORT or URL)")
    )


def _is_mentioned(name: str, arguments: Sequence[str]) -> bool:
    """Whether the command's module is needed: opening a window must not wait for the others."""
    return name in arguments or not {"-h", "--help"}.isdisjoint(arguments)


def _add_screenshot(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("screenshot", help=_("write a PNG of the real window, off screen"))
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.png")
    parser.add_argument(
        "--size", type=two_numbers, default=(1600, 1000), metavar="WxH", help=_("of the window in pixels")
    )
    parser.add_argument(
        "--layout", type=two_numbers, default=None, metavar="RxC", help=_("rows and columns of viewports")
    )
    parser.add_argument(
        "--command", dest="run_commands", nargs="+", action="extend", default=[], metavar="ID", help=_("run in order")
    )


def two_numbers(text: str) -> tuple[int, int]:
    """Return width and height, or rows and columns, of an argument like 1600x1000."""
    first, separator, second = text.lower().partition("x")
    if not (separator and first.isdecimal() and second.isdecimal() and int(first) and int(second)):
        raise argparse.ArgumentTypeError(_("'{text}' is not like 1600x1000").format(text=text))
    return int(first), int(second)


def _language_in(folder: Path) -> str:
    from viewer.workspace.preferences import GeneralSettings

    return Settings(folder).section("general", GeneralSettings).language or system_language()
