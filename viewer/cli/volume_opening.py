"""The volumes of files, folders and archives, for the commands that show, measure or write them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import ViewerError, VolumeError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.media.safety import printable
from viewer.workspace.display_set import DisplaySet, DisplaySetKind

if TYPE_CHECKING:
    from viewer.imaging.frame_store import FrameStore
    from viewer.volume.series_volume import SeriesVolume
    from viewer.volume.volume_plan import VolumePlan
    from viewer.workspace.display_set_catalogue import DisplaySetCatalogue

_KEPT_FRAMES_BYTES = 1 << 26
_SLICES = frozenset({DisplaySetKind.STACK, DisplaySetKind.ENHANCED, DisplaySetKind.MOSAIC, DisplaySetKind.NUCLEAR})
"""Kinds of which one expects volumes."""


@dataclass(frozen=True, slots=True)
class OpenedVolume:
    """A volume that was found.

    Attributes:
        display_sets: One for each phase, or one that holds all phases.
        plan: Its geometry and condition.
        load: Reads its voxels; blocks.
        store: Reads single frames of it.
    """

    display_sets: tuple[DisplaySet, ...]
    plan: "VolumePlan"
    load: "Callable[[], SeriesVolume]"
    store: "FrameStore"

    @property
    def series_instance_uid(self) -> str:
        """Of its series."""
        return self.display_sets[0].images[0].header.series_instance_uid

    @property
    def description(self) -> str:
        """Of its series, with what tells it from the others of it."""
        header = self.display_sets[0].images[0].header
        label = self.display_sets[0].label if len(self.display_sets) == 1 else ""
        return " · ".join(part for part in (header.text(0x0008103E), label) if part)


@contextmanager
def opened_volumes(
    paths: Sequence[Path],
    *,
    series: str | None = None,
    budget_bytes: int | None = None,
    refused: "Callable[[ViewerError], None] | None" = None,
) -> Iterator[list[OpenedVolume]]:
    """Open places and yield their volumes, in the order of the study tree.

    Args:
        paths: Files, folders, DICOMDIRs, ZIP and ISO images.
        series: Series Instance UID, or series number, that alone is wanted.
        budget_bytes: For the voxels of one volume; None for half of this computer's memory.
        refused: Called for each display set of slices that is none, where others are.

    Raises:
        ViewerError: If a path does not exist.
        VolumeError: If there is no volume; it says why the likeliest candidate is none.
    """
    from viewer.imaging.decoder_pool import DecoderPool
    from viewer.imaging.frame_cache import FrameCache
    from viewer.imaging.frame_source import FrameSource
    from viewer.imaging.frame_state import read_frame_states
    from viewer.imaging.frame_store import FrameStore
    from viewer.volume.volume_memory import half_of_memory

    with DecoderPool() as pool:
        store = FrameStore(FrameCache(_KEPT_FRAMES_BYTES), lambda header: FrameSource(header, pool), read_frame_states)
        yield _volumes(paths, series, store, budget_bytes or half_of_memory(), refused or _ignore)


def only_volume(volumes: Sequence[OpenedVolume], path: Path, advice: str = "") -> OpenedVolume:
    """Return the one volume of a path.

    Raises:
        VolumeError: If there are several, and it is not clear which is meant.
    """
    if len(volumes) > 1:
        names = "; ".join(f"{each.series_instance_uid} ({each.description})" for each in volumes)
        raise VolumeError(
            _("There are several volumes: {0}").format(printable(names)),
            subject=str(path),
            advice=advice or _("Name one with --series"),
        )
    return volumes[0]


def _volumes(
    paths: Sequence[Path],
    series: str | None,
    store: "FrameStore",
    budget_bytes: int | None,
    refused: "Callable[[ViewerError], None]",
) -> list[OpenedVolume]:
    from viewer.workspace.volume_sources import phases_of, volume_refusal

    catalogue, series_keys = _catalogue(paths, series)
    found: list[OpenedVolume] = []
    refusals: list[tuple[DisplaySet, ViewerError]] = []
    seen: set[str] = set()
    for series_key in series_keys:
        for display_set in catalogue.of_series(series_key):
            if display_set.key in seen:
                continue
            sets = phases_of(display_set, catalogue)
            seen |= {each.key for each in sets}
            try:
                if refusal := volume_refusal(display_set):
                    raise VolumeError(refusal, subject=display_set.images[0].header.source.name)
                found.append(_opened(sets, store, budget_bytes))
            except ViewerError as error:
                refusals.append((display_set, error))
    if not found:
        raise _nothing(paths, refusals)
    for display_set, refusal_error in refusals:
        if display_set.kind in _SLICES and len(display_set.images) > 1:
            refused(refusal_error)
    return found


def _ignore(_error: ViewerError) -> None:
    """Say nothing."""


def _opened(sets: tuple[DisplaySet, ...], store: "FrameStore", budget_bytes: int | None) -> OpenedVolume:
    from viewer.volume.volume_loading import load_volume
    from viewer.volume.volume_plan import plan_volume

    plan = plan_volume([each.images for each in sets], store, [each.label for each in sets], key=sets[0].key)
    return OpenedVolume(sets, plan, lambda: load_volume(plan, store, budget_bytes=budget_bytes), store)


def _catalogue(paths: Sequence[Path], series: str | None) -> "tuple[DisplaySetCatalogue, list[str]]":
    from viewer.cli.given_paths import check_places
    from viewer.cli.scan import ask_password
    from viewer.media.disc_contents import open_places
    from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
    from viewer.workspace.study_tree import StudyTree

    check_places(paths)
    tree = StudyTree()
    catalogue = DisplaySetCatalogue(tree)
    with closing(open_places(paths, Progress(), ask=ask_password)) as batches:
        for batch in batches:
            tree.add(batch.headers, batch.problems, batch.promises, batch.broken)
    nodes = [node for patient in tree.patients() for study in patient.sorted_studies for node in study.sorted_series]
    if series is not None:
        nodes = [node for node in nodes if series in (node.series_instance_uid, str(node.number))]
        if not nodes:
            raise VolumeError(
                _("There is no series {0}").format(printable(series)), advice=_("`negatoscope scan` lists them")
            )
    return catalogue, [node.key for node in nodes]


def _nothing(paths: Sequence[Path], refusals: list[tuple[DisplaySet, ViewerError]]) -> ViewerError:
    if not refusals:
        return VolumeError(_("There are no images here"), subject=", ".join(map(str, paths)))
    return max(refusals, key=lambda refusal: len(refusal[0].images))[1]
