"""What is looked at and measured on a monitor to know that it is still what it was: the tests, as data.

After AAPM TG18 and TG270, IEC 62563-1 and DIN 6868-157. What the answers mean is in constancy_judgement, when each test
is due in constancy_schedule.
"""

from collections.abc import Mapping
from types import MappingProxyType

from viewer.base.translation import N_
from viewer.display.constancy_test import ConstancyTest, Measurement, Question

QC_LETTERS = 14
"""Letters of QUALITY CONTROL, each fainter than the one before."""
QC_LETTERS_SEEN = 11
"""QUALITY CONT: what must be read in each of the three fields (TG18)."""
GREY_STEPS = 16
"""Patches of TG18-QC, and half-moons of TG18-CT."""
RESPONSE_LEVELS = 18
"""Fields of TG18-LN: P-values from 0 to 1 in equal steps."""
YEAR_DAYS = 365


_ON_THE_FIELD = N_("Hold the meter at the square field in the middle and wait until the number rests.")
_QC, _SQC, _CT, _AD = "TG18-QC", "TG270-sQC", "TG18-CT", "TG18-AD"

DAILY = ConstancyTest(
    "daily",
    N_("Quick look"),
    N_("Finds what has gone badly wrong, before the first case of the day."),
    "AAPM TG270, DIN 6868-157",
    (
        Question(
            "sqc.bars",
            N_("Are the bars seen in all eighteen squares?"),
            N_("Each square holds two groups of faint bars, darker and lighter; the faintest are on black and white."),
            _SQC,
        ),
        Question(
            "sqc.steps",
            N_("Are all steps of grey distinct?"),
            N_("Follow the patches from black to white: no two neighbours may look the same."),
            _SQC,
        ),
        Question(
            "sqc.artefacts",
            N_("Is the picture clean?"),
            N_("Look for flicker, spots, dead pixels, stripes, stains and reflections."),
            _SQC,
        ),
    ),
    interval_days=1,
    holds_state=False,
)

VISUAL = ConstancyTest(
    "visual",
    N_("Visual check"),
    N_("Greys, sharpness, geometry and faults of the picture, seen by eye."),
    "AAPM TG18, IEC 62563-1",
    (
        Question(
            "qc.squares",
            N_("Are the 5 % and the 95 % square seen?"),
            N_("Look at the black and the white patch: each holds a smaller square, hardly different."),
            _QC,
        ),
        Question(
            "qc.steps",
            N_("How many of the 16 greys are distinct?"),
            N_("Follow the patches round the middle from black to white and count those unlike the one before."),
            _QC,
            GREY_STEPS,
            GREY_STEPS,
        ),
        *(
            Question(
                f"qc.letters_{where}",
                text,
                N_("Count the letters of QUALITY CONTROL that you can read; each is fainter than the one before."),
                _QC,
                QC_LETTERS_SEEN,
                QC_LETTERS,
            )
            for where, text in (
                ("dark", N_("How many letters are read on black?")),
                ("middle", N_("How many letters are read on mid-grey?")),
                ("light", N_("How many letters are read on white?")),
            )
        ),
        Question(
            "qc.line_pairs",
            N_("Are the finest lines apart?"),
            N_("Look at the line pairs in the middle and the corners: single lines of a pixel, not a grey field."),
            _QC,
        ),
        Question(
            "qc.ramps",
            N_("Are the ramps smooth?"),
            N_("Look at the long ramps at the sides: no bands, no step that turns back."),
            _QC,
        ),
        Question(
            "qc.artefacts",
            N_("Is the picture clean?"),
            N_("Look for flicker, spots, dead pixels, stripes, and trails beside black and white bars."),
            _QC,
        ),
        Question(
            "qc.geometry",
            N_("Are lines straight and squares square?"),
            N_("Look at the grid and at the border: whole on all four sides, nothing bent or cut off."),
            _QC,
        ),
    ),
    interval_days=7,
    holds_state=False,
)

RESPONSE = ConstancyTest(
    "response",
    N_("Luminance response"),
    N_("Whether equal steps of P-values are equal steps for the eye: κ, black, white and their ratio."),
    "AAPM TG18, TG270",
    measurements=tuple(
        Measurement(
            f"luminance.{number:02d}", N_("Level {0} of 18"), _ON_THE_FIELD, f"TG18-LN8-{number:02d}", number=number
        )
        for number in range(1, RESPONSE_LEVELS + 1)
    ),
)

RATIO = ConstancyTest(
    "ratio",
    N_("Black, white and their ratio"),
    N_("Whether the lamp is as bright and black as dark as the class of the monitor asks."),
    "AAPM TG270, ACR-AAPM-SIIM",
    measurements=(
        Measurement("luminance.black", N_("Black"), _ON_THE_FIELD, "TG18-LN8-01"),
        Measurement("luminance.white", N_("White"), _ON_THE_FIELD, "TG18-LN8-18"),
    ),
)

AMBIENT = ConstancyTest(
    "ambient",
    N_("Ambient light"),
    N_("Whether the light of the room, thrown back by the glass, hides the dark greys."),
    "AAPM TG18, IEC 62563-1",
    measurements=(
        Measurement(
            "ambient",
            N_("Luminance of the dark glass"),
            N_("Switch the monitor off under reading light, read the glass from your place, and switch it on again."),
            "",
        ),
    ),
)

_PLACES = (
    N_("Middle, {0} %"),
    N_("Upper left, {0} %"),
    N_("Upper right, {0} %"),
    N_("Lower right, {0} %"),
    N_("Lower left, {0} %"),
)
UNIFORMITY_LEVELS = (10, 80)
"""In per cent of the largest P-value."""

UNIFORMITY = ConstancyTest(
    "uniformity",
    N_("Uniformity"),
    N_("Whether the same grey is as bright in the corners as in the middle."),
    "AAPM TG18, TG270",
    measurements=tuple(
        Measurement(
            f"uniformity.{level}.{place}",
            title,
            N_("Hold the meter at the named place: the middle, or the middle of the field in the corner."),
            f"TG18-UNL{level}",
            number=level,
        )
        for level in UNIFORMITY_LEVELS
        for place, title in enumerate(_PLACES, 1)
    ),
    interval_days=YEAR_DAYS,
)

WHITE_POINT = ConstancyTest(
    "white_point",
    N_("White of all monitors"),
    N_("Whether the monitors of one place show the same white."),
    "AAPM TG18, TG270",
    measurements=tuple(
        Measurement(
            f"white.{axis}",
            title,
            N_("Hold the meter at the middle; it shows the chromaticity as x and y (CIE 1931)."),
            "TG18-UNL80",
            "",
            1.0,
        )
        for axis, title in (("x", N_("White, x")), ("y", N_("White, y")))
    ),
    interval_days=YEAR_DAYS,
    holds_state=False,
)

DARK_ROOM = ConstancyTest(
    "dark_room",
    N_("Low contrast"),
    N_("Whether faint differences are seen at every grey, and not drowned by the light of the room."),
    "AAPM TG18",
    (
        Question(
            "ct.half_moons",
            N_("In how many of the 16 fields is the half-moon seen?"),
            N_("Look at the disc in the middle of each field: its two halves differ a little."),
            _CT,
            GREY_STEPS,
            GREY_STEPS,
        ),
        Question(
            "ct.corners",
            N_("Are the four small marks of every field seen?"),
            N_("Look at the corners of each field, from your own place."),
            _CT,
        ),
        Question(
            "ad.ambient",
            N_("Are as many stripes seen as in a dark room?"),
            N_("Look under reading light, then in darkness: the faintest stripe that is seen should be the same."),
            _AD,
        ),
    ),
)

GEOMETRY = ConstancyTest(
    "geometry",
    N_("Geometry and pixels"),
    N_("Whether pixels are shown one to one, without stretching, cutting or blurring."),
    "AAPM TG18, IEC 62563-1",
    (
        Question(
            "geometry.border",
            N_("Is the outer line whole on all four sides?"),
            N_("Look at the very edge of the screen: a line that is missing was cut off."),
            "GEOMETRY",
        ),
        Question(
            "geometry.squares",
            N_("Are squares square and circles round?"),
            N_("Compare width and height, if need be with a ruler."),
            "GEOMETRY",
        ),
        Question(
            "geometry.lines",
            N_("Are all lines equally sharp?"),
            N_("Look for lines that are grey or wider than others: the system scales the picture."),
            "GEOMETRY",
        ),
    ),
    interval_days=YEAR_DAYS,
    holds_state=False,
)

_DIN, _SMPTE = "DIN-6868-157", "SMPTE-RP133"

DIN = ConstancyTest(
    "din",
    N_("Test image of DIN 6868-157"),
    N_("The look that DIN 6868-157 asks for on every working day."),
    "DIN 6868-157, IEC 62563-1",
    (
        Question(
            "din.squares",
            N_("Are the 5 % and the 95 % square seen?"),
            N_("Look at the black and the white patch: each holds a smaller square, hardly different."),
            _DIN,
        ),
        Question(
            "din.letters",
            N_("How many letters are read on black?"),
            N_("Count the letters of QUALITY CONTROL that you can read; each is fainter than the one before."),
            _DIN,
            QC_LETTERS_SEEN,
            QC_LETTERS,
        ),
        Question(
            "din.ramps",
            N_("Are the ramps smooth?"),
            N_("Look at the ramps at both sides: no bands, no step that turns back."),
            _DIN,
        ),
        Question(
            "din.artefacts",
            N_("Is the picture clean?"),
            N_("Look for flicker, spots, dead pixels, stripes, and lines that are bent or missing."),
            _DIN,
        ),
    ),
    interval_days=1,
    holds_state=False,
)

SMPTE = ConstancyTest(
    "smpte",
    N_("SMPTE test pattern"),
    N_("The older overall picture, for comparing with records of earlier years."),
    "SMPTE RP 133",
    (
        Question(
            "smpte.squares",
            N_("Are the 5 % and the 95 % square seen?"),
            N_("Look at the black and the white patch: each holds a smaller square, hardly different."),
            _SMPTE,
        ),
        Question(
            "smpte.steps",
            N_("Are all steps of grey distinct?"),
            N_("Follow the patches from black to white: no two neighbours may look the same."),
            _SMPTE,
        ),
        Question(
            "smpte.line_pairs",
            N_("Are the finest lines apart?"),
            N_("Look at the line pairs in the middle and in all four corners."),
            _SMPTE,
        ),
    ),
    interval_days=7,
    holds_state=False,
)

_ALL = (DAILY, VISUAL, RESPONSE, RATIO, AMBIENT, UNIFORMITY, WHITE_POINT, DARK_ROOM, GEOMETRY, DIN, SMPTE)
TESTS: Mapping[str, ConstancyTest] = MappingProxyType({test.id: test for test in _ALL})
"""By id, in the order they are offered."""
