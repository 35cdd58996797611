"""Where a window was and what it showed, kept for the next one."""

import base64
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow, QSplitter, QWidget

from viewer.base.errors import SettingsError
from viewer.base.settings import Settings
from viewer.ui.browser.study_browser import StudyBrowser
from viewer.ui.side_pages import SidePages
from viewer.workspace.viewport_state import DisplayOptions
from viewer.workspace.window_settings import WindowSettings

SECTION = "window"


@dataclass(frozen=True, slots=True)
class WindowMemory:
    """Of one window and those of its parts that the reader can move, widen or order.

    Attributes:
        pages: The panels at the right, by id; side_pages shows them.
    """

    window: QMainWindow
    settings: Settings
    splitter: QSplitter
    browser: StudyBrowser
    side_pages: SidePages
    pages: Mapping[str, QWidget]

    def restore(self, default_size: tuple[int, int]) -> None:
        """Put everything where it was; a window that was never open gets the default size."""
        kept = self.settings.section(SECTION, WindowSettings)
        if not (kept.geometry and self.window.restoreGeometry(_unpacked(kept.geometry))):
            self.window.resize(*default_size)
        if kept.state:
            self.splitter.restoreState(_unpacked(kept.state))
        if kept.browser_header:
            self.browser.restore_header(bytes(_unpacked(kept.browser_header).data()))
        self.browser.set_order(kept.order, is_descending=kept.is_browser_descending)
        if kept.panel in self.pages:
            self.side_pages.show_page(self.pages[kept.panel])

    def keep(self, options: DisplayOptions) -> None:
        """Write down where everything is; the place of a window that fills the screen is none to come back to."""
        kept = self.settings.section(SECTION, WindowSettings)
        if not options.is_full_screen:
            place, state = self.window.saveGeometry(), self.splitter.saveState()
            kept = replace(kept, geometry=_packed(place), state=_packed(state))
        order, is_descending = self.browser.order
        shown = self.side_pages.current_page()
        kept = replace(
            kept,
            browser_header=_packed(QByteArray(self.browser.header_state())),
            browser_order=order.value,
            panel=next(name for name, page in self.pages.items() if page is shown),
            is_browser_descending=is_descending,
            corner_texts=options.corner_texts,
            shows_scale_bar=options.shows_scale_bar,
            shows_browser=options.shows_browser,
            shows_panels=options.shows_panels,
        )
        try:
            self.settings.store(SECTION, kept)
        except SettingsError as error:
            # The window is closing: standard error is the only place left to say it.
            print(f"negatoscope: {error.one_line()}", file=sys.stderr)


def _packed(state: QByteArray) -> str:
    return base64.b64encode(bytes(state.data())).decode("ascii")


def _unpacked(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode("ascii"))
