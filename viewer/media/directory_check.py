"""What the records of a DICOMDIR say of a file, held against the file itself, which is believed."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from viewer.base.translation import N_, _
from viewer.dicom.character_sets import decode_text
from viewer.dicom.instance_header import InstanceHeader

if TYPE_CHECKING:
    from viewer.dicom.file_set import DirectoryRecord

_CHARACTER_SET = 0x00080005
_KEYS: dict[str, tuple[tuple[int, str], ...]] = {
    "PATIENT": ((0x00100020, N_("Patient ID")), (0x00100010, N_("Patient's Name"))),
    "STUDY": ((0x0020000D, N_("Study Instance UID")),),
    "SERIES": ((0x0020000E, N_("Series Instance UID")),),
}
_DIFFERS = N_("DICOMDIR says {what} {said}, the file says {found}; the file is believed")


def differences(records: "Sequence[DirectoryRecord]", header: InstanceHeader) -> Iterator[str]:
    """Yield what directory records say otherwise than the file they name.

    Args:
        records: The file's own record, then those above it.
        header: Of the file.
    """
    own = records[0]
    pairs = (
        (own.sop_instance_uid, header.sop_instance_uid, N_("SOP Instance UID")),
        (own.sop_class_uid, header.sop_class_uid, N_("SOP Class UID")),
        (own.transfer_syntax_uid, header.transfer_syntax_uid, N_("Transfer Syntax UID")),
    )
    for said, found, what in pairs:
        if said and found and said != found:
            yield _(_DIFFERS).format(what=_(what), said=said, found=found)
    for record in records[1:]:
        yield from _upper_differences(record, header)


def _upper_differences(record: "DirectoryRecord", header: InstanceHeader) -> Iterator[str]:
    for tag, what in _KEYS.get(record.record_type, ()):
        raw, raw_found = (
            each.strip(b" \0") for each in (record.attributes.get(tag, b""), header.elements.get(tag, b""))
        )
        if not raw or raw == raw_found:
            continue
        character_set = record.attributes.get(_CHARACTER_SET, b"").decode("ascii", "replace").strip(" \0")
        said, found = decode_text(raw, character_set), header.text(tag)
        if said.rstrip("^= ") != found.rstrip("^= "):
            yield _(_DIFFERS).format(what=_(what), said=said, found=found)
