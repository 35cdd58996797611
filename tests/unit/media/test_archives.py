import os
import shutil
import struct
import subprocess
import time
import zipfile
import zlib
from pathlib import Path

import pytest
import pyzipper

from tests.builders.ct_series import write_ct_series
from tests.builders.discs import OTHER_FILES, fingerprint, make_zip, needed, write_disc
from tests.unit.media.opening import opened
from viewer.base.byte_source import FileBytes, FileSlice
from viewer.base.errors import MediaError, RefusedError
from viewer.media import zip_methods
from viewer.media.problems import ProblemKind
from viewer.media.safety import Quotas
from viewer.media.zip_member import ZipMemberBytes

PASSWORD = "geheim 123"  # noqa: S105 - of a test archive


METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@pytest.mark.parametrize("compression", METHODS)
def test_members_hold_what_the_files_held(tmp_path: Path, compression: int) -> None:
    paths = write_disc(tmp_path / "disc", 5)
    archive = make_zip(tmp_path / "disc.zip", tmp_path / "disc", compression)
    result = opened(archive)
    assert result.kinds == {ProblemKind.NOT_DICOM: OTHER_FILES}
    assert result.files == 5 + OTHER_FILES
    wanted = {path.read_bytes() for path in paths}
    for header in result.headers:
        content = header.source.read_at(0, header.source.size())
        assert content in wanted
        with header.source.open() as stream:
            assert stream.read() == content
        assert header.source.read_at(1000, 77) == content[1000:1077]
        assert header.source.read_at(len(content) - 5, 100) == content[-5:]
        assert isinstance(header.source, FileSlice if compression == zipfile.ZIP_STORED else ZipMemberBytes)


def _packed_by_7z(archive: Path, folder: Path, method: str, *options: str) -> Path:
    command = [needed("7z"), "a", "-tzip", f"-mm={method}", *options, str(archive), f"{folder}/."]
    subprocess.run(command, check=True, capture_output=True)
    return archive


@pytest.mark.parametrize("method", ["Deflate", "BZip2", "LZMA"])
def test_members_packed_by_7z_are_read(tmp_path: Path, method: str) -> None:
    paths = write_ct_series(tmp_path / "disc", 3, size=200)
    result = opened(_packed_by_7z(tmp_path / "a.zip", tmp_path / "disc", method))
    assert {header.source.read_at(0, 1 << 20) for header in result.headers} == {path.read_bytes() for path in paths}
    assert not result.problems


@pytest.mark.parametrize(
    ("method", "options", "name"),
    [
        ("Deflate64", [], "packed by Deflate64"),
        ("PPMd", [], "packed by PPMd"),
        ("BZip2", ["-psecret"], "encrypted and packed by bzip2"),
    ],
)
def test_packing_that_is_not_read_is_named(tmp_path: Path, method: str, options: list[str], name: str) -> None:
    write_ct_series(tmp_path / "disc", 2, size=200)
    result = opened(_packed_by_7z(tmp_path / "a.zip", tmp_path / "disc", method, *options))
    assert not result.headers
    assert result.kinds == {ProblemKind.DAMAGED: 2}
    assert all(name in problem.error for problem in result.problems)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_both_accounted_for(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path / "disc", 2, size=8)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for path in paths:
            packed.write(path, "DICOM/IM1")
    result = opened(tmp_path / "a.zip")
    assert len(result.headers) == 1
    assert result.kinds == {ProblemKind.REFUSED: 1}
    assert result.files == 2


def test_archives_in_a_folder_are_opened_too(tmp_path: Path) -> None:
    write_disc(tmp_path / "disc", 3)
    make_zip(tmp_path / "disc" / "more.data", tmp_path / "disc" / "DICOM")
    assert len(opened(tmp_path / "disc").headers) == 6


@pytest.mark.parametrize("outer", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("inner", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_in_an_archive_is_opened_but_no_deeper(tmp_path: Path, outer: int, inner: int) -> None:
    paths = write_disc(tmp_path / "disc", 2)
    folder = tmp_path / "disc"
    for depth in range(3):
        archive = make_zip(tmp_path / f"{depth}.zip", folder, inner if depth == 0 else outer)
        folder = tmp_path / f"folder{depth}"
        folder.mkdir()
        shutil.copy(archive, folder)
    two, three = tmp_path / "1.zip", tmp_path / "2.zip"
    result = opened(two)
    assert {header.source.read_at(0, 1 << 20) for header in result.headers} == {path.read_bytes() for path in paths}
    assert all("1.zip!/0.zip!/DICOM/S0/IM" in header.source.name for header in result.headers)
    refused = opened(three)
    assert not refused.headers
    assert refused.kinds == {ProblemKind.REFUSED: 1}


@pytest.mark.parametrize("method", ["AES256", "AES128", "ZipCrypto"])
def test_an_encrypted_archive_asks_until_the_password_is_right(tmp_path: Path, method: str) -> None:
    paths = write_disc(tmp_path / "disc", 3)
    command = [needed("7z"), "a", "-tzip", f"-mem={method}", f"-p{PASSWORD}", str(tmp_path / "e.zip"), "."]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path / "disc")
    asked: list[tuple[str, bool]] = []

    def ask(name: str, was_wrong: bool) -> str:
        asked.append((name, was_wrong))
        return ["wrong", "also wrong", PASSWORD][len(asked) - 1]

    result = opened(tmp_path / "e.zip", ask=ask)
    assert asked == [(str(tmp_path / "e.zip"), number > 0) for number in range(3)]
    assert {header.source.read_at(0, 1 << 20) for header in result.headers} == {path.read_bytes() for path in paths}
    assert PASSWORD not in repr(result.headers[0].source)


def test_an_archive_encrypted_by_pyzipper_opens(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "d", 1, size=32)
    with pyzipper.AESZipFile(
        tmp_path / "e.zip", "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
    ) as packed:
        packed.setpassword("비밀".encode())
        packed.write(path, "IM1")
    (header,) = opened(tmp_path / "e.zip", ask=lambda *_: "비밀").headers
    assert header.source.read_at(0, 1 << 20) == path.read_bytes()


def test_an_encrypted_archive_without_a_password_is_listed(tmp_path: Path) -> None:
    write_disc(tmp_path / "disc", 2)
    with pyzipper.AESZipFile(tmp_path / "e.zip", "w", encryption=pyzipper.WZ_AES) as packed:
        packed.setpassword(b"secret")
        packed.write(tmp_path / "disc" / "README.TXT", "README.TXT")
    for ask in (None, lambda *_: None, lambda *_: "never right"):
        result = opened(tmp_path / "e.zip", ask=ask)
        assert result.kinds == {ProblemKind.LOCKED: 1}
        assert result.files == 1


def test_names_in_korean_code_pages_are_read(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "d", 1, size=8)
    names = {"홍길동/영상1.dcm": "cp949", "김철수/영상2.dcm": "utf-8", "Müller/Bild.dcm": "cp437"}
    archive = tmp_path / "names.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for index, _name in enumerate(names):
            packed.write(path, f"PLACEHOLDER{index:029d}")
    data = archive.read_bytes()
    for index, (name, encoding) in enumerate(names.items()):
        raw = name.encode(encoding)
        placeholder = f"PLACEHOLDER{index:029d}".encode()
        data = data.replace(placeholder, raw.ljust(40, b"_"))
    archive.write_bytes(data)
    shown = {header.source.name.split("!/")[1].rstrip("_") for header in opened(archive).headers}
    assert shown == set(names)


def test_backslashes_separate_folders(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "d", 1, size=8)
    archive = tmp_path / "w.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(path, "DICOM\\S0\\IM1")
    (header,) = opened(archive).headers
    assert header.source.name.endswith("!/DICOM/S0/IM1")


def test_archives_of_programs_and_documents_are_other_files(tmp_path: Path) -> None:
    write_disc(tmp_path / "disc", 1)
    for name, mark in (("viewer.jar", "META-INF/MANIFEST.MF"), ("report.docx", "[Content_Types].xml")):
        with zipfile.ZipFile(tmp_path / "disc" / name, "w") as packed:
            packed.writestr(mark, "x")
            packed.writestr("com/viewer/Main.class", "x")
    result = opened(tmp_path / "disc")
    assert result.kinds == {ProblemKind.NOT_DICOM: OTHER_FILES + 2}


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.999])
def test_a_cut_archive_is_listed_as_damaged(tmp_path: Path, kept: float) -> None:
    write_disc(tmp_path / "disc", 5)
    data = make_zip(tmp_path / "disc.zip", tmp_path / "disc").read_bytes()
    (tmp_path / "cut.zip").write_bytes(data[: int(len(data) * kept)])
    result = opened(tmp_path / "cut.zip")
    assert not result.headers
    assert result.kinds == {ProblemKind.DAMAGED: 1}


def test_a_damaged_member_gives_no_pixels(tmp_path: Path) -> None:
    write_ct_series(tmp_path / "d", 1, size=256)
    archive = make_zip(tmp_path / "d.zip", tmp_path / "d")
    data = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as packed:
        info = packed.infolist()[0]
    data[info.header_offset + info.compress_size - 200] ^= 0x55
    archive.write_bytes(data)
    result = opened(archive)
    for header in result.headers:
        with pytest.raises(MediaError):
            header.source.read_at(100_000, 20_000)


def test_a_wrong_check_sum_gives_no_pixels(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path / "d", 1, size=256)
    archive = make_zip(tmp_path / "d.zip", tmp_path / "d")
    wrong = struct.pack("<I", zlib.crc32(path.read_bytes()))
    archive.write_bytes(archive.read_bytes().replace(wrong, b"\1\2\3\4"))
    (header,) = opened(archive).headers
    with pytest.raises(MediaError, match="check sum"):
        header.source.read_at(100_000, 20_000)


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that will hold how many bytes each step of unpacking gave."""
    unpacked: list[int] = []
    made = zip_methods.unpacking

    class Counted:
        def __init__(self, method: int, length: int) -> None:
            self._unpacking = made(method, length)

        eof = property(lambda self: self._unpacking.eof)
        needs_input = property(lambda self: self._unpacking.needs_input)

        def decompress(self, data: bytes, max_length: int) -> bytes:
            part = self._unpacking.decompress(data, max_length)
            unpacked.append(len(part))
            return part

    monkeypatch.setattr("viewer.media.zip_member.unpacking", Counted)
    return unpacked


def test_looking_at_a_header_unpacks_only_its_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "big.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros", bytes(200_000_000))
    container = FileBytes(tmp_path / "big.zip")
    member = ZipMemberBytes(container, "zeros", 0, container.size(), 200_000_000, None, zipfile.ZIP_DEFLATED)
    unpacked = _counted(monkeypatch)
    assert member.read_at(0, 8192) == bytes(8192)
    assert sum(unpacked) == 8192


def test_a_large_member_is_unpacked_to_a_nameless_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.media.zip_member._MEMORY_MEMBER", 1 << 20)
    content = os.urandom(3 << 20)
    with zipfile.ZipFile(tmp_path / "big.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("random", content)
        info = packed.infolist()[0]
    container = FileBytes(tmp_path / "big.zip")
    member = ZipMemberBytes(container, "random", 0, info.compress_size, len(content), info.CRC, zipfile.ZIP_DEFLATED)
    assert member.read_at(2 << 20, 1000) == content[2 << 20 : (2 << 20) + 1000]
    assert member.read_at(10, 1000) == content[10:1010]
    assert member.read_at(0, 4 << 20) == content


# Bombs


def _assert_refused_soon(archive: Path) -> None:
    started = time.process_time()
    result = opened(archive)
    assert not result.headers
    assert result.problems
    assert all(problem.kind in {ProblemKind.REFUSED, ProblemKind.DAMAGED} for problem in result.problems)
    assert time.process_time() - started < 5


def _claiming(archive: Path, size: int) -> Path:
    """Make an archive whose one member claims a size, in its local header and in the directory."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bomb", bytes(1 << 20))
    old, new = struct.pack("<I", 1 << 20), struct.pack("<I", size)
    archive.write_bytes(archive.read_bytes().replace(old, new))
    return archive


@pytest.mark.parametrize("size", [300_000_000, 1 << 30, 0xFFFFFFF0])
def test_a_member_that_claims_too_much_is_refused(tmp_path: Path, size: int) -> None:
    archive = _claiming(tmp_path / "bomb.zip", size)
    _assert_refused_soon(archive)


def test_a_member_that_becomes_more_than_it_claims_is_cut_at_its_claim(tmp_path: Path) -> None:
    archive = _claiming(tmp_path / "bomb.zip", 4096)
    with zipfile.ZipFile(archive) as packed:
        info = packed.infolist()[0]
    source = ZipMemberBytes(FileBytes(archive), "bomb", 0, info.compress_size, 4096, None, zipfile.ZIP_DEFLATED)
    assert source.read_at(0, 1 << 30) == bytes(4096)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_method_is_unpacked_with_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: int) -> None:
    with zipfile.ZipFile(tmp_path / "b", "w", method) as packed:
        packed.writestr("z", bytes(50 << 20))
        info = packed.infolist()[0]
    source = ZipMemberBytes(FileBytes(tmp_path / "b"), "z", 0, info.compress_size, 50 << 20, info.CRC, method)
    unpacked = _counted(monkeypatch)
    assert source.read_at(0, 8192) == bytes(8192)
    assert sum(unpacked) == 8192
    assert source.read_at((50 << 20) - 5, 10) == bytes(5)
    assert max(unpacked) <= 1 << 20


def test_a_dictionary_beyond_all_measure_is_refused(tmp_path: Path) -> None:
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 14, 0, 0, 0, 100, 1 << 30, 1, 0) + b"z"
    packed = struct.pack("<BBHBI", 9, 20, 5, 0x5D, 0xFFFFFFFF) + os.urandom(90)
    (tmp_path / "b").write_bytes(local + packed)
    source = ZipMemberBytes(FileBytes(tmp_path / "b"), "z", 0, 100, 1 << 30, None, zipfile.ZIP_LZMA)
    for _number in range(2):
        with pytest.raises(RefusedError, match="memory"):
            source.read_at(0, 100)


def test_overlapping_members_are_refused(tmp_path: Path) -> None:
    archive = tmp_path / "overlap.zip"
    kernel = zlib.compress(bytes(1 << 20), 9)[2:-4]
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(kernel), 1 << 20, 1, 0) + b"a" + kernel
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 0, 0, len(kernel), 1 << 20, 1, 0, 0, 0, 0, 0, 0)
    directory = (entry + b"a") * 30_000
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 30_000, 30_000, len(directory), len(local), 0)
    archive.write_bytes(local + directory + end)
    _assert_refused_soon(archive)


def test_a_directory_of_a_million_entries_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "many.zip"
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = entry * 1_000_000
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(directory), 31, 0)
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    archive.write_bytes(local + directory + end)
    _assert_refused_soon(archive)


def test_an_archive_that_holds_itself_ends(tmp_path: Path) -> None:
    inner = tmp_path / "a.zip"
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros", bytes(100_000_000))
    for depth in range(4):
        outer = tmp_path / f"level{depth}.zip"
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as packed:
            for copy in range(8):
                packed.write(inner, f"{copy}.zip")
        inner = outer
    started = time.process_time()
    result = opened(inner)
    assert not result.headers
    assert result.kinds[ProblemKind.REFUSED] == 64
    assert time.process_time() - started < 5


def test_quotas_bound_temporary_copies(tmp_path: Path) -> None:
    make_zip(tmp_path / "in.zip", write_disc(tmp_path / "disc", 3)[0].parent)
    (tmp_path / "f").mkdir()
    shutil.copy(tmp_path / "in.zip", tmp_path / "f")
    archive = make_zip(tmp_path / "out.zip", tmp_path / "f")
    before = fingerprint(tmp_path)
    result = opened(archive, quotas=Quotas(spooled_bytes=10))
    assert result.kinds == {ProblemKind.REFUSED: 1}
    assert fingerprint(tmp_path) == before
