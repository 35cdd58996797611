"""The tables of a graphics card, between the frame buffer and a monitor: whether they change anything, and how."""

import itertools
import math
from collections.abc import Sequence

from viewer.base.translation import _
from viewer.display.system_sign import Severity, Sign

FULL_SCALE = 65535
IDENTITY_SHARE = 1.5 / 255
"""A table that stays within this of a straight line changes nothing; some end at 65280 (255 shifted by eight bits)."""
_BEND_FROM, _BEND_TO = 0.1, 0.9
_LEAST_BEND = 0.02


def is_identity(table: Sequence[int]) -> bool:
    """Return whether a table changes nothing."""
    last = len(table) - 1
    return all(abs(value / FULL_SCALE - number / last) <= IDENTITY_SHARE for number, value in enumerate(table))


def is_table(table: Sequence[int]) -> bool:
    """Return whether values rise or fall throughout: servers without tables answer with what lies in memory."""
    steps = [after - before for before, after in itertools.pairwise(table)]
    return all(step >= 0 for step in steps) or all(step <= 0 for step in steps)


def exponent(table: Sequence[int]) -> float:
    """Return the gamma that bends a straight line to a table, apart from its brightest value."""
    last, top = len(table) - 1, table[-1]
    pairs = [
        (math.log(number / last), math.log(value / top))
        for number, value in enumerate(table)
        if _BEND_FROM <= number / last <= _BEND_TO and value > 0
    ]
    return sum(x * y for x, y in pairs) / sum(x * x for x, _y in pairs) if pairs else 1.0


def sign_of_tables(monitor: str, red: Sequence[int], green: Sequence[int], blue: Sequence[int]) -> Sign | None:
    """Return what the tables of a monitor do; None when they do nothing, or are no tables (zeros, or anything).

    Args:
        monitor: Its name, as the system has it.
        red: 0 to 65535, from black to white.
        green: As red.
        blue: As red.
    """
    tables = (red, green, blue)
    is_kept = any(any(table) for table in tables) and all(map(is_table, tables))
    if not is_kept or all(map(is_identity, tables)):
        return None
    whites = [table[-1] / FULL_SCALE for table in tables]
    gammas = [exponent(table) if table[-1] else 1.0 for table in tables]
    advice = _(
        "Switch off what loads these tables; or, if the monitor was measured with them, see that they are always loaded"
    )
    if whites[2] < whites[1] - IDENTITY_SHARE and whites[1] <= whites[0] + IDENTITY_SHARE:
        advice = _("Switch night light off")
    parts = [_("The graphics card changes what {0} shows").format(monitor)]
    if max(whites) - min(whites) > IDENTITY_SHARE or max(whites) < 1 - IDENTITY_SHARE:
        percents = [f"{100 * white:.0f}" for white in whites]
        parts.append(_("white has {0} % red, {1} % green, {2} % blue").format(*percents))
    if any(abs(gamma - 1) > _LEAST_BEND for gamma in gammas):
        parts.append(_("gamma {0}").format(" / ".join(f"{gamma:.2f}" for gamma in gammas)))
    return Sign(Severity.CERTAIN, ": ".join((parts[0], ", ".join(parts[1:]))) if parts[1:] else parts[0], advice)
