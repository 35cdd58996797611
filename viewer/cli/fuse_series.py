"""The two series of `negatoscope fuse`: the image or plane below, and the volume that is laid over it."""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.base.errors import UsageError, ViewerError, VolumeError
from viewer.base.translation import _

if TYPE_CHECKING:
    from viewer.cli.volume_opening import OpenedVolume
    from viewer.imaging.frame_state import FrameState
    from viewer.imaging.fusion import Overlay
    from viewer.imaging.stored_frame import StoredFrame
    from viewer.measurement.suv import SuvRefusal, SuvScale
    from viewer.volume.series_volume import SeriesVolume


@dataclass(frozen=True, slots=True)
class FusionBase:
    """What something is laid over.

    Attributes:
        warnings: What the reader must know of the volume.
    """

    stored: "StoredFrame"
    state: "FrameState"
    frame_uid: str
    volume: "SeriesVolume | None" = None
    warnings: tuple[str, ...] = ()


def fusion_base(arguments: argparse.Namespace) -> FusionBase:
    """Return what something is to be laid over: the image of a file, or a plane through a volume.

    Raises:
        UsageError: If there is no such phase.
        ViewerError: If it is no volume, or cannot be read.
    """
    if arguments.base.is_file():
        single = _single_image(arguments.base)
        if single is not None:
            return single
    from viewer.cli.volume_info import warnings_of
    from viewer.volume.plane_frame import PlaneFrame, plane_state
    from viewer.volume.reslice_plane import Projection
    from viewer.workspace.volume_planes import placed, reslice_plane_of
    from viewer.workspace.volume_view import Orientation, VolumeView

    opened, volume = _loaded(arguments.base, arguments.series)
    _check_phase(volume, arguments.phase)
    view = VolumeView(
        orientation=Orientation(arguments.plane),
        center_mm=tuple(arguments.center) if arguments.center else _middle(volume),
        thickness_mm=arguments.slab,
        projection=Projection(arguments.projection),
        phase=arguments.phase - 1,
    )
    if arguments.center and not volume.geometry.holds(view.center_mm):
        raise VolumeError(_("The centre lies outside the volume"), subject=str(arguments.base))
    plane = reslice_plane_of(placed(view, volume.geometry), volume.geometry)
    return FusionBase(
        PlaneFrame(volume, plane),
        plane_state(volume, plane),
        volume.geometry.frame_of_reference_uid,
        volume,
        tuple(warnings_of(opened, volume)),
    )


def _middle(volume: "SeriesVolume") -> tuple[float, float, float]:
    from viewer.workspace.volume_planes import start_center

    return start_center(volume.geometry)


def _check_phase(volume: "SeriesVolume", phase: int) -> None:
    if phase > len(volume.phases):
        raise UsageError(_("There are only {count} phases").format(count=len(volume.phases)))


def _single_image(path: Path) -> FusionBase | None:
    """Return the image of a file with one frame; None for files of several, which may be volumes."""
    from viewer.base.byte_source import FileBytes
    from viewer.dicom.header_scan import scan_header
    from viewer.imaging.decoder_pool import DecoderPool
    from viewer.imaging.frame_source import FrameSource
    from viewer.imaging.frame_state import read_frame_states

    try:
        header = scan_header(FileBytes(path))
    except ViewerError:
        return None  # an archive, perhaps
    if header.frame_count != 1:
        return None
    with DecoderPool(workers=1) as pool:
        stored = FrameSource(header, pool).stored_frame(0)
    return FusionBase(stored, read_frame_states(header).state(0), header.ascii(0x00200052))


def _loaded(path: Path, series: str | None) -> "tuple[OpenedVolume, SeriesVolume]":
    """Return the volume of a path; of several the only one that --series leaves.

    Raises:
        VolumeError: If it is not clear which is meant.
    """
    from viewer.cli.volume_opening import only_volume, opened_volumes

    with opened_volumes([path], series=series) as volumes:
        opened = only_volume(volumes, path, _("Name one with --series or --overlay-series"))
        return opened, opened.load()


def fusion_overlay(arguments: argparse.Namespace, base: FusionBase) -> "tuple[Overlay, list[str]]":
    """Return what is laid over a base, and what is to be said of it.

    Raises:
        UsageError: If there is no such phase.
        ViewerError: If it is no volume, nothing joins the two, or SUV is wanted and there is none.
    """
    from viewer.cli.volume_info import warnings_of
    from viewer.imaging.voi_lut import exact_window_between
    from viewer.volume.reslice_plane import Projection
    from viewer.workspace.frame_links import FrameLinks
    from viewer.workspace.fused_overlay import overlay_of
    from viewer.workspace.volume_view import FusionState

    opened, volume = _loaded(arguments.overlay, arguments.overlay_series)
    _check_phase(volume, arguments.overlay_phase)
    window = arguments.overlay_window
    fusion = FusionState(
        volume.key,
        arguments.palette,
        arguments.opacity,
        None if window is None else exact_window_between(*window),
        phase=arguments.overlay_phase - 1,
        is_clear_below=not arguments.show_below,
    )
    suv, notes = _suv(opened, arguments.suv)
    fusion = replace(fusion, suv_type=_suv_type(arguments.suv, suv))
    links = FrameLinks()
    if arguments.registration is not None:
        links = _registered(arguments.registration)
    way = links.way(base.frame_uid, volume.geometry.frame_of_reference_uid)
    made = overlay_of(
        fusion, volume, suv, way, thickness_mm=arguments.slab if base.volume is not None else 0.0,
        projection=Projection(arguments.projection),
    )  # fmt: skip
    patients = {state.identity.patient_id for state in (base.state, volume.state)}
    if len(patients - {""}) > 1:
        raise VolumeError(_("The two are of different patients"), subject=str(arguments.overlay))
    return made, list(dict.fromkeys((*base.warnings, *warnings_of(opened, volume), *notes)))


def _suv(opened: "OpenedVolume", wanted: str) -> "tuple[SuvScale | SuvRefusal | None, list[str]]":
    from viewer.measurement.suv import SuvScale
    from viewer.measurement.suv_series import suv_of_series

    headers = {image.header.sop_instance_uid: image.header for each in opened.display_sets for image in each.images}
    first = next(iter(headers.values()))
    if wanted == "none" or (wanted == "auto" and first.modality != "PT"):
        return None, []
    found = suv_of_series(list(headers.values()))
    if isinstance(found, SuvScale):
        return found, list(found.warnings)
    return found, [_("No SUV: {0}").format(found.text)] if wanted == "auto" else []


def _suv_type(wanted: str, suv: "SuvScale | SuvRefusal | None") -> str:
    from viewer.measurement.suv import SuvScale

    if wanted == "auto":
        return "bw" if isinstance(suv, SuvScale) and "bw" in suv.factors else ""
    return "" if wanted == "none" else wanted


def _registered(path: Path) -> Any:  # noqa: ANN401 - imported late
    """Return the frames that a registration object joins."""
    from viewer.base.byte_source import FileBytes
    from viewer.cli.given_paths import check_file
    from viewer.dicom.datasets import read_full_data_set
    from viewer.dicom.registration import read_registration
    from viewer.workspace.frame_links import FrameJoint, FrameLinks

    check_file(path)
    found = read_registration(read_full_data_set(FileBytes(path)).data_set)
    joints = tuple(
        FrameJoint(
            item.source_frame_uid, found.frame_uid, item.transform, item.kind, found.label, found.sop_instance_uid
        )
        for item in found.items
        if item.source_frame_uid
    )
    if not joints:
        words = "; ".join(found.problems) or _("it names no frames of reference")
        raise VolumeError(_("The registration cannot be used: {0}").format(words), subject=str(path))
    return FrameLinks(joints)
