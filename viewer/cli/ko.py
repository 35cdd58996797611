"""`negatoscope ko FILE`: what a Key Object Selection document selects, what for, and who says so."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.base.byte_source import FileBytes
from viewer.base.translation import _
from viewer.cli.given_paths import check_file
from viewer.cli.output import write_json, write_lines
from viewer.media.safety import printable

if TYPE_CHECKING:
    from viewer.dicom.codes import Code
    from viewer.dicom.key_object.values import KeyObjects, KeyReference
    from viewer.dicom.structured_report.references import DocumentReference, InstanceReference


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    text = _("print what a selection of key objects holds")
    parser = subparsers.add_parser("ko", prog="negatoscope ko", help=text, description=text)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", help=_("print JSON"))


def run(arguments: argparse.Namespace) -> int:
    """Print a document.

    Raises:
        ViewerError: If there is no such file, it cannot be read, or it is no selection of key objects.
    """
    from viewer.dicom.key_object.reading import read_key_objects

    path: Path = arguments.file
    check_file(path)
    found = read_key_objects(FileBytes(path))
    if arguments.json:
        write_json(key_objects_json(found))
    else:
        write_lines(printable(line) for line in _lines(found))
    return 0


def key_objects_json(found: "KeyObjects") -> dict[str, Any]:
    """Return a document in the form programs read."""
    return {
        **_instance(found.instance),
        "study_instance_uid": found.study_instance_uid,
        "series_instance_uid": found.series_instance_uid,
        "series_description": found.series_description,
        "title": _code(found.title),
        "modifiers": [_code(each) for each in found.modifiers],
        "is_rejection": found.is_rejection,
        "comment": found.comment,
        "creators": list(found.creators),
        "made_by": found.made_by,
        "content_date": found.content_date,
        "content_time": found.content_time,
        "references": [_reference(each) for each in found.references],
        "identical_documents": [_document(each) for each in found.identical],
        "predecessors": [_document(each) for each in found.predecessors],
        "problems": list(found.problems),
    }


def _reference(each: "KeyReference") -> dict[str, Any]:
    return {
        "value_type": each.value_type,
        **_instance(each.instance),
        "study_instance_uid": each.study_instance_uid,
        "series_instance_uid": each.series_instance_uid,
        "frames": list(each.frames),
        "segments": list(each.segments),
        "channels": [list(pair) for pair in each.channels],
        "presentation_state": None if each.presentation_state is None else _instance(each.presentation_state),
    }


def _document(each: "DocumentReference") -> dict[str, str]:
    return {
        **_instance(each.instance),
        "study_instance_uid": each.study_instance_uid,
        "series_instance_uid": each.series_instance_uid,
    }


def _instance(instance: "InstanceReference") -> dict[str, str]:
    return {"sop_class_uid": instance.sop_class_uid, "sop_instance_uid": instance.sop_instance_uid}


def _code(code: "Code | None") -> dict[str, str] | None:
    return None if code is None else {"value": code.value, "scheme": code.scheme, "meaning": code.meaning}


def _lines(found: "KeyObjects") -> Iterator[str]:
    from viewer.dicom.key_object.titles import words_of

    title = words_of(found.title) if found.title is not None else _("(no title)")
    yield "  ·  ".join([title, *map(words_of, found.modifiers)])
    yield from found.comment.splitlines()
    made = " ".join(part for part in (found.content_date, found.content_time) if part)
    by = ", ".join(part for part in (*found.creators, found.made_by) if part)
    if made or by:
        yield "  ".join(part for part in (made, by) if part)
    for each in found.references:
        frames = f"  {_('frames')} {', '.join(map(str, each.frames))}" if each.frames else ""
        seen = f"  {_('as in')} {each.presentation_state.sop_instance_uid}" if each.presentation_state else ""
        yield f"{each.value_type:9} {each.instance.sop_instance_uid}{frames}{seen}"
    for document in found.identical:
        yield f"{_('The same in study')} {document.study_instance_uid}: {document.instance.sop_instance_uid}"
    for problem in found.problems:
        yield f"⚠ {problem}"
