"""Titles, UIDs and names that try to get out of the library, into a terminal, a log, a query or a page."""

import struct
from collections.abc import Mapping

from tests.builders.sent_instances import CT_IMAGE, EXPLICIT_LITTLE_ENDIAN, SentInstance

CANARIES = {
    "PatientName": "Zyxcanary^Nomen",
    "PatientID": "QQ-canary-ident",
    "OtherPatientIDs": "QQ-canary-other",
    "PatientAddress": "Canary Road 7",
    "PatientComments": "canary remark",
    "InstitutionName": "Canary Hospital",
    "ReferringPhysicianName": "Referrer^Canary",
    "AccessionNumber": "CANARYACC",
    "StudyDescription": "canary study",
    "SeriesDescription": "canary series",
    "StudyID": "canaryid",
}
"""Values of a patient that nothing but the index and the kept files may hold; each has this word in it."""
CANARY_WORD = b"canary"

PLACES = (
    b"../canary/owned", b"../../../../../../tmp/canary", b"/tmp/canary", b"/etc/passwd", b"..", b".", b"~root/canary",
    b"..\\canary\\owned", b"C:\\canary", b"\\\\server\\share\\canary", b"//server/share/canary", b"file:///tmp/canary",
    b"%2e%2e%2fcanary", b"%00", b"canary%00.dcm", b"1.2\x00/../canary", b"CON", b"NUL.dcm", b"1.2.3 ; rm -rf /",
)  # fmt: skip
CODE = (
    b"'; DROP TABLE instances; --", b'" OR "1"="1', b"1' OR '1'='1", b"$(touch canary)", b"`touch canary`",
    b"{0.__class__}", b"%s%s%n", b"<img src=x>", b"<script>alert(1)</script>",
)  # fmt: skip
SIGNS = (
    b'1.2\n{"event": "stored"}', b"1.2\r\nHost: x", b"1.2\x1b[2J\x1b[31m", b"1.2\x1b]0;t\x07", b"1.2\x7f\x08\x08",
    b"\xff\xfe\xfd", "가나다".encode(), b"1.2\xe2\x80\xae3", b"\x00" * 16, b" " * 16, b"",
)  # fmt: skip
LONG = (b"1." + b"9" * 300, b"9" * 65, b"1" * 4000, b"A" * 64)
VALUES = (*PLACES, *CODE, *SIGNS, *LONG)

_LONG_VRS = frozenset({b"OB", b"OW", b"SQ", b"UT", b"UN", b"UC"})
_VRS = {
    0x00080016: b"UI", 0x00080018: b"UI", 0x00080020: b"DA", 0x00080050: b"SH", 0x00080060: b"CS", 0x00081030: b"LO",
    0x0008103E: b"LO", 0x00100010: b"PN", 0x00100020: b"LO", 0x00100030: b"DA", 0x0020000D: b"UI", 0x0020000E: b"UI",
    0x00200010: b"SH", 0x00200013: b"IS", 0x00280010: b"US", 0x00280011: b"US", 0x7FE00010: b"OW",
}  # fmt: skip
SOP_CLASS, SOP_INSTANCE, STUDY, SERIES = 0x00080016, 0x00080018, 0x0020000D, 0x0020000E
NAME, PATIENT_ID, DESCRIPTION = 0x00100010, 0x00100020, 0x00081030


def raw_instance(number: int, values: Mapping[int, bytes]) -> SentInstance:
    """Return an instance with these values just as they are, by tag; the others are right."""
    elements = {
        SOP_CLASS: CT_IMAGE.encode(), SOP_INSTANCE: f"2.25.77.{number}".encode(), 0x00080020: b"20261123",
        0x00080050: b"A", 0x00080060: b"CT", DESCRIPTION: b"raw", 0x0008103E: b"raw", NAME: b"Raw^Values",
        PATIENT_ID: b"RAW", 0x00100030: b"19500101", STUDY: b"2.25.77", SERIES: b"2.25.77.0", 0x00200010: b"1",
        0x00200013: b"1", 0x00280010: b"\1\0", 0x00280011: b"\1\0", 0x7FE00010: struct.pack("<I", number), **values,
    }  # fmt: skip
    data_set = b"".join(_element(tag, value) for tag, value in sorted(elements.items()))
    text = {tag: value.decode("latin-1") for tag, value in elements.items()}
    return SentInstance(
        CT_IMAGE, text[SOP_INSTANCE], EXPLICIT_LITTLE_ENDIAN, text[STUDY], text[SERIES], text[PATIENT_ID], "", data_set
    )


def _element(tag: int, value: bytes) -> bytes:
    vr = _VRS[tag]
    padding = (b"\0" if vr in {b"UI", b"OW"} else b" ") * (len(value) % 2)
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr)
    length = struct.pack("<xxI" if vr in _LONG_VRS else "<H", len(value) + len(padding))
    return head + length + value + padding
