"""The tab of discs: inserted media by name, above the studies that are open."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from viewer.base.translation import _
from viewer.media.mounts import Mount
from viewer.ui.browser.library_strip import Strip
from viewer.ui.browser.study_browser import StudyBrowser
from viewer.ui.icons import icon


class DiscsPage(QWidget):
    """A button for every inserted disc or drive, then the browser."""

    medium_chosen = Signal(str)
    import_wanted = Signal()

    def __init__(self, browser: StudyBrowser) -> None:
        super().__init__()
        self.browser = browser
        self._media = QVBoxLayout()
        self._media.setContentsMargins(4, 0, 4, 0)
        self._media.setSpacing(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._media)
        layout.addWidget(browser, 1)
        self._strip = Strip()
        layout.addWidget(self._strip)
        self._is_offered = False

    def show_media(self, mounts: Sequence[Mount]) -> None:
        """List what is inserted now."""
        while (item := self._media.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for mount in mounts:
            self._media.addWidget(self._button(mount))

    def offer_import(self, *, is_offered: bool) -> None:
        """Offer to keep what was opened from a disc or folder on this computer; once, until something else is open."""
        if is_offered == self._is_offered:
            return
        self._is_offered = is_offered
        if is_offered:
            text = _("Not kept on this computer")
            self._strip.say(text, _("Import"), self.import_wanted.emit, shown_ms=0)
        else:
            self._strip.hide()

    def _button(self, mount: Mount) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setIcon(icon("disc" if mount.is_optical else "usb"))
        button.setText(mount.label.replace("&", "&&"))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setToolTip(_("Open what is on it; nothing on it is run"))
        button.clicked.connect(lambda: self.medium_chosen.emit(str(mount.path)))
        return button
