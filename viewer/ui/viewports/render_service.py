"""From what a viewport asks for to finished pixels, on worker threads.

Each viewport has one rendering on its way and one newest wish behind it: under a moving hand every finished picture is
shown and nothing queues up. Every answer carries the question it answers, token and image, so that the viewport can
tell a stale one; the pixels come with the frame state they were made from.
"""

import contextlib
import itertools
import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeVar

from viewer.base.errors import Cancelled, VolumeError
from viewer.base.events import Event
from viewer.base.translation import _
from viewer.dicom.presentation_state.values import PresentationState
from viewer.imaging.display_calibration import DisplayCalibration
from viewer.imaging.frame_store import FrameStore, LoadedFrame
from viewer.imaging.geometry_cache import GeometryCache
from viewer.imaging.histogram import value_range
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.readiness import prepare_rendering
from viewer.imaging.viewport_image import RenderedViewport, RenderRequest, render_viewport
from viewer.imaging.voi_lut import Window
from viewer.measurement.suv_result import SuvFactor
from viewer.ui.viewports.automatic_windows import AutomaticWindows
from viewer.ui.viewports.frame_loader import FrameLoader
from viewer.ui.viewports.prefetch_order import prefetch_order
from viewer.ui.viewports.volume_pictures import PictureAsk, VolumePicture, VolumePictures, framed
from viewer.volume.row_threads import given_up_when
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.presenting.presented_loading import under_state
from viewer.workspace.suv_display import in_suv
from viewer.workspace.volume_look import VolumeLook
from viewer.workspace.volume_store import VolumeStore

RENDER_THREADS = 2
REPLAN_DISTANCE = 16
"""Images scrolled before what is read ahead is put into a new order."""


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """What a viewport wants to see.

    Attributes:
        owner: The viewport.
        token: Grows with every question of the viewport.
        image: One of display_set, at index.
        calibration: Of the monitor it will be seen on.
        look: At the volume of the display set; None for the image itself.
        suv: What the values are shown in; None for their own unit.
        presentation: The state that the image is shown under; None for the image as acquired.
        is_native: Whether the subtraction that the image asks for is left out.
    """

    owner: Hashable
    token: int
    image: ImageRef
    request: RenderRequest
    display_set: DisplaySet
    index: int
    calibration: DisplayCalibration
    look: VolumeLook | None = None
    suv: SuvFactor | None = None
    presentation: PresentationState | None = None
    is_native: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An answer: pixels, and the frame they were made from.

    Attributes:
        step: From 0, where one question is answered by finer and finer pictures.
        is_final: Whether no finer one follows.
    """

    ask: Ask
    loaded: LoadedFrame
    rendered: RenderedViewport
    step: int = 0
    is_final: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class RangeFound:
    """A later answer: the lowest and highest modality value of the frame."""

    ask: Ask
    value_range: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """An answer: why there are no pixels."""

    ask: Ask
    error: Exception


Answer = Picture | RangeFound | Failure
Receive = Callable[[Answer], None]
T = TypeVar("T")
_Offer = tuple[Ask, LoadedFrame | None, Receive]
"""A look at a volume makes its frame where it is rendered."""


@dataclass(slots=True)
class _Lane:
    """One viewport's place in the queue."""

    offer: _Offer | None = None
    is_busy: bool = False
    started: int = 0
    plan: tuple[str, int, int] = ("", 0, 0)
    pinned: list[ImageRef] = field(default_factory=list)

    @property
    def is_hand_waiting(self) -> bool:
        """Whether a picture is wanted that follows a hand: slow ones give way to it."""
        offer = self.offer
        return offer is not None and offer[0].request.is_interacting


class RenderService:
    """One for all viewports of the program.

    Args:
        store: Frames in memory and how to get the others.
        deliver: Calls something on the GUI thread (JobBridge.deliver).
        budget_bytes: Of the frame cache; reading ahead stops before what it read first would be thrown out.

    Attributes:
        window_settled: The key of a display set whose automatic window is another one now.
        volumes: That viewports look at; None in a program without any.
        pictures: Makes renderings of volumes; None where there are none.
    """

    def __init__(self, store: FrameStore, deliver: Callable[[Callable[[], None]], None], budget_bytes: int) -> None:
        self.store = store
        self._deliver = deliver
        self._budget = budget_bytes
        self._geometry = GeometryCache()
        self.window_settled: Event[str] = Event()
        self._windows = AutomaticWindows(store, lambda key: self._deliver(lambda: self.window_settled.emit(key)))
        self._loader = FrameLoader(store)
        self._pool = ThreadPoolExecutor(RENDER_THREADS, thread_name_prefix="render")
        self._lanes: dict[Hashable, _Lane] = {}
        self._lock = threading.Lock()
        self._is_closed = False
        self.volumes: VolumeStore | None = None
        self.pictures: VolumePictures | None = None

    def set_budget(self, budget_bytes: int) -> None:
        """Read ahead for another budget of the frame cache."""
        self._budget = budget_bytes

    def prepare(self, calibration: DisplayCalibration) -> None:
        """Work out, on a worker, what every picture for a monitor needs."""
        with contextlib.suppress(RuntimeError):  # closed: nothing is drawn any more
            self._pool.submit(prepare_rendering, calibration)

    def ask(self, ask: Ask, receive: Receive) -> None:
        """Render what a viewport wants; receive is called on the GUI thread, unless a newer question comes first."""
        if ask.request.is_interacting:
            self._loader.hand_moves()
        if self.pictures is not None and (ask.look is None or not ask.look.is_rendering):
            self.pictures.forget(ask.owner)  # what was kept for a rendering is large
        if ask.look is not None:
            self._loader.forget(ask.owner)
            if ask.look.is_rendering:
                self._ask_picture(ask, ask.look, receive)
            else:
                self._offer(ask, None, receive)
            return
        loaded = self.store.get(ask.image)
        if loaded is not None:
            self._loader.withdraw(ask.owner)
            self._offer(ask, loaded, receive)
            return

        def got(answer: LoadedFrame | Exception) -> None:
            if isinstance(answer, LoadedFrame):
                self._offer(ask, answer, receive)
            else:
                failure = Failure(ask, answer)
                self._deliver(lambda: receive(failure))

        self._loader.want(ask.owner, ask.image, got)

    def run(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Work something out on a worker; done is called with it on the GUI thread."""

        def call() -> None:
            answer = work()
            self._deliver(lambda: done(answer))

        self._pool.submit(call)

    def read_ahead(self, owner: Hashable, display_set: DisplaySet, index: int, direction: int) -> None:
        """Load what the reader will probably want next: the rest of the display set, where they are going first."""
        lane = self._lane(owner)
        key, planned_index, planned_direction = lane.plan
        is_near = key == display_set.key and abs(index - planned_index) < REPLAN_DISTANCE
        if is_near and direction in {planned_direction, 0}:
            return
        lane.plan = (display_set.key, index, direction)
        self._loader.plan(owner, self._images_ahead(display_set, index, direction))

    def settle(self, display_set: DisplaySet) -> None:
        """Work out the automatic window of a display set that has grown, if one is in force."""
        self._windows.settle(display_set)

    def is_settling(self, display_set_key: str) -> bool:
        """Whether the automatic window of a display set is still being worked out."""
        return self._windows.is_settling(display_set_key)

    def show_pinned(self, owner: Hashable, image: ImageRef | None) -> None:
        """Keep the image that a viewport has on screen in memory, and let the one before it go."""
        lane = self._lane(owner)
        if image is not None:
            self.store.pin(image)
        for old in lane.pinned:
            self.store.unpin(old)
        lane.pinned = [image] if image is not None else []

    def forget(self, owner: Hashable) -> None:
        """A viewport is gone or empty: drop its wishes."""
        self._loader.forget(owner)
        self.show_pinned(owner, None)
        if self.pictures is not None:
            self.pictures.forget(owner)
        with self._lock:
            lane = self._lanes.pop(owner, None)
            if lane is not None:
                lane.offer = None

    def close(self) -> None:
        """End all threads."""
        self._is_closed = True
        self._loader.close()
        self._windows.close()
        if self.pictures is not None:
            self.pictures.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _lane(self, owner: Hashable) -> _Lane:
        with self._lock:
            return self._lanes.setdefault(owner, _Lane())

    def _images_ahead(self, display_set: DisplaySet, index: int, direction: int) -> Iterator[ImageRef]:
        images = display_set.images
        share = self._budget * 3 // 4 // max(1, len(self._lanes))
        first = images[index].header
        frame_bytes = max(1, (first.unsigned_short(0x00280010) or 1) * (first.unsigned_short(0x00280011) or 1))
        frame_bytes *= max(1, (first.unsigned_short(0x00280100) or 8) // 8) * (first.unsigned_short(0x00280002) or 1)
        places = prefetch_order(index, len(images), direction)
        return (images[place] for place in itertools.islice(places, share // frame_bytes))

    def _ask_picture(self, ask: Ask, look: VolumeLook, receive: Receive) -> None:
        """Have a rendering made, and hand on every picture that is told."""
        if self.pictures is None:
            failure = Failure(ask, VolumeError(_("Renderings cannot be shown here")))
            self._deliver(lambda: receive(failure))
            return
        steps = itertools.count()
        request, window = ask.request, ask.request.view.voi

        def tell(told: VolumePicture | Exception) -> None:
            answer: Answer
            if isinstance(told, Exception):
                answer = Failure(ask, told)
            else:
                loaded, rendered = framed(told, look.volume, ask.image, request, ask.calibration)
                answer = Picture(ask, loaded, rendered, next(steps), told.is_final)
            self._deliver(lambda: receive(answer))

        own = window if isinstance(window, Window) else None
        self.pictures.render(
            PictureAsk(ask.owner, ask.token, look.volume, look.view, request.size, own, request.is_interacting), tell
        )

    def _offer(self, ask: Ask, loaded: LoadedFrame | None, receive: Receive) -> None:
        with self._lock:
            lane = self._lanes.setdefault(ask.owner, _Lane())
            newest = max(lane.started, lane.offer[0].token if lane.offer is not None else 0)
            if ask.token <= newest or self._is_closed:
                return
            lane.offer = (ask, loaded, receive)
            if lane.is_busy:
                return
            lane.is_busy = True
        self._submit(lane)

    def _submit(self, lane: _Lane) -> None:
        with contextlib.suppress(RuntimeError):  # the pool was closed between two lines: nobody waits any more
            self._pool.submit(self._render, lane)

    def _render(self, lane: _Lane) -> None:
        with self._lock:
            if lane.offer is None:
                lane.is_busy = False
                return
            ask, given, receive = lane.offer
            lane.offer = None
            lane.started = ask.token
        try:
            loaded = given or self._loaded(ask)
            acquired = loaded.state
            if ask.look is None:
                loaded = under_state(loaded, ask.presentation, self.store, is_native=ask.is_native)
            if ask.suv is not None:
                automatic = None  # that of the others is in another unit
                loaded = replace(loaded, state=in_suv(loaded.state, ask.suv, acquired))
            elif ask.look is None and loaded.state.presentation_uid:
                automatic = None  # the others may be under no state, or on another scale
            elif ask.look is None:
                automatic = self._windows.window(ask.display_set, loaded, ask.request.view)
            else:
                automatic = self._windows.window_of_volume(ask.display_set, ask.look.volume, ask.request.view)
            request = replace(ask.request, automatic=automatic) if automatic is not None else ask.request
            with given_up_when(lambda: not request.is_interacting and lane.is_hand_waiting):
                rendered = render_viewport(loaded.stored, loaded.state, request, self._geometry, ask.calibration)
            answer: Answer = Picture(ask, loaded, rendered)
        except Cancelled:  # the hand moves again: what it wants comes first
            self._submit(lane)
            return
        except Exception as error:  # noqa: BLE001 - handed to the viewport, which shows it or reports the bug
            answer = Failure(ask, error)
        is_image = isinstance(answer, Picture) and ask.look is None
        if isinstance(answer, Picture) and is_image and answer.rendered.request.automatic is not None:
            self._windows.settle(ask.display_set)
        self._deliver(lambda: receive(answer))
        if isinstance(answer, Picture) and is_image and not ask.request.is_interacting and lane.offer is None:
            self._find_range(answer, receive)
        self._submit(lane)

    @staticmethod
    def _loaded(ask: Ask) -> LoadedFrame:
        assert ask.look is not None  # noqa: S101 - images are offered with their frames
        return ask.look.loaded(ask.image)

    def _find_range(self, picture: Picture, receive: Receive) -> None:
        """Work out the range of values once a frame, after its pixels are on their way."""
        loaded = picture.loaded
        if loaded.stored.is_color or loaded.state.palette is not None:
            return
        key = ("range", picture.ask.request.frame_key)
        found = self._geometry.fact(key)
        if found is None:
            found = value_range(loaded.stored.values, loaded.state.modality_transform, loaded.state.padding)
            self._geometry.remember(key, found)
        answer = RangeFound(picture.ask, found)
        self._deliver(lambda: receive(answer))
