"""One window's side of saving: reformatted series, pictures of viewports, surfaces (workspace.saving_actions)."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from viewer.base.errors import ViewerError
from viewer.base.jobs import Job, JobHandle, Progress, ProgressReport
from viewer.base.translation import _
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.voi_lut import Window
from viewer.ui.viewports.grid import ViewportGrid
from viewer.ui.viewports.render_service import Picture, RenderService
from viewer.ui.viewports.viewport_capture import ViewportCapture, rgb_of
from viewer.ui.volumes.save_picture_dialog import SavePictureDialog
from viewer.ui.volumes.save_series_dialog import SaveSeriesDialog, SeriesToSave
from viewer.ui.volumes.surface_dialog import SurfaceDialog
from viewer.volume.reslice_plane import ReslicePlane
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.multiplanar import show_view
from viewer.workspace.shown_surfaces import ShownSurface
from viewer.workspace.volume_planes import volume_interpolation
from viewer.workspace.volume_saving import SeriesChoice
from viewer.workspace.volume_store import VolumeStore
from viewer.workspace.volume_view import VolumeKind
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.volume.rendering_request import RenderedSurface

T = TypeVar("T")
SERIES_DESCRIPTION = 0x0008103E

Make = Callable[[Path, Progress], Sequence[Path]]
"""Writes a series into a folder that is not there yet, and returns its files."""


class SavingHost(Protocol):
    """What saving asks of the program."""

    @property
    def has_library(self) -> bool:
        """Whether there is a library to save into."""

    def save(self, make: Make, folder: Path | None, study_instance_uid: str) -> None:
        """Make a series in the background, in a folder or (None) in the library, and say so when it is there."""

    def submit(
        self,
        job: Job[T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        progress: Callable[[ProgressReport], None],
    ) -> JobHandle[T]:
        """Run a job; the answer comes on the GUI thread."""

    def deliver(self, call: Callable[[], None]) -> None:
        """Call something on the GUI thread."""


class WindowSaving:
    """Opens the dialogs, and hands the program what they were answered.

    Args:
        window: Parent of dialogs.
        say: Says a sentence at the foot of the window.
    """

    def __init__(
        self,
        window: QWidget,
        workspace: Workspace,
        viewports: ViewportGrid,
        rendering: RenderService,
        host: SavingHost,
        say: Callable[[str], None],
    ) -> None:
        self._window, self._workspace, self._viewports = window, workspace, viewports
        self._rendering, self._host, self._say = rendering, host, say

    def save_series(self) -> None:
        """Ask which planes of the active view are to be saved, and where, and save them."""
        workspace = self._workspace
        cell = workspace.active
        state, display_set = workspace.viewport(cell), workspace.display_set_at(cell)
        volume = self._volume(display_set)
        if state.volume is None or display_set is None:
            return
        if volume is None:
            self._say(_("The volume is still loading"))
            return
        shown = SeriesToSave(
            view=state.volume,
            geometry=volume.geometry,
            interpolation=volume_interpolation(state.interpolation),
            window=self._window_at(cell),
            title=_title(display_set),
            has_library=self._host.has_library,
            has_overlay=state.fusion is not None,
            state=volume.state,
        )
        study = display_set.images[0].header.study_instance_uid

        def save(planes: tuple[ReslicePlane, ...], choice: SeriesChoice, folder: Path | None) -> None:
            self._host.save(_series_maker(volume, planes, choice), folder, study)

        SaveSeriesDialog(self._window, shown, save).open()

    def save_picture(self) -> None:
        """Ask where the picture in the active viewport is to be saved, and save it."""
        viewport = self._viewports.viewport_of(self._workspace.active)
        if viewport is None or viewport.picture is None:
            return
        ViewportCapture(viewport, self._rendering, self._captured, self._not_captured).start()

    def make_surface(self) -> None:
        """Ask for thresholds, and make and measure the surface of the active volume."""
        workspace = self._workspace
        display_set, volumes = workspace.display_set_at(workspace.active), workspace.shared.volumes
        if display_set is None or volumes is None:
            return
        view = workspace.viewport(workspace.active).volume
        source = _SurfaceSource(self._host, workspace, volumes, display_set)
        dialog = SurfaceDialog(self._window, source, _title(display_set), 0 if view is None else view.phase)
        source.follow(dialog)
        dialog.show()

    def _captured(self, picture: Picture, image: QImage) -> None:
        header = picture.ask.image.header
        sources = _sources_of(picture)

        def save(name: str, folder: Path | None) -> None:
            make = _picture_maker(image, picture.ask.image, sources, name)
            self._host.save(make, folder, header.study_instance_uid)

        name = " ".join(part for part in (header.text(SERIES_DESCRIPTION), _("picture")) if part)
        SavePictureDialog(self._window, image, name, has_library=self._host.has_library, save=save).open()

    def _not_captured(self, error: Exception | None) -> None:
        if error is None:
            self._say(_("The picture changed meanwhile: try again"))
        elif isinstance(error, ViewerError):
            self._say(error.one_line())
        else:
            raise error

    def _volume(self, display_set: DisplaySet | None) -> SeriesVolume | None:
        volumes = self._workspace.shared.volumes
        volume = None if display_set is None or volumes is None else volumes.volume(display_set.key)
        return volume if volume is not None and volume.is_complete else None

    def _window_at(self, cell: int) -> Window | None:
        """Return the window in force on the screen, where it is a plain one in the volume's own unit."""
        viewport = self._viewports.viewport_of(cell)
        picture = viewport.picture if viewport is not None else None
        if picture is None or picture.ask.suv is not None:
            return None
        voi = picture.rendered.voi
        return voi if isinstance(voi, Window) else None


class _SurfaceSource:
    """The volume that a surface dialog works on, wanted for as long as it is open."""

    def __init__(self, host: SavingHost, workspace: Workspace, volumes: VolumeStore, display_set: DisplaySet) -> None:
        self._host, self._workspace, self._volumes, self._key = host, workspace, volumes, display_set.key
        self._disconnect: list[Callable[[], object]] = []
        volumes.want(display_set, self)

    def follow(self, dialog: SurfaceDialog) -> None:
        """Let a dialog see when the volume has come."""
        self._disconnect = [
            self._volumes.changed.connect(lambda _key: dialog.refresh()),
            self._volumes.progressed.connect(lambda _key: dialog.refresh()),
        ]

    def volume(self) -> SeriesVolume | None:
        """Return the volume when all of it is there."""
        volume = self._volumes.volume(self._key)
        return volume if volume is not None and volume.is_complete else None

    def standing_words(self) -> str:
        """Return how far the volume is, or why there is none."""
        standing = self._volumes.standing(self._key)
        if isinstance(standing.failure, ViewerError):
            return standing.failure.one_line()
        return _("Loading the volume: {0} %").format(standing.percent) if standing.is_loading else ""

    def submit(
        self,
        job: Job[T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        progress: Callable[[ProgressReport], None],
    ) -> JobHandle[T]:
        """Run a job."""
        return self._host.submit(job, done, failed, progress)

    def deliver(self, call: Callable[[], None]) -> None:
        """Call something on the GUI thread."""
        self._host.deliver(call)

    def show(self, surface: "RenderedSurface | None", words: str) -> None:
        """Show a surface in the renderings of the volume; where there is none yet, a viewport becomes one."""
        volume = self._volumes.volume(self._key)
        if volume is None:
            return
        shown = self._workspace.shared.renderings.surfaces
        if surface is None and not shown.of_volume(volume.key):
            return
        shown.show(volume.key, self, None if surface is None else ShownSurface(surface, words))
        if surface is not None and not self._has_rendering() and (cell := self._cell()) is not None:
            show_view(self._workspace, VolumeKind.RENDERING, cell=cell)
        self._volumes.changed.emit(volume.key)

    def _has_rendering(self) -> bool:
        states = self._workspace.volume_states().values()
        return any(
            self._volumes.is_same(state.display_set_key, self._key)
            for state in states
            if state.volume is not None and state.volume.kind is VolumeKind.RENDERING
        )

    def _cell(self) -> int | None:
        """Return a viewport that shows the volume in whatever way: the active one if it does."""
        workspace = self._workspace
        active = workspace.active
        for cell in (
            active,
            *(each for each in range(workspace.layout.cell_count) if each != active),
        ):
            if self._volumes.is_same(workspace.viewport(cell).display_set_key, self._key):
                return cell
        return None

    def release(self) -> None:
        """Let the volume go."""
        for disconnect in self._disconnect:
            disconnect()
        self._volumes.release(self)


def _title(display_set: DisplaySet) -> str:
    return display_set.images[0].header.text(SERIES_DESCRIPTION)


def _series_maker(volume: SeriesVolume, planes: tuple[ReslicePlane, ...], choice: SeriesChoice) -> Make:
    def make(folder: Path, progress: Progress) -> Sequence[Path]:
        from viewer.volume.derived_series import write_derived_series

        return write_derived_series(
            volume, planes, folder, description=choice.name, window=choice.window, progress=progress
        )

    return make


def _picture_maker(image: QImage, shown: ImageRef, sources: tuple[ImageRef, ...], name: str) -> Make:
    pixels = rgb_of(image)

    def make(folder: Path, progress: Progress) -> Sequence[Path]:
        from viewer.imaging.secondary_capture import source_frame, write_captures

        frames = [source_frame(each) for each in sources]
        return write_captures([pixels], shown, folder, description=name, sources=frames, progress=progress)

    return make


def _sources_of(picture: Picture) -> tuple[ImageRef, ...]:
    """Return the images a picture was made of: all of a volume's phase where it shows one."""
    look = picture.ask.look
    if look is None or not look.volume.images:
        return (picture.ask.image,)
    phases = look.volume.images
    return phases[min(max(look.view.phase, 0), len(phases) - 1)]
