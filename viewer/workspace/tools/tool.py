"""The tools a pointer can hold. What each one does with a drag is a pure function in its own module."""

import enum


class Tool(enum.StrEnum):
    """A tool; the value is its name in key profiles and settings."""

    WINDOW_LEVEL = "window_level"
    ZOOM = "zoom"
    PAN = "pan"
    SCROLL = "scroll"
    ROTATE = "rotate"
    PROBE = "probe"
    CURSOR_3D = "cursor_3d"
    MAGNIFIER = "magnifier"
    WINDOW_REGION = "window_region"
    FAST_SCROLL = "fast_scroll"
    CUT = "cut"
    KEEP = "keep"
    CURVE = "curve"
    PHASE_REGION = "phase_region"
    MEASURE = "measure"
    SEGMENT_BRUSH = "segment_brush"
    SEGMENT_ERASER = "segment_eraser"
