"""`negatoscope volume-info PATH… [--json]`: which volumes there are, where their voxels lie, and what is amiss."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.base.errors import ViewerError
from viewer.base.translation import _, ngettext
from viewer.cli.output import write_json, write_lines
from viewer.cli.volume_opening import OpenedVolume, opened_volumes
from viewer.media.safety import printable

if TYPE_CHECKING:
    from viewer.volume.series_volume import SeriesVolume, VolumeCondition


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    parser = subparsers.add_parser("volume-info", help=_("list the volumes of files, folders and archives"))
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help=_("file, folder, DICOMDIR, ZIP or disc image")
    )
    parser.add_argument("--series", default=None, metavar="UID|NUMBER", help=_("of this series alone"))
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def run(arguments: argparse.Namespace) -> int:
    """Print what volumes there are.

    Raises:
        ViewerError: If a path does not exist, or holds no volume.
    """
    with opened_volumes(arguments.paths, series=arguments.series, refused=_tell) as volumes:
        if arguments.json:
            write_json([volume_as_json(each) for each in volumes])
        else:
            write_lines(line for each in volumes for line in _lines(each))
    return 0


def _tell(error: ViewerError) -> None:
    """Say on standard error what is listed nowhere else."""
    print(f"negatoscope: {printable(error.one_line())}", file=sys.stderr)


def volume_as_json(opened: OpenedVolume) -> dict[str, Any]:
    """Return a volume in the form programs read.

    dims and spacing_mm go along columns, rows and slices; direction is the 3×3 matrix whose columns are these three
    directions (as in ITK); all places are LPS mm.
    """
    plan = opened.plan
    geometry, condition = plan.geometry, plan.condition
    return {
        "series_instance_uid": opened.series_instance_uid,
        "description": opened.description,
        "modality": plan.middle_image.header.modality,
        "dims": list(geometry.dimensions),
        "spacing_mm": list(geometry.spacing_mm),
        "origin_mm": list(geometry.origin_mm),
        "direction": geometry.direction.tolist(),
        "gaps": [
            {"after_slice": gap.after_slice, "missing": gap.missing, "width_mm": gap.width_mm} for gap in condition.gaps
        ],
        "duplicates_mm": list(condition.duplicates),
        "irregular": condition.is_irregular,
        "tilt_deg": condition.tilt_deg,
        "sampled": condition.is_sampled,
        "phases": len(plan.phases),
        "phase_names": list(plan.phase_names),
        "slices": [len(phase.slices) for phase in plan.phases],
        "frame_of_reference_uid": geometry.frame_of_reference_uid,
        "data_type": str(plan.dtype),
        "unit": plan.rescale.unit,
        "bytes": plan.byte_count,
        "warnings": warnings_of(opened),
    }


def warnings_of(opened: OpenedVolume, volume: "SeriesVolume | None" = None) -> list[str]:
    """Return what a reader must know of a volume, in words, each once.

    Args:
        opened: The volume.
        volume: What was loaded of it: only then is it known what could not be read, and what did not fit.
    """
    told = [*_condition_words(opened.plan.condition if volume is None else volume.condition)]
    told += [str(warning) for each in opened.display_sets for warning in each.warnings]
    return list(dict.fromkeys(told))


def _condition_words(condition: "VolumeCondition") -> Iterator[str]:
    for gap in condition.gaps:
        yield ngettext(
            "{missing} slice is missing after slice {after}: {width} mm are interpolated",
            "{missing} slices are missing after slice {after}: {width} mm are interpolated",
            gap.missing,
        ).format(missing=gap.missing, after=gap.after_slice + 1, width=f"{gap.width_mm:.4g}")
    if condition.duplicates:
        places = ", ".join(f"{place:.4g}" for place in condition.duplicates)
        yield _("More than one slice lies at {0} mm: the first was taken").format(places)
    if condition.missing_slices:
        text = _("{0} slices could not be read and are shown as background")
        yield text.format(len(condition.missing_slices))
    if condition.is_reduced:
        text = _("The volume does not fit into memory: columns, rows and slices are thinned out by {0}, {1} and {2}")
        yield text.format(*condition.reduction)
    if condition.is_irregular:
        yield _("The slices are not equally far apart: they are resampled to equal distances")
    if condition.is_tilted:
        yield _("The stack is tilted by {0}°: it is sheared upright by interpolation").format(
            f"{condition.tilt_deg:.3g}"
        )
    yield from condition.notes
    if condition.refusal:
        yield condition.refusal


def _lines(opened: OpenedVolume) -> Iterator[str]:
    plan = opened.plan
    geometry = plan.geometry
    dimensions = " × ".join(map(str, geometry.dimensions))
    spacing = " × ".join(f"{each:.4g}" for each in geometry.spacing_mm)
    facts = [plan.middle_image.header.modality, printable(opened.description), dimensions, f"{spacing} mm"]
    if len(plan.phases) > 1:
        facts.append(ngettext("{count} phase", "{count} phases", len(plan.phases)).format(count=len(plan.phases)))
    yield "  ".join(fact for fact in facts if fact)
    for warning in warnings_of(opened):
        yield f"  ! {printable(warning)}"
