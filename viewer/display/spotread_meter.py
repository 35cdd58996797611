"""Instruments that ArgyllCMS drives, read by running its command spotread and talking to it by pipes.

With ARGYLL_NOT_INTERACTIVE set the command reads its keys from standard input, a character each. It stays open between
readings: starting it again would set the instrument up again for every patch.
"""

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence

from viewer.base.errors import system_reason
from viewer.base.translation import N_, _
from viewer.display.meters import MeterError, MeterReading

COMMAND = "spotread"
COMMAND_VARIABLE = "NEGATOSCOPE_SPOTREAD"
"""Names the command, with options of the instrument such as "-y l", where that on the path does not do."""
OPENING_S = 45.0
"""Setting up takes some seconds, longer where serial ports are searched."""
READING_S = 90.0
"""A dark patch of an OLED takes some instruments half a minute."""
ENDING_S = 2.0

_KEY, _QUIT = b" \n", b"q\n"
_NUMBER = r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
_RESULT = re.compile(
    rf"Result is XYZ:\s*({_NUMBER})\s+({_NUMBER})\s+({_NUMBER})"
    rf"(?:,\s*Yxy:\s*({_NUMBER})\s+({_NUMBER})\s+({_NUMBER}))?[^\n]*\n"
)
_READY = re.compile(r"to take a reading:")
_QUESTION = re.compile(r"(?:to abort:|, any other key to retry:|or S to skip:)")

_TOO_DARK_CD_M2 = 0.02
"""Below this the colour is the instrument's noise."""

SAYINGS: Sequence[tuple[str, str, str]] = (
    (
        "No instrument at port",
        N_("No instrument is connected"),
        N_("Connect it, and see that the system lets you use it (udev rules, driver)."),
    ),
    (
        "Instrument Access Failed",
        N_("The instrument is in use by another program"),
        N_("End the other program, or connect the instrument again."),
    ),
    (
        "Failed to initialise communications",
        N_("The instrument does not answer"),
        N_("Connect it again; end other programs that use it."),
    ),
    (
        "communication problem",
        N_("The connection to the instrument was lost"),
        N_("Connect it again."),
    ),
    (
        "sensor being in the wrong position",
        N_("The instrument's dial or cover is in the wrong position"),
        N_("Turn it to the position for displays and measure again."),
    ),
    (
        "failed due to misread",
        N_("The instrument could not read this patch"),
        N_("See that it lies flat on the square and measure again."),
    ),
    (
        "Need telephoto spot capability",
        N_("This instrument cannot measure from a distance"),
        N_("Choose the contact meter."),
    ),
    (
        "Need emissive spot capability",
        N_("This instrument cannot measure displays"),
        N_("Use one that measures emitted light."),
    ),
    (
        "Place cap on the instrument",
        N_("The instrument wants to calibrate its zero"),
        N_("Put its cap on, or put it on a dark surface; then measure again."),
    ),
    (
        "Place the instrument on light trap",
        N_("The instrument wants to calibrate its zero"),
        N_("Put its cap on, or put it on a dark surface; then measure again."),
    ),
    (
        "reflective white reference",
        N_("The instrument wants to calibrate on its white tile"),
        N_("Put it on its white tile; then measure again."),
    ),
    (
        "Set instrument sensor to calibration position",
        N_("The instrument wants to calibrate itself"),
        N_("Turn its dial to the calibration position; then measure again."),
    ),
    (
        "needs a calibration",
        N_("The instrument wants to calibrate itself"),
        N_("Follow its manual; then measure again."),
    ),
    (
        "needs calibration",
        N_("The instrument wants to calibrate itself"),
        N_("Follow its manual; then measure again."),
    ),
)
"""What the command says, what that means, what to do: the first that is found counts."""


def parse_result(text: str) -> MeterReading | None:
    """Return the last reading in what spotread printed; None where there is none.

    Raises:
        MeterError: The two luminances on the line differ, or one is impossible: a garbled line.
    """
    found = list(_RESULT.finditer(text))
    if not found:
        return None
    numbers = [None if each is None else float(each) for each in found[-1].groups()]
    # Instruments give a little less than nothing for black; more than that is a fault.
    measured = numbers[1] or 0.0
    luminance = 0.0 if -_TOO_DARK_CD_M2 < measured < 0 else measured
    if numbers[3] is None or numbers[4] is None or numbers[5] is None:
        return MeterReading(luminance)
    if abs(numbers[3] - measured) > max(1e-3, 1e-3 * abs(measured)):
        raise MeterError(_("The instrument's answer is garbled: {text}").format(text=found[-1].group().strip()))
    is_colour = luminance >= _TOO_DARK_CD_M2
    return MeterReading(luminance, (numbers[4], numbers[5]) if is_colour else None)


class SpotreadMeter:
    """Reads whatever instrument ArgyllCMS finds first.

    Args:
        opening_s: How long setting up may take.
        reading_s: How long one reading may take.
    """

    def __init__(self, opening_s: float = OPENING_S, reading_s: float = READING_S) -> None:
        self.title = _("Instrument by ArgyllCMS (spotread)")
        self._opening_s, self._reading_s = opening_s, reading_s
        self._process: subprocess.Popen[bytes] | None = None
        self._text = ""
        self._has_ended = False
        self._is_closed = False
        self._is_asked = False
        self._changed = threading.Condition()

    def is_available(self) -> bool:
        """Return whether the command is installed."""
        return shutil.which(_command()[0]) is not None

    def open(self, *, is_telescopic: bool = False) -> None:
        """Start the command and wait until it is ready to read, or asks to calibrate."""
        self.close()
        self._text, self._has_ended, self._is_closed, self._is_asked = "", False, False, False
        program = shutil.which(_command()[0])
        if program is None:
            raise self._error(_("The command spotread is not installed"), _("Install ArgyllCMS."))
        mode = "-p" if is_telescopic else "-e"
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the command is the system's or the reader's own
                [program, *_command()[1:], mode, "-x"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, "ARGYLL_NOT_INTERACTIVE": "yes"},
            )
        except OSError as error:
            raise self._error(_("spotread cannot be started: {0}").format(system_reason(error)), "") from error
        threading.Thread(target=self._listen, args=(self._process,), name="spotread", daemon=True).start()
        self._wait_until_ready(self._opening_s)

    def read(self) -> MeterReading:
        """Press a key and return the result."""
        if self._process is None:
            raise self._error(_("The instrument is not open"), "")
        if self._is_asked:  # what it asked for is done: go on
            self._press(_KEY)
        self._wait_until_ready(self._opening_s)
        self._press(_KEY)
        self._wait(self._reading_s, _RESULT, _QUESTION, _READY)
        reading = parse_result(self._text)
        if reading is None:
            raise self._failure()
        return reading

    def close(self) -> None:
        """End the command; a reading under way ends with an error."""
        process, self._process = self._process, None
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if process is None:
            return
        try:
            if process.stdin is not None:
                with process.stdin as keys:
                    keys.write(_QUIT * 2)
            process.wait(ENDING_S)
        except (OSError, subprocess.TimeoutExpired):
            process.kill()
            process.wait()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        output = process.stdout
        if output is None:
            return
        with output:
            while octets := os.read(output.fileno(), 4096):
                self._hear(process, octets.decode("utf-8", "replace").replace("\r\n", "\n"))
        with self._changed:
            if self._process in {process, None}:
                self._has_ended = True
                self._changed.notify_all()

    def _hear(self, process: subprocess.Popen[bytes], text: str) -> None:
        with self._changed:
            if self._process is process:
                self._text += text
                self._changed.notify_all()

    def _press(self, keys: bytes) -> None:
        with self._changed:
            self._text, self._is_asked = "", False
        process = self._process
        try:
            if process is None or process.stdin is None:
                raise BrokenPipeError
            process.stdin.write(keys)
            process.stdin.flush()
        except OSError as error:
            raise self._failure() from error

    def _wait_until_ready(self, seconds: float) -> None:
        self._wait(seconds, _READY, _QUESTION)
        if _READY.search(self._text) is None:
            raise self._failure()

    def _wait(self, seconds: float, *signs: re.Pattern[str]) -> None:
        """Wait until one of the signs was printed; raise where the command ends, is closed, or says nothing."""
        end = time.monotonic() + seconds
        with self._changed:
            while not any(sign.search(self._text) for sign in signs):
                left = end - time.monotonic()
                if self._is_closed:
                    raise self._error(_("The measurement was broken off"), "")
                if self._has_ended:
                    raise self._failure()
                if left <= 0:
                    told = _("The instrument did not answer within {0:.0f} s").format(seconds)
                    raise self._error(told, _("Connect it again and measure again."))
                self._changed.wait(left)

    def _failure(self) -> MeterError:
        """Return what the command said, in plain words."""
        text, is_question = self._text, _QUESTION.search(self._text) is not None and not self._has_ended
        self._is_asked = is_question
        for said, means, advice in SAYINGS:
            if said in text:
                return self._error(_(means), _(advice), is_question=is_question)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        said_last = lines[-1] if lines else _("nothing")
        told = _("spotread asks: {0}") if is_question else _("spotread ended; it said: {0}")
        return self._error(told.format(said_last), "", is_question=is_question)

    def _error(self, message: str, advice: str, *, is_question: bool = False) -> MeterError:
        return MeterError(message, subject=self.title, advice=advice, is_question=is_question)


def _command() -> list[str]:
    """Return the command and the options that stand in its environment variable."""
    return os.environ.get(COMMAND_VARIABLE, "").split() or [COMMAND]
