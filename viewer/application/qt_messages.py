"""What Qt has to say goes into the program's log, with its own weight; what the off-screen platform lacks does not."""

import atexit
import logging

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
_LACKING = "This plugin does not support "
"""How a platform without a screen or a window manager answers what windows ask of one: expected, and harmless."""

logger = logging.getLogger("viewer.qt")


def log_qt_messages() -> None:
    """Send Qt's messages to the log until the interpreter ends."""
    qInstallMessageHandler(_log)
    atexit.register(qInstallMessageHandler, None)  # Qt may speak once more after Python is gone


def _log(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    is_expected = kind is QtMsgType.QtWarningMsg and text.startswith(_LACKING)
    logger.log(logging.DEBUG if is_expected else _LEVELS.get(kind, logging.WARNING), "%s", text)
