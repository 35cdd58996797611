"""What can be dragged within the window, by the names that its data goes under."""

from PySide6.QtCore import QMimeData

DISPLAY_SET_MIME = "application/x-negatoscope-display-set"
ARCHIVE_MIME = "application/x-negatoscope-archive-study"


def dropped_keys(mime: QMimeData) -> list[str]:
    """Return the keys of the rows that were dragged out of the list of archives."""
    return bytes(mime.data(ARCHIVE_MIME).data()).decode("utf-8").split("\n")
