"""Every real file either opens with the values that DCMTK and pydicom find in it, or is refused with a reason."""

import re
import subprocess
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import pydicom
import pytest

from tests.unit.dicom.header_outcomes import REFUSED_PYDICOM, REFUSED_SHARED, WARNED_PYDICOM, WARNED_SHARED
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError, RefusedError
from viewer.dicom.datasets import read_data_set, read_full_data_set
from viewer.dicom.header_judge import judge_header
from viewer.dicom.header_scan import FIRST_READ, scan_header
from viewer.dicom.instance_header import InstanceHeader

PYDICOM_DATA = Path(pydicom.__file__).parent / "data"
DCMDUMP = Path("/usr/bin/dcmdump")
KEY_TAGS = {
    "SOPClassUID": 0x00080016,
    "SOPInstanceUID": 0x00080018,
    "StudyInstanceUID": 0x0020000D,
    "SeriesInstanceUID": 0x0020000E,
    "Modality": 0x00080060,
    "PatientID": 0x00100020,
    "InstanceNumber": 0x00200013,
    "SeriesNumber": 0x00200011,
    "StudyDate": 0x00080020,
    "NumberOfFrames": 0x00280008,
    "PhotometricInterpretation": 0x00280004,
    "ImagePositionPatient": 0x00200032,
    "PixelSpacing": 0x00280030,
    "WindowCenter": 0x00281050,
}
US_TAGS = {"Rows": 0x00280010, "Columns": 0x00280011, "BitsAllocated": 0x00280100, "BitsStored": 0x00280101}
# pydicom alone cannot find the data set of these hostile files, or takes the later of two values.
BEYOND_PYDICOM = re.compile(r"cat07_|cat10_|TC0405|TC0445|DICOMDIR-bigEnd|PNG")


def files_of(*roots: Path) -> Iterator[tuple[str, Path]]:
    for root in roots:
        base = root if root.name == "data" and root.parent.name == "shared" else root.parent
        for path in sorted(root.rglob("*")):
            if path.is_file():
                yield path.relative_to(base).as_posix(), path


def check_outcomes(
    files: Iterator[tuple[str, Path]], refused: Mapping[str, str], warned: Mapping[str, str]
) -> dict[Path, InstanceHeader]:
    """Compare what becomes of files with the tables; return the headers of those that open."""
    headers: dict[Path, InstanceHeader] = {}
    surprises: list[str] = []
    seen: set[str] = set()
    for name, path in files:
        seen.add(name)
        try:
            header = scan_header(FileBytes(path))
        except (DicomError, RefusedError) as error:
            if name not in refused or refused[name] not in str(error):
                surprises.append(f"{name} refused: {error}")
            continue
        headers[path] = header
        said = " | ".join(header.problems)
        expected = warned.get(name)
        if name in refused or bool(said) != (expected is not None) or (expected or "") not in said:
            surprises.append(f"{name} opened, saying: {said or 'nothing'}")
    assert surprises == []
    assert set(refused) | set(warned) <= seen
    return headers


def reference(path: Path) -> pydicom.FileDataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(path, force=True, stop_before_pixels=True)


def assert_agrees_with_pydicom(path: Path, header: InstanceHeader) -> None:
    data_set = reference(path)
    for keyword, tag in KEY_TAGS.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw = data_set.get_item(tag)
        value = raw.value if raw is not None else None
        ours = header.elements.get(tag)
        if isinstance(value, bytes):
            assert ours == value, (path.name, keyword)
        elif value is None:
            assert not ours, (path.name, keyword)
    for keyword, tag in US_TAGS.items():
        if tag in data_set:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert header.unsigned_short(tag) == data_set[tag].value, (path.name, keyword)


@pytest.fixture(scope="module")
def pydicom_headers() -> dict[Path, InstanceHeader]:
    roots = (PYDICOM_DATA / "test_files", PYDICOM_DATA / "charset_files")
    return check_outcomes(files_of(*roots), REFUSED_PYDICOM, WARNED_PYDICOM)


@pytest.fixture(scope="module")
def shared_headers(shared_data: Path) -> dict[Path, InstanceHeader]:
    return check_outcomes(files_of(shared_data), REFUSED_SHARED, WARNED_SHARED)


def test_pydicoms_files_open_or_are_refused_and_agree_with_pydicom(pydicom_headers: dict[Path, InstanceHeader]) -> None:
    for path, header in pydicom_headers.items():
        if not BEYOND_PYDICOM.search(path.name):
            assert_agrees_with_pydicom(path, header)


@pytest.mark.real_data
def test_real_files_open_or_are_refused_and_agree_with_pydicom(shared_headers: dict[Path, InstanceHeader]) -> None:
    for path, header in shared_headers.items():
        if not BEYOND_PYDICOM.search(path.as_posix()):
            assert_agrees_with_pydicom(path, header)


@pytest.mark.real_data
def test_hostile_files_that_pydicom_cannot_read_still_say_who_they_are(
    shared_headers: dict[Path, InstanceHeader],
) -> None:
    odd = [header for path, header in shared_headers.items() if re.search(r"cat07_|cat10_", path.as_posix())]
    assert len(odd) == 16
    for header in odd:
        assert header.modality == "CT"
        assert header.unsigned_short(0x00280010) == 64
        assert header.pixel_data is not None
        assert header.pixel_data.length == 8192
        assert header.pixel_data.offset + 8192 == header.source.size()


@pytest.mark.real_data
@pytest.mark.skipif(not DCMDUMP.exists(), reason="DCMTK is not installed")
def test_real_files_agree_with_dcmdump(shared_headers: dict[Path, InstanceHeader]) -> None:
    paths = [path for path in shared_headers if "hostile" not in path.parts]
    compared = 0
    for begin in range(0, len(paths), 100):
        chunk = paths[begin : begin + 100]
        command = [str(DCMDUMP), "-q", "-Un", "+F", "-M", *map(str, chunk)]
        output = subprocess.run(command, capture_output=True, check=False).stdout.decode("latin-1")
        for part in re.split(r"^# dcmdump \(\d+/\d+\): ", output, flags=re.MULTILINE)[1:]:
            name, _newline, body = part.partition("\n")
            header = shared_headers[Path(name.strip())]
            for match in re.finditer(r"^\((....),(....)\) \w\w \[(.*?)\] +#", body, re.MULTILINE):
                tag = int(match[1] + match[2], 16)
                if tag not in KEY_TAGS.values():
                    continue
                assert header.elements[tag].decode("latin-1").strip(" \0") == match[3].strip(), (name, hex(tag))
                compared += 1
    assert compared > 8000


def test_the_lean_walk_and_the_judge_give_the_same_header(pydicom_headers: dict[Path, InstanceHeader]) -> None:
    assert_judge_agrees(pydicom_headers)


@pytest.mark.real_data
def test_the_lean_walk_and_the_judge_give_the_same_header_of_real_files(
    shared_headers: dict[Path, InstanceHeader],
) -> None:
    sampled = {path: header for number, (path, header) in enumerate(shared_headers.items()) if number % 4 == 0}
    assert_judge_agrees(sampled)


def assert_judge_agrees(headers: Mapping[Path, InstanceHeader]) -> None:
    for path, header in headers.items():
        judged = judge_header(header.source, header.source.read_at(0, FIRST_READ))
        assert judged.elements == header.elements, path
        assert judged.pixel_data == header.pixel_data, path
        assert judged.is_whole == header.is_whole, path
        assert judged.transfer_syntax_uid == header.transfer_syntax_uid, path


def test_data_sets_hold_what_pydicom_finds(pydicom_headers: dict[Path, InstanceHeader]) -> None:
    for path, header in pydicom_headers.items():
        if BEYOND_PYDICOM.search(path.name):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            truth = pydicom.dcmread(path, force=True)
            full = read_full_data_set(header.source)
            if "too_short" not in path.name:
                assert tags_of(truth) == tags_of(full.data_set) | set(full.long_values)
            for tag in tags_of(full.data_set):
                assert full.data_set[tag] == truth[tag], (path.name, hex(tag))
            data_set = read_data_set(header)
            for tag in tags_of(data_set):
                assert str(data_set[tag].value) == str(truth[tag].value), (path.name, hex(tag))


def tags_of(data_set: pydicom.Dataset) -> set[int]:
    return set(map(int, data_set.keys()))
