"""Half-tones on the whole screen with a square that is made as bright as them, by eye and arrow keys."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QScreen
from PySide6.QtWidgets import QWidget

from viewer.base.translation import _
from viewer.display.visual_match import TIMES, WHITE, Match, doubtful
from viewer.ui.calibration.full_screen_patch import Caption, FullScreenPatch
from viewer.ui.calibration.patch_pictures import match_picture

FINE, COARSE = 1, 8
_Key = Qt.Key
_STEPS = {
    _Key.Key_Up: FINE,
    _Key.Key_Right: FINE,
    _Key.Key_Plus: FINE,
    _Key.Key_Down: -FINE,
    _Key.Key_Left: -FINE,
    _Key.Key_Minus: -FINE,
    _Key.Key_PageUp: COARSE,
    _Key.Key_PageDown: -COARSE,
}
_TAKE = frozenset({_Key.Key_Space, _Key.Key_Return, _Key.Key_Enter})


class MatchWindow(FullScreenPatch):
    """Each half-tone comes once with a square that is too bright and once with one that is too dark.

    Args:
        matches: What was matched before; complete ones are asked again only where they are doubtful, or where all of
            them are complete and none is: then from the first.

    Signals:
        matched: All matches, after each.
    """

    matched = Signal(object)

    def __init__(self, screen: QScreen, matches: Sequence[Match], parent: QWidget | None = None) -> None:
        super().__init__(screen, parent)
        self._matches = list(matches)
        self._steps = [(time, place) for time in range(TIMES) for place in range(len(matches))]
        missing = self._missing()
        self._again = [] if missing else list(doubtful(matches) or (0,))
        self._at = missing[0] if missing else self._steps.index((0, self._again.pop(0)))
        self._level = 0
        self._begin()

    @property
    def level(self) -> int:
        """The driving level of the square now."""
        return self._level

    @property
    def match(self) -> Match:
        """The half-tone on screen, and how it was matched before."""
        return self._matches[self._steps[self._at][1]]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows change the square, Enter keeps it, Backspace goes back, H hides the words, Esc leaves."""
        key = Qt.Key(event.key())
        if key in _STEPS:
            is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            step = _STEPS[key] * (COARSE if is_shifted and abs(_STEPS[key]) == FINE else 1)
            self._change(min(max(self._level + step, 0), WHITE))
        elif key in _TAKE:
            self._take()
        elif key == _Key.Key_Backspace:
            self._back()
        elif key == _Key.Key_H:
            self.toggle_caption()
        else:
            super().keyPressEvent(event)

    def _missing(self) -> list[int]:
        return [at for at in range(len(self._steps)) if not self._is_done(at)]

    def _is_done(self, at: int) -> bool:
        time, place = self._steps[at]
        return len(self._matches[place].driving_levels) > time

    def _begin(self) -> None:
        time, _place = self._steps[self._at]
        self._change(self.match.half_tone.start(is_from_above=time % 2 == 0))

    def _change(self, level: int) -> None:
        self._level = level
        self.show_picture(match_picture(self.match.half_tone, level))
        self.say(
            Caption(
                _("{0} of {1}").format(self._at + 1, len(self._steps)),
                right=_("↑ ↓ brightness (Shift: coarse) · Enter keeps · Esc leaves"),
                message=_("Step back; make the square as bright as the pattern around it"),
            )
        )

    def _take(self) -> None:
        time, place = self._steps[self._at]
        levels = (*self.match.driving_levels[:time], self._level)
        self._matches[place] = replace(self.match, driving_levels=levels)
        self.matched.emit(tuple(self._matches))
        missing = self._missing()
        if missing:
            self._at = missing[0]
        elif self._again:
            self._at = self._steps.index((0, self._again.pop(0)))
        else:
            self.close()
            return
        self._begin()

    def _back(self) -> None:
        if self._at == 0:
            return
        self._at -= 1
        time, place = self._steps[self._at]
        self._matches[place] = replace(self.match, driving_levels=self.match.driving_levels[:time])
        self.matched.emit(tuple(self._matches))
        self._begin()
