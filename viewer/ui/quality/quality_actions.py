"""What the quality panel asks of its window."""

from collections.abc import Callable
from dataclasses import dataclass


def _nothing() -> None:
    """Stand for what the window does not offer."""


def _no_test(_test_id: str) -> None:
    """Stand for tests in a window that offers none."""


@dataclass(frozen=True, slots=True)
class QualityActions:
    """What the panel's buttons do; the window's business, for the monitor under its active viewport.

    Attributes:
        test: Begins the test of an id.
        tell: Shows a sentence to the reader.
    """

    calibrate: Callable[[], object] = _nothing
    test: Callable[[str], object] = _no_test
    check_ramp: Callable[[], object] = _nothing
    history: Callable[[], object] = _nothing
    report: Callable[[], object] = _nothing
    import_calibration: Callable[[], object] = _nothing
    export_calibration: Callable[[], object] = _nothing
    export_dicom: Callable[[], object] = _nothing
    screen_size: Callable[[], object] = _nothing
    tell: Callable[[str], object] = _no_test
