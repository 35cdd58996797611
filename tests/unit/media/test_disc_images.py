import random
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.discs import OTHER_FILES, fingerprint, make_directory, make_image, make_zip, needed, write_disc
from tests.unit.media.opening import opened
from viewer.base.byte_source import FileSlice
from viewer.media.problems import ProblemKind
from viewer.media.safety import Quotas

COUNT = 5
KINDS = {
    "level 1": ["-iso-level", "1"],
    "level 3": ["-iso-level", "3"],
    "joliet": ["-J"],
    "rock ridge": ["-R"],
    "rock ridge and joliet": ["-J", "-R"],
    "udf": ["-udf"],
    "udf and all": ["-udf", "-J", "-R"],
}


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "disc"
    write_disc(folder, COUNT)
    return folder


def _contents(folder: Path) -> set[bytes]:
    return {path.read_bytes() for path in (folder / "DICOM").rglob("*") if path.is_file()}


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_every_kind_of_image_gives_the_files_it_was_made_of(disc: Path, tmp_path: Path, options: list[str]) -> None:
    image = make_image(tmp_path / "disc.iso", disc, options)
    before = fingerprint(tmp_path)
    result = opened(image)
    assert {header.source.read_at(0, header.source.size()) for header in result.headers} == _contents(disc)
    assert result.kinds == {ProblemKind.NOT_DICOM: OTHER_FILES}
    assert result.files == COUNT + OTHER_FILES
    assert all(isinstance(header.source, FileSlice) for header in result.headers)
    assert not any(";" in header.source.name for header in result.headers)
    assert fingerprint(tmp_path) == before


def test_xorriso_images_are_read(disc: Path, tmp_path: Path) -> None:
    image = tmp_path / "x.iso"
    command = [needed("xorriso"), "-as", "mkisofs", "-quiet", "-J", "-R", "-o", str(image), str(disc)]
    subprocess.run(command, check=True, capture_output=True)
    assert {header.source.read_at(0, 1 << 20) for header in opened(image).headers} == _contents(disc)


def test_names_of_any_script_and_the_extension_do_not_matter(tmp_path: Path) -> None:
    folder = tmp_path / "영상"
    write_ct_series(folder / "홍길동 폴더", 2, size=8)
    image = make_image(tmp_path / "picture.jpg", folder, ["-R", "-input-charset", "utf-8"])
    names = sorted(header.source.name for header in opened(image).headers)
    assert names[0].endswith("picture.jpg!/홍길동 폴더/IM000000")


def test_a_file_in_several_extents_is_one_file(tmp_path: Path) -> None:
    import pycdlib

    (path,) = write_ct_series(tmp_path / "d", 1, size=512)
    image = make_image(tmp_path / "a.iso", path.parent, ["-iso-level", "3"])
    data = bytearray(image.read_bytes())
    iso = pycdlib.PyCdlib()
    with image.open("rb") as stream:
        iso.open_fp(stream)
        record = iso.get_record(iso_path="/IM000000.;1")
        block, length = record.extent_location(), record.get_data_length()
    # Split its record in two: the first 100 blocks, then the rest, moved to the end of the image.
    first = 100 * 2048
    at = data.find(b"IM000000.;1") - 33
    entry = data[at : at + data[at]]
    moved = len(data) // 2048
    data += data[block * 2048 + first : block * 2048 + length].ljust(-(-(length - first) // 2048) * 2048, b"\0")
    data[block * 2048 + first : block * 2048 + length] = bytes(length - first)
    head, tail = bytearray(entry), bytearray(entry)
    _set_extent(head, block, first, more=True)
    _set_extent(tail, moved, length - first, more=False)
    data[at : at + 2 * len(entry)] = head + tail
    image.write_bytes(data)
    (header,) = opened(image).headers
    assert header.source.size() == path.stat().st_size
    assert header.source.read_at(0, 1 << 20) == path.read_bytes()
    assert header.source.read_at(first - 10, 20) == path.read_bytes()[first - 10 : first + 10]
    with header.source.open() as stream:
        assert stream.read() == path.read_bytes()


def _set_extent(entry: bytearray, block: int, length: int, *, more: bool) -> None:
    for at, value in ((2, block), (10, length)):
        entry[at : at + 4], entry[at + 4 : at + 8] = value.to_bytes(4, "little"), value.to_bytes(4, "big")
    entry[25] = entry[25] | 0x80 if more else entry[25] & ~0x80


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_image_in_an_archive_is_opened(disc: Path, tmp_path: Path, compression: int) -> None:
    (tmp_path / "f").mkdir()
    make_image(tmp_path / "f" / "disc.iso", disc, ["-R"])
    archive = make_zip(tmp_path / "disc.zip", tmp_path / "f", compression)
    result = opened(archive)
    assert {header.source.read_at(0, 1 << 20) for header in result.headers} == _contents(disc)
    assert all("disc.zip!/disc.iso!/DICOM/S0/IM" in header.source.name for header in result.headers)


@pytest.mark.parametrize("options", [["-J", "-R"], ["-udf"]])
@pytest.mark.parametrize("kept", [0.5, 0.7, 0.9, 0.96])
def test_a_cut_image_lists_what_is_lost(disc: Path, tmp_path: Path, options: list[str], kept: float) -> None:
    image = make_image(tmp_path / "disc.iso", disc, [*options, "-no-pad"])
    data = image.read_bytes()
    image.write_bytes(data[: int(len(data) * kept)])
    result = opened(image)
    assert any(problem.is_damage for problem in result.problems)
    contents = _contents(disc)
    assert all(header.source.read_at(0, 1 << 20) in contents for header in result.headers)


def test_damaged_images_never_raise_or_hang(disc: Path, tmp_path: Path) -> None:
    image = make_image(tmp_path / "disc.iso", disc, ["-udf", "-J", "-R"])
    data = image.read_bytes()
    rng = random.Random(7)
    used = [at for at in range(32768, len(data), 16) if any(data[at : at + 16])]
    started = time.process_time()
    for _round in range(60):
        damaged = bytearray(data)
        for _number in range(rng.choice((1, 4, 40))):
            damaged[rng.choice(used) + rng.randrange(16)] = rng.randrange(256)
        image.write_bytes(damaged)
        result = opened(image)
        assert result.files > 0
    assert time.process_time() - started < 60


def test_a_folder_that_holds_itself_ends(disc: Path, tmp_path: Path) -> None:
    image = make_image(tmp_path / "disc.iso", disc, ["-iso-level", "1"])
    data = bytearray(image.read_bytes())
    at = data.find(b"S0", 32768) - 33
    root = data[0x809C + 2 : 0x809C + 10]
    data[at + 2 : at + 10] = root
    image.write_bytes(data)
    started = time.process_time()
    result = opened(image)
    assert result.problems
    assert time.process_time() - started < 5


def test_directories_beyond_the_quota_are_refused(disc: Path, tmp_path: Path) -> None:
    image = make_image(tmp_path / "disc.iso", disc, ["-R"])
    result = opened(image, quotas=Quotas(image_bytes_read=8192))
    assert result.kinds == {ProblemKind.REFUSED: 1}


def test_links_in_an_image_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "disc"
    write_ct_series(folder / "DICOM", 2, size=8)
    (folder / "DICOM" / "out").symlink_to("/etc/passwd")
    (folder / "DICOM" / "again").symlink_to("IM000000")
    result = opened(make_image(tmp_path / "l.iso", folder, ["-R"]))
    assert len(result.headers) == 2
    assert result.kinds == {ProblemKind.REFUSED: 2}


def test_the_directory_of_a_level_1_image_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "disc"
    write_disc(folder, COUNT)
    make_directory(folder)
    result = opened(make_image(tmp_path / "d.iso", folder, ["-iso-level", "1"]))
    assert result.kinds == {ProblemKind.NOT_DICOM: OTHER_FILES, ProblemKind.DIRECTORY: 1}
