"""Key Object Selection documents, as this program writes them, in files."""

from collections.abc import Iterable
from pathlib import Path

from viewer.base.byte_source import FileBytes
from viewer.dicom.codes import Code
from viewer.dicom.derived_instance import write_object
from viewer.dicom.header_scan import scan_header
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.key_object.titles import OF_INTEREST
from viewer.dicom.key_object.writing import SelectedObject, Selection, key_object_documents


def header_of(path: Path) -> InstanceHeader:
    """Return the header of a file."""
    return scan_header(FileBytes(path))


def selected(*paths: Path, frames: tuple[int, ...] = ()) -> tuple[SelectedObject, ...]:
    """Return files as they are selected."""
    return tuple(SelectedObject(header_of(path), frames) for path in paths)


def write_key_objects(
    folder: Path,
    objects: Iterable[SelectedObject],
    title: Code = OF_INTEREST,
    *,
    modifiers: tuple[Code, ...] = (),
    comment: str = "",
    creator: str = "",
) -> list[Path]:
    """Write the documents of a selection; return their files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for made in key_object_documents(Selection(title, tuple(objects), modifiers, comment, creator)):
        path = folder / f"{made.SOPInstanceUID}.dcm"
        with path.open("wb") as stream:
            write_object(made, stream)
        files.append(path)
    return files
