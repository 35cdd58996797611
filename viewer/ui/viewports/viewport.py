"""One viewport: asks for pixels, shows what comes if it still is what is wanted, and hands the pointer to its tools.

Nothing is computed here. Questions carry a growing token; an answer older than what is on screen, or asked before the
viewport was given other images or came to another monitor, is dropped.
"""

import itertools
import sys
from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QMoveEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.display.monitor_place import MonitorPlace
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.imaging.viewport_image import RenderRequest
from viewer.ui.measuring.mark_hand import MarkHand
from viewer.ui.monitors import Monitors
from viewer.ui.overlays.overlay_texts import Chip, OverlayTexts
from viewer.ui.overlays.viewport_texts import texts_of_failure, texts_of_object, texts_while_loading
from viewer.ui.presenting.state_doubles import StateDoubles
from viewer.ui.viewports.asking import device_size, is_older, kind_of, request_of, single_shot
from viewer.ui.viewports.cursors import cursor_of
from viewer.ui.viewports.finished_pixels import NOTHING, Shown, Surface, picture_of
from viewer.ui.viewports.render_service import Answer, Ask, Failure, Picture, RangeFound, RenderService
from viewer.ui.viewports.viewport_aids import ViewportAids
from viewer.ui.viewports.viewport_fusion import ViewportFusion
from viewer.ui.viewports.viewport_volumes import ViewportVolumes
from viewer.ui.viewports.viewport_words import words_of
from viewer.ui.volumes.clip_box import ClipBoxHand
from viewer.ui.volumes.crosshair_hand import CrosshairHand
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.presenting.state_words import object_message
from viewer.workspace.tools.tool import Tool
from viewer.workspace.viewport_state import DisplayedImage, ViewportState
from viewer.workspace.volume_look import VolumeLook
from viewer.workspace.workspace import Workspace

REST_MS = 120
"""The hand rests when it has not moved for so long: then the picture is made as exact as it can be."""
LOADING_AFTER_MS = 80
"""How long an older picture (with its own patient's name) stands unmarked while the wanted one is on its way."""

_numbers = itertools.count(1)


class Viewport(QWidget):
    """A cell of the grid.

    Signals:
        picture_shown: A new picture is on screen.
        place_changed: It is on another monitor, or more or less is known of that.
    """

    picture_shown = Signal()
    place_changed = Signal()

    def __init__(
        self,
        cell: int,
        workspace: Workspace,
        rendering: RenderService,
        monitors: Monitors,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.cell = cell
        self.workspace = workspace
        self._rendering = rendering
        self._monitors = monitors
        self._place = MonitorPlace()
        self._owner = next(_numbers)
        self._token = 0
        self._valid_from = 1
        self._shown_token = 0
        self._asked: Ask | None = None
        self._set_key: tuple[str, str] = ("", "")
        self._direction = 0
        self._picture: Picture | None = None
        self._playing: float | None = None
        self._dropped = 0
        self._rest = single_shot(self, REST_MS, self._hand_rests)
        self._late = single_shot(self, LOADING_AFTER_MS, self._say_loading)
        self._surface = Surface(self)
        self.aids = ViewportAids(self, rendering, self._surface.aids)
        self.cross = self._surface.cross
        self.regions = self._surface.regions
        self.segments = self._surface.pixels.segments
        self.report_marks = self._surface.report_marks
        self.marks = MarkHand(self, self._surface.marks)
        self._surface.pixels.doubles = StateDoubles(self.marks)
        self.crosshair = CrosshairHand(self, self._surface.crosshair)
        self.box = ClipBoxHand(self, self._surface.box)
        self.picture_shown.connect(self.box.update)
        self._volumes = ViewportVolumes(self._owner, rendering.volumes)
        self._fusion = ViewportFusion(self._owner, workspace, rendering.volumes)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setMinimumSize(16, 16)
        self.setMouseTracking(True)
        self.setAccessibleName(_("Viewport {0}").format(cell + 1))
        self.show_cursor()

    # What others ask

    @property
    def shown(self) -> Shown:
        """What is on screen."""
        return self._surface.pixels.shown

    @property
    def picture(self) -> Picture | None:
        """The picture on screen, with the question it answers; None while there is none."""
        return self._picture

    @property
    def place(self) -> MonitorPlace:
        """The monitor it is on, as of the last look (follow_monitor)."""
        return self._place

    @property
    def placement(self) -> ImagePlacement | None:
        """Where image points are on screen, in device pixels; None while there is no picture."""
        return self._picture.rendered.placement if self._picture is not None else None

    def placement_of(self, state: ViewportState) -> ImagePlacement | None:
        """Return where image points are with a state that need not be on screen yet; None without a picture."""
        if self._picture is None:
            return None
        frame = self._picture.rendered.state
        return state.transform.place(frame.pixels.columns, frame.pixels.rows, frame.aspect, device_size(self))

    def is_on_banner(self, point: QPointF) -> bool:
        """Whether a point is on the patient banner: there a viewport is taken to be moved."""
        return self._picture is not None and self._surface.pixels.banner.contains(point)

    def chip_at(self, point: QPointF) -> Chip | None:
        """Return the chip at a point: a click there tells what it stands for."""
        if self._picture is None:
            return None
        return next((chip for chip, area in self._surface.pixels.chips if area.contains(point)), None)

    @property
    def written(self) -> tuple[QRectF, ...]:
        """Where words of the picture stand that nothing may be written over."""
        return self._surface.pixels.taken

    def show_cursor(self, tool: Tool | None = None) -> None:
        """Let the cursor tell a tool, or that of the left button."""
        self.setCursor(cursor_of(self.workspace.tool if tool is None else tool))

    def is_loading(self) -> bool:
        """Whether a picture is on its way, also one that only makes it more exact."""
        return self.isVisible() and (
            self._rest.isActive()
            or (self._asked is not None and self._asked.token > self._shown_token)
            or (self._picture is not None and not self._picture.is_final)
            or self._volumes.is_loading
            or self._fusion.is_loading
            or self._rendering.is_settling(self._set_key[0])
        )

    @property
    def is_awaiting(self) -> bool:
        """Whether there is a picture on screen, and another one was asked for that is about to take its place."""
        return self._picture is not None and self._asked is not None and self._asked.token > self._shown_token

    def set_active(self, *, is_active: bool) -> None:
        """Draw the frame of the active viewport, or not."""
        if self._surface.pixels.is_active != is_active:
            self._surface.pixels.is_active = is_active
            self._surface.pixels.update()

    def set_playing(self, rate: float | None, dropped: int = 0) -> None:
        """Show, with the next picture, the rate that a cine reaches and how many images it left out; None for none."""
        if rate is None and self._playing is not None:
            self._playing, self._dropped = None, 0
            self.rewrite()
        else:
            self._playing, self._dropped = rate, dropped

    def refresh(self) -> None:
        """Ask for what the workspace says should be here."""
        state, display_set = self.workspace.viewport(self.cell), self.workspace.display_set_at(self.cell)
        image = self.workspace.image_at(self.cell)
        if image is None or display_set is None:
            self._empty()
            return
        if not display_set.is_image:
            self._empty(texts_of_object(image, self._character_set(image), object_message(display_set)))
            return
        if self._set_key != (display_set.key, kind_of(state)):
            self._change_set(display_set, state)
        elif self._asked is not None and self._asked.image is not image:
            self._direction = 1 if state.index > self._asked.index else -1
        self._volumes.follow(state)
        if not self.isVisible() or self.width() < 1 or self.height() < 1:
            return
        look = self._volumes.look(state, display_set)
        if look is None and state.volume is not None:
            self._await_volume(image)
            return
        request = self._request(state, display_set, image, look)
        if self._is_asked(image, request):
            if look is None:
                self._rendering.settle(display_set)  # it may have grown
            return
        if self._picture is not None:
            self._rest.start()
            request = replace(request, is_interacting=True)
        self._ask(request, display_set, state.index, look)

    def window_settled(self, display_set_key: str) -> None:
        """Ask for the same picture again where its automatic window is another one now."""
        if display_set_key == self._set_key[0]:
            self._hand_rests()

    def volume_changed(self, key: str) -> None:
        """Show the newest generation of a volume, or why there is none any more."""
        if not self._volumes.concerns(key) and not self._fusion.concerns(key):
            return
        if self._rest.isActive():
            self.refresh()
        elif self._volumes.is_loading and self._picture is not None:
            self._ask_now(is_interacting=True)  # the next one comes before an exact picture would be worth its while
        else:
            self._hand_rests()

    def volume_progressed(self, key: str) -> None:
        """Say how much of a volume is there."""
        if self._volumes.concerns(key) or self._fusion.concerns(key):
            if self._picture is None:
                self._hand_rests()
            else:
                self.rewrite()

    def follow_monitor(self) -> None:
        """Look which monitor is under the viewport, and ask for other pixels or write other words where that matters.

        What was asked for the monitor it was on before is not shown any more.
        """
        before, self._place = self._place, self._monitors.place_at(self)
        if self._place == before:
            if self.workspace.viewport(self.cell).is_true_size:
                self.rewrite()  # the size of its pixels may be another one now, and the true size with it
            return
        if self._place.calibration != before.calibration:
            self._valid_from = self._token + 1
            self._hand_rests()
        else:
            self._note_displayed(None)
            self.rewrite()
        self.place_changed.emit()

    def rewrite(self) -> None:
        """Write the texts over the same picture again: the options changed."""
        if self._picture is not None:
            self._surface.pixels.show_picture(replace(self.shown, texts=self._texts(self._picture)))

    def release(self) -> None:
        """Let go of everything: the viewport leaves the grid."""
        self._rest.stop()
        self._late.stop()
        self._picture = self._asked = None
        self._volumes.release()
        self._fusion.release()
        self._rendering.forget(self._owner)
        self._rendering.forget(self.aids.owner)

    # Asking and receiving

    def _request(
        self, state: ViewportState, display_set: DisplaySet, image: ImageRef, look: VolumeLook | None
    ) -> RenderRequest:
        key = self._fusion.frame_key(state, display_set, image.identity if look is None else look.frame_key)
        overlay = self._fusion.refresh(state, display_set, look).overlay
        return request_of(state, self.workspace.options, key, device_size(self), overlay)

    def _is_asked(self, image: ImageRef, request: RenderRequest) -> bool:
        asked = self._asked
        if asked is None or asked.image is not image or asked.request != request:
            return False
        return asked.calibration == self._place.calibration

    def _ask(self, request: RenderRequest, display_set: DisplaySet, index: int, look: VolumeLook | None = None) -> None:
        self._token += 1
        image = display_set.images[index]
        ask = Ask(self._owner, self._token, image, request, display_set, index, self._place.calibration, look)
        ask = self._fusion.completed(ask)
        self._asked = ask
        if not self._late.isActive():
            self._late.start()
        if self.shown.rendered is None and self.shown.texts.identity:
            self._say_loading()  # the banner without pixels is that of another image: it follows at once
        self._rendering.ask(ask, self._receive)
        if look is None:
            self._rendering.read_ahead(self._owner, display_set, index, self._direction)

    def _change_set(self, display_set: DisplaySet, state: ViewportState) -> None:
        self._set_key = (display_set.key, kind_of(state))
        self._valid_from = self._token + 1
        self._direction = 0
        self._asked = None
        self._rest.stop()
        if self._picture is not None:
            self._late.start()
        self._picture = None
        self.aids.clear()

    def _await_volume(self, image: ImageRef) -> None:
        """Say that a volume comes, or why none does; pictures of an older one go."""
        self._valid_from = self._token + 1
        self._asked = self._picture = None
        self._rest.stop()
        self._late.stop()
        self._rendering.forget(self._owner)
        self._surface.pixels.show_picture(Shown(texts=self._volumes.words(image, self._character_set(image))))
        failure = self._volumes.new_failure()
        if failure is not None:
            self.picture_shown.emit()
            self._report(failure)

    def _empty(self, texts: OverlayTexts | None = None) -> None:
        self._set_key = ("", "")
        self._volumes.release()
        self._fusion.release()
        self._valid_from = self._token + 1
        self._asked = None
        self._picture = None
        self.aids.clear()
        self._rest.stop()
        self._late.stop()
        self._rendering.forget(self._owner)
        self._surface.pixels.show_picture(Shown(texts=texts) if texts is not None else NOTHING)

    def _receive(self, answer: Answer) -> None:
        ask = answer.ask
        if ask.token < self._valid_from or ask.token < self._shown_token:
            return
        if isinstance(answer, RangeFound):
            self._note_displayed(answer.value_range)
            return
        if ask.token == self._shown_token and not (isinstance(answer, Picture) and answer.step):
            return
        self._shown_token = ask.token
        self._late.stop()
        if self._asked is not None and self._asked.token > ask.token:
            self._late.start()
        if isinstance(answer, Failure):
            self._show_failure(answer)
        else:
            self._show_picture(answer)

    def _show_picture(self, picture: Picture) -> None:
        self._picture = picture
        self._rendering.show_pinned(self._owner, picture.ask.image if picture.ask.look is None else None)
        shown = Shown(picture.rendered, picture_of(picture.rendered), self._texts(picture))
        self._surface.pixels.show_picture(shown)
        self._note_displayed(None)
        self.aids.picture_changed()
        self.picture_shown.emit()

    def _show_failure(self, failure: Failure) -> None:
        self._picture = None
        image = failure.ask.image
        texts = texts_of_failure(failure.error, image, self._character_set(image))
        self._surface.pixels.show_picture(Shown(texts=texts))
        self.crosshair.update()
        self.picture_shown.emit()
        self._report(failure.error)

    @staticmethod
    def _report(error: Exception) -> None:
        if not isinstance(error, ViewerError):  # a fault of ours: reported, and the rest goes on
            sys.excepthook(type(error), error, error.__traceback__)

    def _note_displayed(self, value_range: tuple[float, float] | None) -> None:
        picture = self._picture
        if picture is None:
            return
        before = self.workspace.displayed(self.cell)
        ask = picture.ask
        if ask.look is not None:
            value_range = self._fusion.range_of(ask.look.volume.value_range, ask.suv)
        elif value_range is None and before is not None and before.image is ask.image and before.look is None:
            value_range = before.value_range
        stored = picture.loaded.stored
        displayed = DisplayedImage(ask.image, picture.rendered, stored, value_range, self._place, ask.look)
        self.workspace.set_displayed(self.cell, displayed)

    def _texts(self, picture: Picture, *, is_loading: bool = False) -> OverlayTexts:
        is_loading = is_loading or self._is_of_another_monitor(picture)
        return words_of(
            picture,
            self.workspace,
            self.cell,
            self._place,
            is_loading=is_loading,
            playing=self._playing,
            dropped=self._dropped,
            standing=self._volumes.standing,
            fusion=self._fusion.look,
        )

    def _is_of_another_monitor(self, picture: Picture) -> bool:
        return picture.ask.calibration != self._place.calibration

    def _character_set(self, image: ImageRef) -> str | None:
        return self.workspace.tree.character_set_of(image.header)

    # Time

    def _hand_rests(self) -> None:
        self._ask_now(is_interacting=False)

    def _ask_now(self, *, is_interacting: bool) -> None:
        state, display_set = self.workspace.viewport(self.cell), self.workspace.display_set_at(self.cell)
        image = self.workspace.image_at(self.cell)
        if image is None or display_set is None or not display_set.is_image or not self.isVisible():
            return
        look = self._volumes.look(state, display_set)
        if look is None and state.volume is not None:
            self._await_volume(image)
            return
        request = replace(self._request(state, display_set, image, look), is_interacting=is_interacting)
        self._ask(request, display_set, state.index, look)

    def _say_loading(self) -> None:
        """Mark the older picture of the same images; that of other images goes, and whose come is said.

        A picture that was made for another monitor is older too.
        """
        if self._asked is None:
            self._surface.pixels.show_picture(NOTHING)
            return
        image = self._asked.image
        if self._picture is None:
            texts = texts_while_loading(image, self._character_set(image))
            self._surface.pixels.show_picture(Shown(texts=texts))
        elif is_older(self._picture, self._asked) or self._is_of_another_monitor(self._picture):
            texts = self._texts(self._picture, is_loading=True)
            self._surface.pixels.show_picture(replace(self.shown, texts=texts))

    # Qt's events

    def event(self, event: QEvent) -> bool:
        """Ask for other pixels when the window comes to a screen of another density."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.refresh()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for pixels of the new size."""
        super().resizeEvent(event)
        self._surface.setGeometry(self.rect())
        self._surface.resize_items(QRectF(self.rect()))
        if self.isVisible():
            self.follow_monitor()
        self.refresh()

    def moveEvent(self, event: QMoveEvent) -> None:
        """See which monitor is under the new place."""
        super().moveEvent(event)
        if self.isVisible():
            self.follow_monitor()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for pixels now that there is a place for them."""
        super().showEvent(event)
        self.follow_monitor()
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop waiting: nobody sees it."""
        super().hideEvent(event)
        self._rest.stop()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The viewport with the keyboard is the active one."""
        super().focusInEvent(event)
        self.workspace.activate(self.cell)
