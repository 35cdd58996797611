"""What the command spotread of ArgyllCMS says, what that means, and what to do about it."""

from collections.abc import Sequence

from viewer.base.translation import N_

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
"""A part of what is said, its meaning, advice: the first that is found counts."""
