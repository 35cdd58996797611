"""The monitors there are, as Qt tells of them: who each is, what is kept of it, and which one is under a widget."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from PySide6.QtCore import QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QScreen, QWindow
from PySide6.QtWidgets import QWidget

from viewer.base.errors import ViewerError
from viewer.display.monitor import MonitorIdentity
from viewer.display.monitor_json import with_profile
from viewer.display.monitor_place import MonitorPlace
from viewer.display.monitor_record import MonitorRecord, MonitorState, ProfileSource
from viewer.display.monitor_store import MonitorStore
from viewer.display.monitor_today import state_today
from viewer.imaging.display_calibration import DisplayCalibration
from viewer.ui.monitor_identities import identities_of, identity_of
from viewer.ui.screens import screen_of
from viewer.ui.viewports.surface_depth import surface_has_ten_bits

MM_PER_INCH = 25.4
LOOK_MS = 60_000
"""How often it is looked for another day, as a computer that slept tells no timer of midnight, and for what another
process of the program has kept."""
_FOLLOWED = "negatoscope_followed"


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a screen.

    Attributes:
        calibration: The record's, as far as the surface of windows on this screen goes.
    """

    identity: MonitorIdentity
    record: MonitorRecord
    calibration: DisplayCalibration
    state: MonitorState


ReadProfile = Callable[[MonitorIdentity, int, Callable[[bytes], None]], None]
"""Reads the profile that the system has for a monitor, which may take seconds; calls the last with it."""


def read_profile_now(identity: MonitorIdentity, index: int, done: Callable[[bytes], None]) -> None:
    """Read the system's profile and wait for it.

    Raises:
        DisplayError: If the system has a broken one.
    """
    from viewer.display.system_profile import system_profile

    done(system_profile(identity, index))


class Monitors(QObject):
    """One for the whole program.

    Args:
        store: What is kept of monitors.
        today: Tells the day.
        read_profile: Reads the system's profiles, for the monitors whose record says so.

    Signals:
        changed: A monitor came or went, what is kept of one is other now, or another day has come.
        moved: A window that is followed is in another place.
    """

    changed = Signal()
    moved = Signal()

    def __init__(
        self,
        store: MonitorStore,
        parent: QObject | None = None,
        today: Callable[[], date] = date.today,
        read_profile: ReadProfile = read_profile_now,
    ) -> None:
        super().__init__(parent)
        self.store = store
        self.problems: list[ViewerError] = []
        self._read_profile = read_profile
        self._profiles: dict[str, bytes] = {}
        self._profiles_asked: set[str] = set()
        self._is_closed = False
        self._today = today
        self._day = today()
        self._identities: dict[QScreen, MonitorIdentity] = {}
        self._known: dict[QScreen, _Known] = {}
        self._watched: list[QScreen] = []
        self._screens_timer = self._timer(0, self._read_screens)
        self._moved_timer = self._timer(0, self.moved.emit)
        self._changed_timer = self._timer(0, self.changed.emit)
        self._look_timer = self._timer(LOOK_MS, self.look_again, is_single=False)
        self._look_timer.start()
        self._disconnect_store = store.changed.connect(self._record_changed)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)  # noqa: S101 - there are no screens without it
        application.screenAdded.connect(self._screens_changed)
        application.screenRemoved.connect(self._screens_changed)
        application.primaryScreenChanged.connect(self._screens_changed)
        application.applicationStateChanged.connect(self._state_changed)
        self._application = application
        self._watch_screens()

    # Of a screen

    @property
    def screens(self) -> Sequence[QScreen]:
        """The connected monitors."""
        return QGuiApplication.screens()

    @property
    def day(self) -> date:
        """Today."""
        return self._day

    def identity(self, screen: QScreen) -> MonitorIdentity:
        """Return who a monitor is."""
        if screen not in self._identities:
            self._identities = identities_of(self.screens)
        return self._identities.get(screen) or identity_of(screen)

    def record(self, screen: QScreen) -> MonitorRecord:
        """Return what is kept of a monitor."""
        return self._known_of(screen).record

    def calibration(self, screen: QScreen) -> DisplayCalibration:
        """Return what pixels on a monitor are made for: ten bits a channel only where windows there have them."""
        return self._known_of(screen).calibration

    def state(self, screen: QScreen) -> MonitorState:
        """Return a monitor's state today."""
        return self._known_of(screen).state

    def pixels_per_mm(self, screen: QScreen) -> float | None:
        """Return device pixels per millimetre: measured on the glass, else as the system states, else None."""
        pitch = self.record(screen).pixel_pitch_mm
        if pitch is not None:
            return 2.0 / (pitch[0] + pitch[1])
        size = screen.physicalSize()
        if size.width() <= 0 or size.height() <= 0:
            return None
        return screen.physicalDotsPerInch() * screen.devicePixelRatio() / MM_PER_INCH

    # Of what is under a widget

    def screen_at(self, widget: QWidget) -> QScreen:
        """Return the monitor under a widget's middle; where that is on none, the window's."""
        if _knows_places():
            found = QGuiApplication.screenAt(widget.mapToGlobal(widget.rect().center()))
            if found is not None:
                return found
        return screen_of(widget)

    def screens_under(self, widget: QWidget) -> tuple[QScreen, ...]:
        """Return every monitor that shows a part of a widget, the one under its middle first."""
        middle = self.screen_at(widget)
        if not _knows_places():
            return (middle,)
        area = QRect(widget.mapToGlobal(QPoint(0, 0)), widget.mapToGlobal(widget.rect().bottomRight())).normalized()
        others = (screen for screen in self.screens if screen is not middle and screen.geometry().intersects(area))
        return (middle, *others)

    def record_at(self, widget: QWidget) -> MonitorRecord:
        """Return what is kept of the monitor under a widget's middle."""
        return self.record(self.screen_at(widget))

    def calibration_at(self, widget: QWidget) -> DisplayCalibration:
        """Return what a widget's pixels are made for."""
        return self.calibration(self.screen_at(widget))

    def state_at(self, widget: QWidget) -> MonitorState:
        """Return the state of the monitor under a widget's middle."""
        return self.state(self.screen_at(widget))

    def pixels_per_mm_at(self, widget: QWidget) -> float | None:
        """Return device pixels per millimetre of the monitor under a widget's middle; None when not known."""
        return self.pixels_per_mm(self.screen_at(widget))

    def place_at(self, widget: QWidget) -> MonitorPlace:
        """Return all that a widget's pixels and words depend on."""
        middle, *others = self.screens_under(widget)
        known = self._known_of(middle)
        unlike = [
            self.identity(screen).title
            for screen in others
            if self.calibration(screen) != known.calibration or self.state(screen).kind is not known.state.kind
        ]
        identity = known.identity
        is_known = _knows_places() or len({self.calibration(screen) for screen in self.screens}) == 1
        return MonitorPlace(
            title=identity.title,
            calibration=known.calibration,
            state=known.state,
            is_certain=identity.is_certain,
            others=tuple(unlike),
            pixels_per_mm=self.pixels_per_mm(middle),
            is_place_known=is_known,
        )

    def follow(self, window: QWindow | None) -> None:
        """Say from now on, by moved, when a window is in another place."""
        if window is None or window.property(_FOLLOWED):
            return
        window.setProperty(_FOLLOWED, True)
        for signal in (window.xChanged, window.yChanged, window.widthChanged, window.heightChanged):
            signal.connect(self._window_moved)
        window.screenChanged.connect(self._window_moved)

    # Monitors without serial numbers

    def likely_record(self, identity: MonitorIdentity) -> MonitorRecord | None:
        """Return the record that probably is a monitor's, though it may not be used unasked; None where none is.

        Only for a monitor that tells no serial number and of which nothing is kept: another of the same make, name and
        size is kept, in another place, and is not connected now. Where there are two, nobody can tell which.
        """
        if identity.is_certain or self.store.kept(identity.key) is not None:
            return None
        connected = {self.identity(screen).key for screen in self.screens}
        found = [
            record
            for record in self.store.all()
            if record.identity.key not in connected
            and not record.identity.is_certain
            and replace(record.identity, position=identity.position) == identity
        ]
        return found[0] if len(found) == 1 else None

    def adopt(self, identity: MonitorIdentity) -> bool:
        """Give a monitor its likely record, because the reader says that it is the same; False where there is none.

        Raises:
            DisplayError: If the record cannot be written.
        """
        likely = self.likely_record(identity)
        if likely is None:
            return False
        self.store.keep(replace(likely, identity=identity))
        self.store.forget(likely.identity.key)
        return True

    def look_again(self) -> None:
        """See whether another day has come, when a test may be overdue, and what another process has kept."""
        self.store.look_again()
        day = self._today()
        if day != self._day:
            self._day = day
            self._known.clear()
            self.changed.emit()

    def close(self) -> None:
        """Follow nothing any more; may be called again."""
        if self._is_closed:
            return
        self._is_closed = True
        for timer in (self._screens_timer, self._moved_timer, self._changed_timer, self._look_timer):
            timer.stop()
        self._disconnect_store()
        for signal in (
            self._application.screenAdded,
            self._application.screenRemoved,
            self._application.primaryScreenChanged,
        ):
            signal.disconnect(self._screens_changed)
        self._application.applicationStateChanged.disconnect(self._state_changed)

    # Following

    def _known_of(self, screen: QScreen) -> _Known:
        known = self._known.get(screen)
        if known is None:
            identity = self.identity(screen)
            record = self._with_system_profile(self.store.record(identity), screen)
            ten_bits = surface_has_ten_bits(screen)
            calibration = record.calibrated.calibration.on_surface(has_ten_bits=ten_bits)
            state = state_today(record, self._day, calibration)
            known = self._known[screen] = _Known(identity, record, calibration, state)
        return known

    def _with_system_profile(self, record: MonitorRecord, screen: QScreen) -> MonitorRecord:
        """Return a record with the profile that the system has today; till it is read, with the last one or sRGB."""
        if record.profile_source is not ProfileSource.SYSTEM:
            return record
        key = record.identity.key
        if key not in self._profiles_asked:
            self._profiles_asked.add(key)
            try:
                self._read_profile(record.identity, list(self.screens).index(screen), partial(self._profile_read, key))
            except ViewerError as error:
                self.problems.append(error)
        return replace(record, calibrated=with_profile(record.calibrated, self._profiles.get(key, b"")))

    def _profile_read(self, key: str, profile: bytes) -> None:
        if profile != self._profiles.get(key, b"") and not self._is_closed:
            self._profiles[key] = profile
            self._forget(key)
            self._changed_timer.start()

    def _record_changed(self, key: str) -> None:
        self._profiles_asked.discard(key)
        self._forget(key)
        self.changed.emit()

    def _forget(self, key: str) -> None:
        for screen in [screen for screen, known in self._known.items() if known.identity.key == key]:
            del self._known[screen]

    def _screens_changed(self, *_values: object) -> None:
        self._screens_timer.start()

    def _state_changed(self, state: Qt.ApplicationState) -> None:
        if state is Qt.ApplicationState.ApplicationActive:
            self.look_again()

    def _window_moved(self, *_values: object) -> None:
        self._moved_timer.start()

    def _read_screens(self) -> None:
        self._watch_screens()
        self._identities.clear()
        self._known.clear()
        self._profiles_asked.clear()
        self.changed.emit()

    def _watch_screens(self) -> None:
        screens = list(self.screens)
        for screen in screens:
            if screen not in self._watched:
                screen.geometryChanged.connect(self._screens_changed)
                screen.physicalSizeChanged.connect(self._screens_changed)
        self._watched = screens

    def _timer(self, milliseconds: int, run: Callable[[], object], *, is_single: bool = True) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(is_single)
        timer.setInterval(milliseconds)
        timer.timeout.connect(run)
        return timer


def _knows_places() -> bool:
    """Whether windows are told where they are: Wayland keeps that to itself, and names only the window's monitor."""
    return not QGuiApplication.platformName().startswith("wayland")
