"""Test pictures for monitors, drawn when they are asked for: none is shipped.

Values are code values, that is P-values: what a pattern looks like is up to the calibration it is shown through.
"""

from viewer.display.patterns.pattern import Pattern
from viewer.display.patterns.registry import PATTERNS, draw_pattern, find_pattern

__all__ = ["PATTERNS", "Pattern", "draw_pattern", "find_pattern"]
