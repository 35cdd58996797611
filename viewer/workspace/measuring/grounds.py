"""What the place of a mark lets be measured, also where no viewport shows it."""

from collections.abc import Callable
from dataclasses import dataclass

from viewer.base.errors import LibraryError, ViewerError
from viewer.base.jobs import INTERACTION, JobRunner, Progress
from viewer.base.translation import _
from viewer.imaging.frame_store import FrameStore, LoadedFrame
from viewer.imaging.image_ref import ImageRef
from viewer.measurement.annotation import Anchor, ImageAnchor, PlaneAnchor
from viewer.measurement.ground import Ground
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.measuring.annotation_book import AnnotationBook
from viewer.workspace.measuring.measuring import ground_of_image, ground_of_plane
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.volume_store import VolumeStore


@dataclass(frozen=True, slots=True)
class _LoadFrame:
    frames: FrameStore
    image: ImageRef

    def run(self, progress: Progress) -> LoadedFrame:
        return self.frames.load(self.image, progress=progress)


@dataclass(frozen=True, slots=True)
class Grounds:
    """Of the open studies; used on the window's thread.

    Attributes:
        tree: The open studies.
        catalogue: Their display sets.
        frames: Where images come from.
        runner: Reads images.
        volumes: Where volumes come from; None for a program without them.
        book: Knows the scales that readers set.
    """

    tree: StudyTree
    catalogue: DisplaySetCatalogue
    frames: FrameStore
    runner: JobRunner
    volumes: VolumeStore | None
    book: AnnotationBook

    def image_of(self, anchor: ImageAnchor) -> ImageRef | None:
        """Return the image a mark lies on; None where it is not open."""
        of_image = (each for each in self.tree.headers() if each.sop_instance_uid == anchor.sop_instance_uid)
        place = anchor.study_instance_uid, anchor.series_instance_uid
        header = next((each for each in of_image if (each.study_instance_uid, each.series_instance_uid) == place), None)
        if header is None:
            return None
        return ImageRef(header, (anchor.tile or anchor.frame_number) - 1, bool(anchor.tile))

    def at_hand(self, anchor: Anchor) -> Ground | None:
        """Return what can be measured without reading anything; None where something must be read, or is not open."""
        if isinstance(anchor, PlaneAnchor):
            volume = self._volume(anchor)
            return ground_of_plane(volume, anchor) if volume is not None else None
        image = self.image_of(anchor)
        loaded = self.frames.get(image) if image is not None else None
        return self._of_loaded(loaded) if loaded is not None else None

    def want(
        self,
        anchor: Anchor,
        done: Callable[[Ground], None],
        failed: Callable[[ViewerError], None] = lambda _error: None,
    ) -> None:
        """Have a function called with what can be measured: at once where that is at hand, else when it was read.

        Args:
            anchor: Of a mark.
            done: Called with it.
            failed: Called when it is not open, or cannot be read.
        """
        found = self.at_hand(anchor)
        if found is not None:
            done(found)
            return
        image = self.image_of(anchor) if isinstance(anchor, ImageAnchor) else None
        if image is None:
            failed(LibraryError(_("What this mark lies on is not open")))
            return

        def refused(error: Exception) -> None:
            if not isinstance(error, ViewerError):
                raise error
            failed(error)

        job = _LoadFrame(self.frames, image)
        self.runner.submit(job, lane=INTERACTION, done=lambda each: done(self._of_loaded(each)), failed=refused)

    def _of_loaded(self, loaded: LoadedFrame) -> Ground:
        return ground_of_image(loaded.image, loaded.state, loaded.stored, self.book)

    def _volume(self, anchor: PlaneAnchor) -> SeriesVolume | None:
        """Return the volume of a plane; None also where that is not known, or has not its phase.

        A series of several volumes does not tell which of them a mark was made on.
        """
        volumes = self.volumes
        if volumes is None:
            return None
        keys = [
            display_set.key
            for series in self.tree.all_series()
            if series.series_instance_uid == anchor.series_instance_uid
            for display_set in self.catalogue.of_series(series.key)
            if display_set.is_image and len(display_set.images) > 1
        ]
        if any(not volumes.is_same(keys[0], key) for key in keys):
            return None
        found = next((volume for key in keys if (volume := volumes.volume(key)) is not None), None)
        return found if found is not None and anchor.phase < len(found.phases) else None
