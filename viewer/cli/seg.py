"""`negatoscope seg FILE`: what a segmentation or a structure set holds, with voxels and volumes."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError, ViewerError
from viewer.base.translation import _, ngettext
from viewer.cli.given_paths import check_file
from viewer.cli.output import write_json, write_lines
from viewer.media.safety import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from viewer.dicom.codes import Code
    from viewer.dicom.instance_header import InstanceHeader
    from viewer.dicom.segmentation.structure_set import RegionOfInterest, StructureSet
    from viewer.dicom.segmentation.values import Segment, SourceImage
    from viewer.imaging.segmentation.loading import LoadedSegmentation
    from viewer.imaging.segmentation.shapes import ShapeSet


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments."""
    parser = subparsers.add_parser("seg", help=_("print the segments of a segmentation or structure set"))
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def run(arguments: argparse.Namespace) -> int:
    """Print what the object holds.

    Raises:
        ViewerError: If there is no such file, or it is no segmentation that can be read.
    """
    path: Path = arguments.file
    check_file(path)
    try:
        told = facts_of(path)
    except ViewerError as error:
        raise error.about(str(path)) from error
    if arguments.json:
        write_json(told)
    else:
        write_lines(_lines(told))
    return 0


def facts_of(path: Path) -> dict[str, Any]:
    """Return what a file holds, as JSON has it.

    Raises:
        ViewerError: If it is no segmentation that can be read.
    """
    from viewer.dicom.datasets import read_full_data_set
    from viewer.dicom.header_scan import scan_header
    from viewer.dicom.segmentation.reading import is_segmentation, read_segmentation
    from viewer.dicom.segmentation.structure_set import STRUCTURE_SET, read_structure_set

    header = scan_header(FileBytes(path))
    if header.sop_class_uid == STRUCTURE_SET:
        data_set = read_full_data_set(header.source, stop_at_pixels=True).data_set
        return _structure_facts(read_structure_set(data_set))
    if not is_segmentation(header.sop_class_uid):
        raise DicomError(_("This object is neither a segmentation nor a structure set"))
    info = read_segmentation(read_full_data_set(header.source, stop_at_pixels=True).data_set)
    return _segmentation_facts(_loaded(header, info))


def shapes_in(path: Path) -> "ShapeSet":
    """Return what is drawn of a file, for commands that go on with it.

    Raises:
        ViewerError: If it is no segmentation that can be read.
    """
    from viewer.dicom.datasets import read_full_data_set
    from viewer.dicom.header_scan import scan_header
    from viewer.dicom.segmentation.reading import read_segmentation
    from viewer.dicom.segmentation.structure_set import STRUCTURE_SET, read_structure_set
    from viewer.imaging.segmentation.shapes import shapes_of_segmentation, shapes_of_structures

    check_file(path)
    try:
        header = scan_header(FileBytes(path))
        data_set = read_full_data_set(header.source, stop_at_pixels=True).data_set
        if header.sop_class_uid == STRUCTURE_SET:
            return shapes_of_structures(read_structure_set(data_set))
        return shapes_of_segmentation(_loaded(header, read_segmentation(data_set)))
    except ViewerError as error:
        raise error.about(str(path)) from error


def _loaded(header: "InstanceHeader", info: Any) -> "LoadedSegmentation":  # noqa: ANN401 - imported late
    from viewer.imaging.decoder_pool import DecoderPool
    from viewer.imaging.segmentation.loading import load_segmentation

    with DecoderPool(workers=1) as pool:
        return load_segmentation(header, info, pool)


def _segmentation_facts(loaded: "LoadedSegmentation") -> dict[str, Any]:
    info = loaded.info
    return {
        "kind": "segmentation",
        "type": info.type.value,
        "fractional_type": info.fractional_type or None,
        "maximum_fractional_value": info.maximum_fraction if info.fractional_type else None,
        "sop_class_uid": info.sop_class_uid,
        "sop_instance_uid": info.sop_instance_uid,
        "label": info.label,
        "description": info.description,
        "rows": info.rows,
        "columns": info.columns,
        "frames": len(info.frames),
        "total_matrix": list(info.matrix) if info.matrix is not None else None,
        "frame_of_reference_uid": info.frame_of_reference_uid or None,
        "voxel_ml": loaded.grid.voxel_ml if loaded.grid is not None and loaded.grid.is_spacing_known else None,
        "volume_refusal": _volume_refusal(loaded) or None,
        "segments": [_segment_facts(each, loaded) for each in info.segments],
        "source_images": _images(info.sources),
        "source_series": list(info.referenced_series),
        "warnings": list(info.problems),
    }


def _volume_refusal(loaded: "LoadedSegmentation") -> str:
    if loaded.grid is None or loaded.grid.is_spacing_known:
        return loaded.grid_problem
    return _("It is not known how far apart its slices are")


def _segment_facts(segment: "Segment", loaded: "LoadedSegmentation") -> dict[str, Any]:
    tally = loaded.tallies[segment.number]
    return {
        "number": segment.number,
        "label": segment.label,
        "description": segment.description,
        "algorithm_type": segment.algorithm_type,
        "algorithm_name": segment.algorithm_name or None,
        "category": _code(segment.category),
        "type": _code(segment.type),
        "type_modifiers": _codes(segment.modifiers),
        "anatomic_regions": _codes(segment.regions),
        "color": list(segment.rgb) if segment.rgb is not None else None,
        "tracking_id": segment.tracking_id or None,
        "tracking_uid": segment.tracking_uid or None,
        "frames": tally.frames,
        "voxels": tally.voxels,
        "voxels_at_half": tally.voxels_at_half,
        "volume_ml": loaded.volume_ml(segment.number),
    }


def _structure_facts(structures: "StructureSet") -> dict[str, Any]:
    return {
        "kind": "structure set",
        "sop_instance_uid": structures.sop_instance_uid,
        "label": structures.label,
        "name": structures.name,
        "rois": [_region_facts(each) for each in structures.regions],
        "source_images": _images(structures.sources),
        "source_series": list(structures.referenced_series),
        "warnings": list(structures.problems),
    }


def _region_facts(region: "RegionOfInterest") -> dict[str, Any]:
    from viewer.imaging.segmentation.contour_masks import contoured_slices

    refusal, volume, planes = "", None, 0
    try:
        drawn = contoured_slices(region)
    except DicomError as error:
        refusal = str(error)
    else:
        planes = 0 if drawn is None else len(drawn.outlines)
        volume = None if drawn is None else drawn.volume_ml
        if volume is None:
            refusal = _("It has no closed contours") if drawn is None else _("Its contours are not equally far apart")
    return {
        "number": region.number,
        "name": region.name,
        "description": region.description,
        "interpreted_type": region.interpreted_type or None,
        "algorithm_type": region.algorithm or None,
        "codes": _codes(region.codes),
        "color": list(region.rgb) if region.rgb is not None else None,
        "frame_of_reference_uid": region.frame_of_reference_uid or None,
        "contours": len(region.contours),
        "points": sum(len(each.points) for each in region.contours),
        "contour_types": sorted({each.type.value for each in region.contours}),
        "planes": planes,
        "volume_ml": volume,
        "volume_refusal": refusal or None,
    }


def _images(sources: "Iterable[SourceImage]") -> list[dict[str, str]]:
    return [{"sop_class_uid": each.sop_class_uid, "sop_instance_uid": each.sop_instance_uid} for each in sources]


def _code(code: "Code | None") -> dict[str, str] | None:
    return None if code is None else {"value": code.value, "scheme": code.scheme, "meaning": code.meaning}


def _codes(codes: "Iterable[Code]") -> list[dict[str, str] | None]:
    return [_code(code) for code in codes]


def _lines(told: dict[str, Any]) -> Iterator[str]:
    yield printable("  ".join(part for part in (told["kind"], told.get("type"), told["label"]) if part))
    for segment in told.get("segments", ()):
        named = segment["type"]["meaning"] if segment["type"] else ""
        volume = "" if segment["volume_ml"] is None else f"{segment['volume_ml']:.6g} ml"
        voxels = ngettext("{0} voxel", "{0} voxels", segment["voxels"]).format(segment["voxels"])
        parts: list[str] = [f"{segment['number']}", segment["label"], named, segment["algorithm_type"], voxels, volume]
        yield printable("  ".join(part for part in parts if part))
    for region in told.get("rois", ()):
        volume = "" if region["volume_ml"] is None else f"{region['volume_ml']:.6g} ml"
        contours = ngettext("{0} contour", "{0} contours", region["contours"]).format(region["contours"])
        parts = [f"{region['number']}", region["name"], region["interpreted_type"] or "", contours, volume]
        yield printable("  ".join(part for part in parts if part))
    for warning in told["warnings"]:
        yield f"  ! {printable(warning)}"
