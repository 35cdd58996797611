"""Plays the cells whose state says so, on one precise timer; what is due and what was missed the player knows."""

import math
import time
from collections.abc import Hashable, Mapping

from PySide6.QtCore import QObject, Qt, QTimer

from viewer.ui.viewports.viewport import Viewport
from viewer.workspace.cine import CinePlayer
from viewer.workspace.playing import played_at, played_in, show_played, timing_at
from viewer.workspace.viewport_state import CineState
from viewer.workspace.workspace import Workspace

LONGEST_WAIT_MS = 1000


class CineDriver(QObject):
    """One for the viewports of a window."""

    def __init__(self, workspace: Workspace, viewports: Mapping[int, Viewport], parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._viewports = viewports
        self._players: dict[int, tuple[Hashable, CineState, CinePlayer]] = {}
        self._is_stepping = False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._step)

    def follow(self) -> None:
        """Start and stop as the states of the cells say; what plays on unchanged is not disturbed."""
        if self._is_stepping:
            return
        wanted = self._wanted()
        for cell in [cell for cell in self._players if cell not in wanted]:
            del self._players[cell]
            if cell in self._viewports:
                self._viewports[cell].set_playing(None)
        for cell, (key, cine) in wanted.items():
            playing = self._players.get(cell)
            if playing is None or playing[:2] != (key, cine):
                timing = timing_at(self._workspace, cell)
                if timing is not None:
                    index, _count = played_at(self._workspace, cell)
                    player = CinePlayer(timing, cine, index, time.perf_counter)
                    self._players[cell] = (key, cine, player)
                    self._show(cell, player)  # the range may begin elsewhere
        self._wait()

    def stop(self) -> None:
        """Stop for good: the window closes."""
        self._timer.stop()
        self._players.clear()

    def player(self, cell: int) -> CinePlayer | None:
        """Return the player of a cell; None when it does not play."""
        playing = self._players.get(cell)
        return playing[2] if playing is not None else None

    def shown(self, cell: int) -> None:
        """Note that a cell's picture has reached the screen."""
        player, picture = self.player(cell), self._viewports[cell].picture
        if player is not None and picture is not None:
            look = picture.ask.look
            player.shown(picture.ask.index if look is None else played_in(self._workspace, cell, look))

    def _wanted(self) -> dict[int, tuple[Hashable, CineState]]:
        layout = self._workspace.layout
        cells = layout.visible_cells[:1] if layout.is_tiled else layout.visible_cells
        states = {cell: self._workspace.viewport(cell) for cell in cells}
        wanted: dict[int, tuple[Hashable, CineState]] = {}
        for cell, state in states.items():
            view = state.volume
            timing = timing_at(self._workspace, cell) if state.cine.is_playing else None
            if timing is not None:
                how = (view.kind, view.orientation, view.turn, timing) if view is not None else None
                wanted[cell] = ((state.display_set_key, how), state.cine)
        return wanted

    def _step(self) -> None:
        for cell, (_key, _cine, player) in list(self._players.items()):
            player.advance()
            if cell in self._viewports:
                self._viewports[cell].set_playing(player.achieved_rate or 0.0, player.dropped)
            self._show(cell, player)
        self.follow()

    def _show(self, cell: int, player: CinePlayer) -> None:
        """Scroll a cell to what is on; that changes its state, but not what is played."""
        self._is_stepping = True
        try:
            show_played(self._workspace, cell, player.index)
        finally:
            self._is_stepping = False

    def _wait(self) -> None:
        if not self._players:
            self._timer.stop()
            return
        wait_s = min(player.seconds_to_next() for _key, _cine, player in self._players.values())
        self._timer.start(min(LONGEST_WAIT_MS, max(0, math.ceil(wait_s * 1000))))
