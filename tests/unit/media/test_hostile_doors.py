"""Hostile names through every door: nothing outside is read, nothing at all is written."""

import zipfile
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.discs import fingerprint, make_image
from tests.builders.hostile_names import HOSTILE_NAMES
from tests.unit.media.opening import Opened, opened
from viewer.media.problems import ProblemKind

NUMBERED = list(enumerate(HOSTILE_NAMES))
ROCK_RIDGE_LIMIT = 150


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    write_ct_series(folder / "good", 1, size=8, label="good")
    (secret,) = write_ct_series(folder / "canary", 1, size=8, label="canary")
    secret.rename(folder / "canary" / "secret")
    return folder


def _assert_only_the_good_one(result: Opened) -> None:
    assert len(result.headers) == 1
    assert result.kinds == {ProblemKind.REFUSED: 1}
    assert result.files == 2


@pytest.mark.parametrize(("number", "name"), NUMBERED, ids=range(len(NUMBERED)))
def test_names_in_archives(place: Path, number: int, name: str) -> None:
    archive = place / f"{number}.zip"
    info = zipfile.ZipInfo("placeholder")
    info.filename = name.replace("{canary}", str(place / "canary"))
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(place / "good" / "IM000000", "DICOM/IM1")
        packed.writestr(info, (place / "good" / "IM000000").read_bytes())
    before = fingerprint(place)
    _assert_only_the_good_one(opened(archive))
    assert fingerprint(place) == before


@pytest.mark.parametrize(("number", "name"), NUMBERED, ids=range(len(NUMBERED)))
def test_names_in_images(place: Path, number: int, name: str) -> None:
    raw = name.replace("{canary}", "/canary").encode("utf-8")
    if len(raw) > ROCK_RIDGE_LIMIT:
        pytest.skip("longer than a name in a disc image can be")
    folder = place / f"image{number}"
    folder.mkdir()
    placeholder = "P" * len(raw)
    (folder / "IM1").write_bytes((place / "good" / "IM000000").read_bytes())
    (folder / placeholder).write_bytes((place / "good" / "IM000000").read_bytes())
    image = make_image(place / f"{number}.iso", folder, ["-R"])
    data = image.read_bytes()
    rock_ridge_name = b"NM" + bytes([len(raw) + 5, 1, 0])
    assert data.count(rock_ridge_name + placeholder.encode()) == 1
    image.write_bytes(data.replace(rock_ridge_name + placeholder.encode(), rock_ridge_name + raw))
    before = fingerprint(place)
    result = opened(image)
    assert fingerprint(place) == before
    if len(result.headers) == 2:
        # A dot in a plain component is a name like any other to a disc image: it must have been shown as such.
        assert all(header.source.name.count("!/") == 1 for header in result.headers)
        pytest.fail(f"{name!r} was let in as {[header.source.name for header in result.headers]}")
    assert len(result.headers) <= 1
    assert result.problems


@pytest.mark.parametrize(
    "target",
    [
        "{canary}",
        "{canary}/secret",
        "../canary",
        "../canary/secret",
        "../../../../../../../../../../../../../../../..{canary}/secret",
        "..",
        "../..",
        "/",
        "/etc",
        "/etc/passwd",
        "/proc/self/fd/0",
        "/proc/self/root",
        "/proc/self/mem",
        "/dev/zero",
        "/dev/stdin",
        "/dev/tty",
        "/dev/random",
        "/sys",
        "/nowhere",
        "link",
    ],
)
def test_links_in_folders(place: Path, tmp_path: Path, target: str) -> None:
    disc = tmp_path / "disc"
    write_ct_series(disc, 1, size=8)
    write_ct_series(tmp_path / "canary", 1, size=8, label="secret")[0].rename(tmp_path / "canary" / "secret")
    (disc / "link").symlink_to(target.replace("{canary}", str(tmp_path / "canary")))
    before = fingerprint(tmp_path)
    result = opened(disc)
    _assert_only_the_good_one(result)
    assert fingerprint(tmp_path) == before
    assert place.exists()
