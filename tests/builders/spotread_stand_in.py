"""A script that stands in for ArgyllCMS's command spotread and an instrument, neither of which can be here.

It prints what ArgyllCMS 2.3.1 prints (its prompts, its result line, its refusals; "No instrument at port 1" was seen
from the real command) and reads its keys from standard input, as the real one does when ARGYLL_NOT_INTERACTIVE is set.
The variable STAND_IN chooses what goes wrong.
"""

import stat
import sys
from pathlib import Path

STAND_IN = """#!{python}
import os, sys, time
mode = os.environ.get("STAND_IN", "")
def say(text):
    sys.stdout.write(text); sys.stdout.flush()
def key():
    while True:
        got = sys.stdin.read(1)
        if got not in "\\r\\n" or got == "":
            return got
if os.environ.get("ARGYLL_NOT_INTERACTIVE") is None:
    sys.exit("it would wait for a terminal")
if mode == "silent":
    time.sleep(60)
if mode == "none":
    sys.stderr.write("spotread: Error - No instrument at port 1\\n"); sys.exit(1)
if mode == "busy":
    say("Instrument Access Failed: Device is in use\\n"); sys.exit(1)
if mode == "odd":
    say("Segmentation of something unheard of\\n"); sys.exit(1)
if mode == "near" and "-p" in sys.argv:
    say("Need telephoto spot capability\\nand instrument doesn't support it\\n"); sys.exit(255)
say("Connecting to the instrument ..\\n")
if mode == "calibration":
    say("\\nSpot read needs a calibration before continuing\\n")
    say("\\nPlace cap on the instrument, or place on a dark surface,\\nor place on the calibration reference,\\n"
        " and then hit any key to continue,\\n or hit Esc or Q to abort: ")
    if key() in "q\\x1b":
        sys.exit(0)
    say("\\nCalibration complete\\n")
count = 0
while True:
    say("\\nPlace instrument on spot to be measured,\\n'h' to toggle high res., 'k' to do a calibration\\n"
        "Hit ESC or Q to exit, any other key to take a reading: ")
    pressed = key()
    if pressed in "qQ\\x1b":
        say("\\n"); sys.exit(0)
    count += 1
    if mode == "hang":
        time.sleep(60)
    if mode == "unplugged":
        say("\\n\\nSpot read failed due to communication problem.\\n"); sys.exit(1)
    if mode == "dial":
        say("\\n\\nSpot read failed due to the sensor being in the wrong position\\n"
            "(Sensor in surface position)\\n")
        mode = ""
        continue
    if mode == "misread" and count == 1:
        say("\\n\\nSpot read failed due to misread (Sensor is saturated)\\n"
            "Hit Esc or Q to give up, any other key to retry:")
        if key() in "q\\x1b":
            sys.exit(0)
        say("\\n")
        continue
    y = 100.0 * count + 0.25
    shown = y + (7.0 if mode == "garbled" else 0.0)
    say("\\n Result is XYZ: %f %f %f, Yxy: %f %f %f\\n" % (0.95 * y, y, 1.09 * y, shown, 0.312713, 0.329016))
"""


def write_stand_in(folder: Path) -> Path:
    """Write the script; the folder must stand on the path."""
    command = folder / "spotread"
    command.write_text(STAND_IN.format(python=sys.executable), "utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return command
