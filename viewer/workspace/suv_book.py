"""SUV of the open PET series, worked out on a worker when first asked for, and again when images came."""

from collections import OrderedDict
from dataclasses import dataclass

from viewer.base.errors import ViewerError
from viewer.base.events import Event
from viewer.base.jobs import INTERACTION, JobRunner, Progress
from viewer.dicom.instance_header import InstanceHeader
from viewer.measurement.suv_result import SuvRefusal, SuvScale
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.study_tree import StudyTree

KEPT = 64
PET = "PT"

Suv = SuvScale | SuvRefusal


@dataclass(frozen=True, slots=True)
class _WorkOut:
    headers: tuple[InstanceHeader, ...]

    def run(self, _progress: Progress) -> Suv:
        from viewer.measurement.suv_series import suv_of_series

        try:
            return suv_of_series(self.headers)
        except ViewerError as error:
            return SuvRefusal((error.one_line(),))


class SuvBook:
    """Used from the GUI thread.

    Attributes:
        changed: The key of a series whose SUV was worked out.
    """

    def __init__(self, runner: JobRunner, tree: StudyTree) -> None:
        self.changed: Event[str] = Event()
        self._runner = runner
        self._tree = tree
        self._known: OrderedDict[tuple[str, int], Suv] = OrderedDict()
        self._asked: set[tuple[str, int]] = set()

    def of(self, display_set: DisplaySet) -> Suv | None:
        """Return the factors of a display set's series, or why there are none; None while they are worked out."""
        series = self._tree.series(display_set.series_key)
        key = (display_set.series_key, len(series.headers) if series is not None else 0)
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        if key not in self._asked:
            self._asked.add(key)
            self._runner.submit(
                _WorkOut(self._headers(display_set)), lane=INTERACTION, done=lambda found: self._came(key, found)
            )
        return None

    def _headers(self, display_set: DisplaySet) -> tuple[InstanceHeader, ...]:
        """Return the images of the whole series, also where only one run of a dynamic one is asked for."""
        series = self._tree.series(display_set.series_key)
        headers = series.headers if series is not None else [image.header for image in display_set.images]
        found = {each.sop_instance_uid: each for each in headers if each.pixel_data is not None}
        return tuple(found.values())

    def _came(self, key: tuple[str, int], found: Suv) -> None:
        self._asked.discard(key)
        self._known[key] = found
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        self.changed.emit(key[0])


def is_pet(display_set: DisplaySet) -> bool:
    """Return whether a display set is of PET images."""
    return bool(display_set.images) and display_set.images[0].header.modality == PET
