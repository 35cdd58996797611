"""What a window remembers from one time to the next. Apart from preferences, which the command line reads too."""

from dataclasses import dataclass

from viewer.base.settings import setting
from viewer.workspace.study_tree import PatientOrder
from viewer.workspace.viewport_state import CORNER_TEXTS, DisplayOptions


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """Section "window": where the window was and what it showed; Qt's own byte strings in base64."""

    geometry: str = setting("")
    state: str = setting("")
    browser_header: str = setting("")
    browser_order: str = setting(PatientOrder.NAME.value)
    is_browser_descending: bool = setting(default=False)
    panel: str = setting("information")
    corner_texts: str = setting("full")
    shows_scale_bar: bool = setting(default=True)
    shows_browser: bool = setting(default=True)
    shows_panels: bool = setting(default=True)

    @property
    def options(self) -> DisplayOptions:
        """What a new window shows."""
        texts = self.corner_texts if self.corner_texts in CORNER_TEXTS else CORNER_TEXTS[0]
        return DisplayOptions(
            corner_texts=texts,
            shows_scale_bar=self.shows_scale_bar,
            shows_browser=self.shows_browser,
            shows_panels=self.shows_panels,
        )

    @property
    def order(self) -> PatientOrder:
        """What the study browser sorts by."""
        return next((order for order in PatientOrder if order.value == self.browser_order), PatientOrder.NAME)
