import struct
from pathlib import Path

import pytest

from viewer.base.byte_source import FileBytes
from viewer.library.duplicate_judgement import data_set_part, is_same_data_set
from viewer.network.part10 import part10_head
from viewer.network.ports import Caller, OfferedInstance

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
BODY = struct.pack("<HH2sH", 8, 0x18, b"UI", 6) + b"1.2.3\0" + b"pixels" * 500_000


def written(path: Path, body: bytes, title: str = "CT1", syntax: str = EXPLICIT) -> FileBytes:
    path.write_bytes(part10_head(OfferedInstance("1.2", "1.2.3", syntax), Caller(title, "192.0.2.1")) + body)
    return FileBytes(path)


def test_another_head_is_no_alteration(tmp_path: Path) -> None:
    one, other = written(tmp_path / "1", BODY), written(tmp_path / "2", BODY, "A LONGER TITLE")
    assert one.size() != other.size()
    assert is_same_data_set(one, other)
    with one.open() as stream:
        part = data_set_part(one)
        assert part is not None
        stream.seek(part.offset)
        assert stream.read() == BODY
    assert part.transfer_syntax_uid == EXPLICIT


@pytest.mark.parametrize(
    "body", [BODY[:-1] + b"X", b"X" + BODY[1:], BODY[:-1], BODY + b"X", b"", BODY[: 1 << 20] + BODY[1 << 20 :][::-1]]
)
def test_another_data_set_is(body: bytes, tmp_path: Path) -> None:
    assert not is_same_data_set(written(tmp_path / "1", BODY), written(tmp_path / "2", body))


def test_another_transfer_syntax_is(tmp_path: Path) -> None:
    assert not is_same_data_set(written(tmp_path / "1", BODY), written(tmp_path / "2", BODY, syntax=IMPLICIT))


def test_what_cannot_be_compared_is_not_the_same(tmp_path: Path) -> None:
    one = written(tmp_path / "1", BODY)
    head = one.path.read_bytes()[:400]
    for number, content in enumerate((b"", BODY, head[:131], head[:140], head[:150], bytes(128) + b"DICM" + BODY)):
        path = tmp_path / f"odd{number}"
        path.write_bytes(content)
        assert not is_same_data_set(FileBytes(path), FileBytes(path))
        assert not is_same_data_set(one, FileBytes(path))
    assert not is_same_data_set(one, FileBytes(tmp_path / "none"))
    assert not is_same_data_set(one, FileBytes(tmp_path))
