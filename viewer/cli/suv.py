"""`negatoscope suv FILE`: standardised uptake values of a PET series: every input, the factors, or why there are none.

Exit code 1 where there are none; with --json standard output says why, too.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.base.byte_source import FileBytes
from viewer.base.errors import ViewerError
from viewer.base.translation import _
from viewer.cli.given_paths import check_file
from viewer.cli.output import padded, write_json, write_lines
from viewer.media.safety import printable

if TYPE_CHECKING:
    from viewer.dicom.instance_header import InstanceHeader
    from viewer.measurement.suv import SuvRefusal, SuvScale

MOST_NEIGHBOURS = 20000
"""Files of a folder that are looked at for the other images of the series."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    parser = subparsers.add_parser(
        "suv",
        help=_("work out standardised uptake values of a PET series"),
        description=_("FILE is any image of the series; the others are looked for in its folder."),
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument(
        "--dose-in-mbq", action="store_true", help=_("take the dose for MBq though the image must state Bq")
    )
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def run(arguments: argparse.Namespace) -> int:
    """Print the factors, or why there are none.

    Raises:
        ViewerError: If there is no such file, or it cannot be read.
    """
    from viewer.dicom.header_scan import scan_header
    from viewer.measurement.suv import SuvScale
    from viewer.measurement.suv_series import suv_of_series

    path: Path = arguments.file
    check_file(path)
    header = scan_header(FileBytes(path))
    found = suv_of_series([header, *others_of_series(path, header)], is_dose_in_mbq=arguments.dose_in_mbq)
    if arguments.json:
        write_json(suv_as_json(found, header.series_instance_uid))
    else:
        write_lines(_lines(found))
    if isinstance(found, SuvScale):
        return 0
    reason = printable(_("No SUV: {0}").format(found.text))
    print(f"negatoscope: {printable(str(path))}: {reason}", file=sys.stderr)
    return 1


def suv_as_json(found: "SuvScale | SuvRefusal", series_instance_uid: str = "") -> dict[str, Any]:
    """Return factors, or why there are none, in the form programs read."""
    from viewer.measurement.suv import SuvScale

    common = {
        "series_instance_uid": series_instance_uid,
        "available": isinstance(found, SuvScale),
        "units": found.units,
        "images": found.image_count,
        "inputs": [
            {"name": each.key, "tag": each.tag, "value": each.value, "unit": each.unit, "title": each.title}
            for each in found.inputs
        ],
        "warnings": list(found.warnings),
    }
    if not isinstance(found, SuvScale):
        return {**common, "reasons": list(found.reasons), "factors": {}}
    moments = {}
    for name, moment in (("scan", found.scan), ("injection", found.injection)):
        moments[f"{name}_datetime"] = None if moment is None else moment.at.isoformat()
        moments[f"{name}_source"] = None if moment is None else moment.source
    return {
        **common,
        "reasons": [],
        "basis": found.basis,
        **moments,
        "decay_time_s": found.decay_time_s,
        "decayed_dose_bq": found.decayed_dose_bq,
        "factors": {
            type_id: {
                "title": each.type.title,
                "factor": each.factor,
                "offset": each.offset,
                "unit": each.type.unit,
                "code": each.type.code,
                "formula": each.type.formula,
                "size": each.size,
            }
            for type_id, each in found.factors.items()
        },
        "unavailable": found.unavailable,
    }


def others_of_series(path: Path, header: "InstanceHeader") -> "list[InstanceHeader]":
    """Return the other images of the series in the same folder; files that are none are passed over."""
    from viewer.dicom.header_scan import scan_header

    found: dict[str, InstanceHeader] = {}
    if not header.series_instance_uid:
        return []
    for count, neighbour in enumerate(sorted(path.parent.iterdir())):
        if count >= MOST_NEIGHBOURS:
            break
        if neighbour.name == path.name or not neighbour.is_file():
            continue
        try:
            other = scan_header(FileBytes(neighbour))
        except (ViewerError, OSError):
            continue
        is_one = other.series_instance_uid == header.series_instance_uid and other.pixel_data is not None
        if is_one and other.sop_instance_uid != header.sop_instance_uid:
            found.setdefault(other.sop_instance_uid, other)
    return list(found.values())


def _lines(found: "SuvScale | SuvRefusal") -> Iterator[str]:
    from viewer.measurement.suv import SuvScale

    width = max((len(each.tag) for each in found.inputs), default=0)
    for each in found.inputs:
        value = "—" if each.value is None else f"{each.value:g}" if isinstance(each.value, float) else each.value
        yield printable(f"{padded(each.tag, width)}  {each.title}: {value} {each.unit}".rstrip())
    if isinstance(found, SuvScale):
        yield ""
        yield from _result_lines(found)
    for warning in found.warnings:
        yield f"! {printable(warning)}"


def _result_lines(scale: "SuvScale") -> Iterator[str]:
    yield _("Values: {0}").format(scale.basis)
    for title, moment in ((_("Injection"), scale.injection), (_("Scan"), scale.scan)):
        if moment is not None:
            yield f"{title}: {moment.at.isoformat(' ', 'milliseconds')} ({moment.source})"
    if scale.decayed_dose_bq is not None:
        after = "" if scale.decay_time_s is None else _(" after {0} s").format(f"{scale.decay_time_s:.1f}")
        yield _("Dose: {0} MBq").format(f"{scale.decayed_dose_bq / 1e6:.3f}") + after
    for each in scale.factors.values():
        offset = f" + {each.offset:g}" if each.offset else ""
        yield f"{each.type.title} [{each.type.unit}] = × {each.factor:.9g}{offset}   ({each.type.formula})"
    for type_id, reason in scale.unavailable.items():
        yield _("{0}: not available: {1}").format(type_id, reason)
