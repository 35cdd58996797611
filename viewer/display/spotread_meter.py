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
from viewer.base.translation import _
from viewer.display.meters import MeterError, MeterReading
from viewer.display.spotread_sayings import SAYINGS

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


class _Conversation:
    """One run of the command: what it said since the last key, and whether it ended or was broken off."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.text = ""
        self.has_ended = False
        self.is_broken_off = False
        self._changed = threading.Condition()
        self._process = subprocess.Popen(  # noqa: S603 - the command is the system's or the reader's own
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "ARGYLL_NOT_INTERACTIVE": "yes"},
        )
        threading.Thread(target=self._listen, name="spotread", daemon=True).start()

    @property
    def asks(self) -> bool:
        """Whether the command waits for something to be done."""
        return _QUESTION.search(self.text) is not None and not self.has_ended

    @property
    def is_ready(self) -> bool:
        """Whether the command waits for the key that takes a reading."""
        return _READY.search(self.text) is not None and not self.has_ended

    def press(self, keys: bytes) -> None:
        """Press keys; what was said before them is forgotten. Raises OSError where nobody listens."""
        with self._changed:
            self.text = ""
        if self._process.stdin is None:
            raise BrokenPipeError
        self._process.stdin.write(keys)
        self._process.stdin.flush()

    def wait(self, seconds: float, *signs: re.Pattern[str]) -> bool:
        """Wait until one of the signs was said, or nothing more will be; False when the time is over."""
        end = time.monotonic() + seconds
        with self._changed:
            while not any(sign.search(self.text) for sign in signs):
                left = end - time.monotonic()
                if self.is_broken_off or self.has_ended:
                    return True
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def end(self) -> None:
        """Ask the command to end; where it does not soon, kill it."""
        with self._changed:
            self.is_broken_off = True
            self._changed.notify_all()
        try:
            if self._process.stdin is not None:
                with self._process.stdin as keys:
                    keys.write(_QUIT * 2)
            self._process.wait(ENDING_S)
        except (OSError, ValueError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        output = self._process.stdout
        if output is not None:
            with output:
                while octets := os.read(output.fileno(), 4096):
                    with self._changed:
                        self.text += octets.decode("utf-8", "replace").replace("\r\n", "\n")
                        self._changed.notify_all()
        with self._changed:
            self.has_ended = True
            self._changed.notify_all()


class SpotreadMeter:
    """Reads whatever instrument ArgyllCMS finds first.

    Args:
        opening_s: How long setting up may take.
        reading_s: How long one reading may take.
    """

    def __init__(self, opening_s: float = OPENING_S, reading_s: float = READING_S) -> None:
        self.title = _("Instrument by ArgyllCMS (spotread)")
        self._opening_s, self._reading_s = opening_s, reading_s
        self._talk: _Conversation | None = None

    def is_available(self) -> bool:
        """Return whether the command is installed."""
        return shutil.which(_command()[0]) is not None

    def open(self, *, is_telescopic: bool = False) -> None:
        """Start the command and wait until it is ready to read, or asks to calibrate."""
        self.close()
        program = shutil.which(_command()[0])
        if program is None:
            raise self._error(_("The command spotread is not installed"), _("Install ArgyllCMS."))
        mode = "-p" if is_telescopic else "-e"
        try:
            talk = self._talk = _Conversation([program, *_command()[1:], mode, "-x"])
        except OSError as error:
            raise self._error(_("spotread cannot be started: {0}").format(system_reason(error)), "") from error
        self._wait_until_ready(talk)

    def read(self) -> MeterReading:
        """Press a key and return the result."""
        talk = self._talk
        if talk is None:
            raise self._error(_("The instrument is not open"), "")
        if talk.asks:  # what it asked for is done: go on
            self._press(talk)
        self._wait_until_ready(talk)
        self._press(talk)
        self._wait(talk, self._reading_s, _RESULT, _QUESTION, _READY)
        reading = parse_result(talk.text)
        if reading is None:
            raise self._failure(talk)
        return reading

    def close(self) -> None:
        """End the command; a reading under way ends with an error."""
        talk, self._talk = self._talk, None
        if talk is not None:
            talk.end()

    def _press(self, talk: _Conversation) -> None:
        try:
            talk.press(_KEY)
        except (OSError, ValueError) as error:  # the pipe is broken, or was closed meanwhile
            raise self._failure(talk) from error

    def _wait_until_ready(self, talk: _Conversation) -> None:
        self._wait(talk, self._opening_s, _READY, _QUESTION)
        if not talk.is_ready:
            raise self._failure(talk)

    def _wait(self, talk: _Conversation, seconds: float, *signs: re.Pattern[str]) -> None:
        if not talk.wait(seconds, *signs):
            told = _("The instrument did not answer within {0:.0f} s").format(seconds)
            raise self._error(told, _("Connect it again and measure again."))
        if talk.is_broken_off:
            raise self._failure(talk)

    def _failure(self, talk: _Conversation) -> MeterError:
        """Return what the command said, in plain words."""
        if talk.is_broken_off:
            return self._error(_("The measurement was broken off"), "")
        for said, means, advice in SAYINGS:
            if said in talk.text:
                return self._error(_(means), _(advice), is_question=talk.asks)
        lines = [line.strip() for line in talk.text.splitlines() if line.strip()]
        said_last = lines[-1] if lines else _("nothing")
        told = _("spotread asks: {0}") if talk.asks else _("spotread ended; it said: {0}")
        return self._error(told.format(said_last), "", is_question=talk.asks)

    def _error(self, message: str, advice: str, *, is_question: bool = False) -> MeterError:
        return MeterError(message, subject=self.title, advice=advice, is_question=is_question)


def _command() -> list[str]:
    """Return the command and the options that stand in its environment variable."""
    return os.environ.get(COMMAND_VARIABLE, "").split() or [COMMAND]
