"""UDF volumes without ISO 9660: of every layout, compared with 7z where that can read them, and with udfinfo."""

import random
import struct
import subprocess
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.discs import OTHER_FILES, make_directory, make_image, make_zip, needed, write_disc
from tests.builders.hostile_names import HOSTILE_NAMES
from tests.builders.udf_blocks import DELETED, HIDDEN, IN_ENTRY, LINK, LONG, SHORT, long_extent, retagged, tagged
from tests.builders.udf_images import FilledVolume, Tree, empty_volume, without_iso_9660
from tests.unit.media.opening import opened
from viewer.media.problems import ProblemKind
from viewer.media.safety import Quotas

COUNT = 5
HARD_DISK = ("--media-type=hd", "--udfrev=2.01", "--blocksize=2048")
OPEN_TO_7Z = {
    "1.02": ("--media-type=hd", "--udfrev=1.02", "--blocksize=2048"),
    "1.50": ("--media-type=hd", "--udfrev=1.50", "--blocksize=2048"),
    "2.01": HARD_DISK,
    "sectors of 512": ("--media-type=hd", "--udfrev=2.01", "--blocksize=512"),
}
OTHERS = {
    "sectors of 4096": ("--media-type=hd", "--udfrev=2.01", "--blocksize=4096"),
    "packets 1.50": ("--media-type=cdrw", "--udfrev=1.50"),
    "packets 2.01": ("--media-type=cdrw", "--udfrev=2.01"),
    "virtual 1.50": ("--media-type=dvdr", "--udfrev=1.50"),
    "virtual 2.01": ("--media-type=dvdr", "--udfrev=2.01"),
    "virtual 2.60": ("--media-type=dvdr", "--udfrev=2.60"),
    "metadata": HARD_DISK,
}
FORMS = {"in entries": (IN_ENTRY, 1), "short": (SHORT, 1), "long, in pieces": (LONG, 3)}
ALL_FORMS: dict[str, tuple[int, int]] = {**FORMS, "short, continued": (SHORT, 9), "long, continued": (LONG, 40)}


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "disc"
    write_disc(folder, COUNT)
    write_ct_series(folder / "DICOM" / "홍길동", 2, size=128, label="large")
    return folder


def _tree(folder: Path) -> Tree:
    return {path.name: _tree(path) if path.is_dir() else path.read_bytes() for path in sorted(folder.iterdir())}


def _contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _read(image: Path) -> dict[str, bytes]:
    """Return the DICOM files of an image by their paths in it."""
    headers = opened(image).headers
    return {each.source.name.partition("!/")[2]: each.source.read_at(0, each.source.size()) for each in headers}


def _dicom(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in _contents(folder).items() if name.startswith("DICOM/")}


def _made(path: Path, kind: str, form: tuple[int, int], disc: Path) -> Path:
    volume = FilledVolume(empty_volume(path, *{**OPEN_TO_7Z, **OTHERS}[kind]), form=form[0], pieces=form[1])
    if kind == "metadata":
        volume.with_metadata_partition()
    return volume.fill(_tree(disc))


def _unpacked_by_7z(image: Path, folder: Path) -> dict[str, bytes]:
    subprocess.run([needed("7z"), "x", "-y", "-tudf", f"-o{folder}", image], check=True, capture_output=True)
    return _contents(folder)


def _volume(path: Path, disc: Path, **options: object) -> FilledVolume:
    volume = FilledVolume(empty_volume(path, *HARD_DISK), **options)  # type: ignore[arg-type]  # passed through
    volume.fill(_tree(disc))
    return volume


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("kind", OPEN_TO_7Z)
def test_volumes_are_read_as_7z_reads_them(disc: Path, tmp_path: Path, kind: str, form: tuple[int, int]) -> None:
    image = _made(tmp_path / "a.udf", kind, form, disc)
    assert _unpacked_by_7z(image, tmp_path / "out") == _contents(disc)
    assert _read(image) == _dicom(disc)
    assert opened(image).kinds == {ProblemKind.NOT_DICOM: OTHER_FILES}


@pytest.mark.parametrize("form", ALL_FORMS.values(), ids=ALL_FORMS)
@pytest.mark.parametrize("kind", OTHERS)
def test_volumes_of_every_layout_are_read(disc: Path, tmp_path: Path, kind: str, form: tuple[int, int]) -> None:
    image = _made(tmp_path / "a.udf", kind, form, disc)
    assert _read(image) == _dicom(disc)
    assert opened(image).kinds == {ProblemKind.NOT_DICOM: OTHER_FILES}


@pytest.mark.parametrize(("kind", "told"), [("virtual 2.01", "vatblock="), ("metadata", "fsid=LinuxUDF")])
def test_the_special_layouts_are_those_that_udfinfo_knows(disc: Path, tmp_path: Path, kind: str, told: str) -> None:
    image = _made(tmp_path / "a.udf", kind, FORMS["short"], disc)
    assert told in subprocess.run([needed("udfinfo"), image], check=True, capture_output=True, text=True).stdout


def test_a_bridge_without_its_iso_9660_part_is_read(disc: Path, tmp_path: Path) -> None:
    image = without_iso_9660(make_image(tmp_path / "bare.img", disc, ["-udf", "-input-charset", "utf-8"]))
    assert _unpacked_by_7z(image, tmp_path / "out") == _contents(disc)
    assert _read(image) == _dicom(disc)


def test_a_replaced_packet_is_read_where_it_lies(disc: Path, tmp_path: Path) -> None:
    volume = FilledVolume(empty_volume(tmp_path / "a.udf", *OTHERS["packets 1.50"]))
    volume.fill(_tree(disc))
    volume.replace_packet("DICOM/S0/IM000002")
    volume.path.write_bytes(volume.data)
    assert _read(volume.path) == _dicom(disc)


def test_volumes_inside_archives_are_opened(disc: Path, tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    _made(tmp_path / "f" / "disc.udf", "virtual 2.01", FORMS["short"], disc)
    assert len(opened(make_zip(tmp_path / "a.zip", tmp_path / "f")).headers) == COUNT + 2


def test_the_directory_of_a_volume_is_used(tmp_path: Path) -> None:
    write_disc(tmp_path / "disc", COUNT)
    make_directory(tmp_path / "disc")
    result = opened(_volume(tmp_path / "a.udf", tmp_path / "disc").path)
    assert result.kinds == {ProblemKind.NOT_DICOM: OTHER_FILES, ProblemKind.DIRECTORY: 1}
    assert len(result.headers) == COUNT


def test_deleted_names_are_gone_and_hidden_ones_are_read(disc: Path, tmp_path: Path) -> None:
    said = {"DICOM/S0/IM000001": DELETED, "DICOM/S0/IM000002": HIDDEN}
    read = _read(_volume(tmp_path / "a.udf", disc, said=said).path)
    assert set(_dicom(disc)) - set(read) == {"DICOM/S0/IM000001"}


def test_links_are_refused(disc: Path, tmp_path: Path) -> None:
    result = opened(_volume(tmp_path / "a.udf", disc, kinds={"DICOM/S0/IM000001": LINK}).path)
    assert result.kinds[ProblemKind.REFUSED] == 1
    assert len(result.headers) == COUNT + 1


def test_a_folder_inside_itself_is_read_once(disc: Path, tmp_path: Path) -> None:
    also = [("DICOM/S0", "again", ""), ("DICOM/S0", "and again", "DICOM/S0")]
    result = opened(_volume(tmp_path / "a.udf", disc, also=also).path)
    assert len(result.headers) == COUNT + 2
    assert result.kinds[ProblemKind.REFUSED] == 2


def test_the_newer_of_two_entries_is_read(disc: Path, tmp_path: Path) -> None:
    volume = _volume(tmp_path / "a.udf", disc)
    old, new = volume.entries["DICOM/S0/IM000001"], volume.entries["DICOM/S0/IM000002"]
    block = bytearray(volume.data[old : old + 2048])
    struct.pack_into("<H", block, 20, 4096)
    volume.data[old : old + 2048] = retagged(bytes(block))
    after, meant = old // 2048 - volume.start + 1, new // 2048 - volume.start
    body = struct.pack("<IHHHBB6sH", 0, 4096, 0, 2, 0, 3, bytes(6), 0) + long_extent(2048, meant, 0)
    volume.data[old + 2048 : old + 4096] = tagged(259, after, body, 3).ljust(2048, b"\0")
    volume.path.write_bytes(volume.data)
    read = _read(volume.path)
    assert read["DICOM/S0/IM000001"] == read["DICOM/S0/IM000002"]
    volume.data[new] ^= 1  # now only the old one is left
    volume.path.write_bytes(volume.data)
    assert _read(volume.path)["DICOM/S0/IM000001"] == _dicom(disc)["DICOM/S0/IM000001"]


# Damage


def test_a_damaged_entry_costs_only_its_file(disc: Path, tmp_path: Path) -> None:
    volume = _volume(tmp_path / "a.udf", disc)
    volume.data[volume.entries["DICOM/S0/IM000003"] + 60] ^= 1
    volume.path.write_bytes(volume.data)
    result = opened(volume.path)
    (problem,) = result.of_kind(ProblemKind.DAMAGED)
    assert problem.path.endswith("a.udf!/DICOM/S0/IM000003")
    assert len(result.headers) == COUNT + 1


def test_an_entry_in_another_place_is_not_believed(disc: Path, tmp_path: Path) -> None:
    volume = _volume(tmp_path / "a.udf", disc)
    first, second = volume.entries["DICOM/S0/IM000003"], volume.entries["DICOM/S0/IM000004"]
    volume.data[second : second + 2048] = volume.data[first : first + 2048]
    volume.path.write_bytes(volume.data)
    (problem,) = opened(volume.path).of_kind(ProblemKind.DAMAGED)
    assert problem.path.endswith("IM000004")


def test_a_damaged_name_costs_only_its_file_and_is_said(disc: Path, tmp_path: Path) -> None:
    data = next(iter(_dicom(disc).values()))
    volume = FilledVolume(empty_volume(tmp_path / "a.udf", *HARD_DISK))
    volume.fill({"S0": {f"IM{number:06d}": data for number in range(60)}})
    volume.data[volume.data.find(b"\x08IM000020") + 3] ^= 1
    volume.path.write_bytes(volume.data)
    result = opened(volume.path)
    assert len(result.headers) == 59
    (problem,) = result.of_kind(ProblemKind.DAMAGED)
    assert problem.path.endswith("a.udf!/S0")


def test_a_damaged_root_is_said(disc: Path, tmp_path: Path) -> None:
    volume = _volume(tmp_path / "a.udf", disc)
    volume.data[volume.entries[""] + 60] ^= 1
    volume.path.write_bytes(volume.data)
    result = opened(volume.path)
    assert not result.headers
    assert result.kinds == {ProblemKind.DAMAGED: 1}


def test_the_reserve_stands_in_for_a_damaged_description(disc: Path, tmp_path: Path) -> None:
    volume = _volume(tmp_path / "a.udf", disc)
    volume.data[volume.volume * 2048 + 100] ^= 1
    volume.path.write_bytes(volume.data)
    result = opened(volume.path)
    assert len(result.headers) == COUNT + 2
    assert result.kinds[ProblemKind.DAMAGED] == 1


@pytest.mark.parametrize("lost", [[256], [256, 6143], [256, 5887]])
def test_one_anchor_is_enough(disc: Path, tmp_path: Path, lost: list[int]) -> None:
    volume = _volume(tmp_path / "a.udf", disc)
    for block in lost:
        volume.data[block * 2048 : (block + 1) * 2048] = bytes(2048)
    volume.path.write_bytes(volume.data)
    assert len(opened(volume.path).headers) == COUNT + 2


def test_the_mirror_stands_in_for_a_damaged_metadata_file(disc: Path, tmp_path: Path) -> None:
    image = _made(tmp_path / "a.udf", "metadata", FORMS["short"], disc)
    data = bytearray(image.read_bytes())
    main = next(at for at in range(0, len(data), 2048) if data[at : at + 2] == b"\x0a\x01" and data[at + 27] == 250)
    data[main + 70] ^= 1
    image.write_bytes(data)
    assert _read(image) == _dicom(disc)


def test_a_cut_disc_that_is_written_once_says_so(disc: Path, tmp_path: Path) -> None:
    image = _made(tmp_path / "a.udf", "virtual 2.01", FORMS["short"], disc)
    whole = image.read_bytes()
    image.write_bytes(whole[:-2048])
    result = opened(image)
    assert result.of_kind(ProblemKind.DAMAGED)
    assert not result.headers
    image.write_bytes(whole + bytes(3 << 20))
    assert _read(image) == _dicom(disc)


def test_data_behind_the_table_of_blocks_is_said(disc: Path, tmp_path: Path) -> None:
    image = _made(tmp_path / "a.udf", "virtual 2.01", FORMS["short"], disc)
    image.write_bytes(image.read_bytes() + b"newer data".ljust(2048))
    result = opened(image)
    assert len(result.headers) == COUNT + 2
    (problem,) = result.of_kind(ProblemKind.DAMAGED)
    assert "newest files" in problem.error


def test_runs_that_were_never_written_are_no_zeros(disc: Path, tmp_path: Path) -> None:
    volume = _volume(tmp_path / "a.udf", disc)
    at = volume.entries["DICOM/S0/IM000001"]
    block = bytearray(volume.data[at : at + 2048])
    (length,) = struct.unpack_from("<I", block, 216)
    struct.pack_into("<I", block, 216, length | 1 << 30)
    volume.data[at : at + 2048] = retagged(bytes(block))
    volume.path.write_bytes(volume.data)
    (problem,) = opened(volume.path).of_kind(ProblemKind.DAMAGED)
    assert problem.path.endswith("IM000001")
    assert "never written" in problem.error


@pytest.mark.parametrize("kept", [0.02, 0.05, 0.08, 0.2])
def test_a_cut_volume_lists_what_is_lost(disc: Path, tmp_path: Path, kept: float) -> None:
    volume = _volume(tmp_path / "a.udf", disc)
    volume.path.write_bytes(volume.data[: int(len(volume.data) * kept)])
    result = opened(volume.path)
    assert any(problem.is_damage for problem in result.problems) or len(result.headers) == COUNT + 2
    contents = set(_dicom(disc).values())
    assert all(header.source.read_at(0, header.source.size()) in contents for header in result.headers)


@pytest.mark.parametrize("kind", [*OPEN_TO_7Z, *OTHERS])
def test_damaged_volumes_never_raise_or_hang(disc: Path, tmp_path: Path, kind: str) -> None:
    image = _made(tmp_path / "a.udf", kind, ALL_FORMS["short, continued"], disc)
    data = image.read_bytes()
    rng = random.Random(kind)
    used = [at for at in range(32768, len(data), 16) if any(data[at : at + 16])]
    for _round in range(12):
        damaged = bytearray(data)
        for _number in range(rng.choice((1, 4, 40))):
            damaged[rng.choice(used) + rng.randrange(16)] = rng.randrange(256)
        image.write_bytes(damaged)
        result = opened(image)
        assert result.files > 0


# Hostile volumes


def test_hostile_names_are_refused_and_the_rest_is_read(disc: Path, tmp_path: Path) -> None:
    data = next(iter(_dicom(disc).values()))
    names = {name.replace("{canary}", "/canary") for name in HOSTILE_NAMES}
    tree: Tree = {"good": data, **{name: data for name in names if _can_be_written(name)}}
    assert len(tree) > 100
    volume = FilledVolume(empty_volume(tmp_path / "a.udf", *HARD_DISK))
    volume.fill(tree)
    result = opened(volume.path)
    assert [header.source.name for header in result.headers] == [f"{volume.path}!/good"]
    assert result.kinds == {ProblemKind.REFUSED: len(tree) - 1}


def _can_be_written(name: str) -> bool:
    return 0 < len(name) <= 120 and not any("\ud800" <= character <= "\udfff" for character in name)


def test_quotas_hold(disc: Path, tmp_path: Path) -> None:
    deep: Tree = {"IM1": b"x"}
    for _number in range(20):
        deep = {"F": deep}
    image = FilledVolume(empty_volume(tmp_path / "deep.udf", *HARD_DISK)).fill(deep)
    assert opened(image, quotas=Quotas(depth=10)).kinds == {ProblemKind.REFUSED: 1}
    image = _volume(tmp_path / "a.udf", disc).path
    assert opened(image, quotas=Quotas(image_bytes_read=30_000)).kinds == {ProblemKind.REFUSED: 1}
    assert len(opened(image, quotas=Quotas(files=3)).headers) <= 3


def test_extents_that_are_their_own_continuation_end(disc: Path, tmp_path: Path) -> None:
    volume = FilledVolume(empty_volume(tmp_path / "a.udf", *HARD_DISK), form=SHORT, pieces=9)
    volume.fill(_tree(disc))
    at = volume.entries["DICOM/홍길동/IM000000"]
    block = bytearray(volume.data[at : at + 2048])
    (more,) = struct.unpack_from("<I", block, 216 + 8 * 2 + 4)
    struct.pack_into("<Q", block, 56, 1 << 50)
    volume.data[at : at + 2048] = retagged(bytes(block))
    where = (volume.start + more) * 2048
    extent = bytearray(volume.data[where : where + 2048])
    struct.pack_into("<II", extent, 24, 2048 | 3 << 30, more)
    volume.data[where : where + 2048] = retagged(bytes(extent))
    volume.path.write_bytes(volume.data)
    assert opened(volume.path, quotas=Quotas(image_bytes_read=4 << 20)).kinds == {ProblemKind.REFUSED: 1}
