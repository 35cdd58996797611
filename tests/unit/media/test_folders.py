import os
import socket
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.discs import OTHER_FILES, fingerprint, write_disc
from tests.unit.media.opening import opened
from viewer.base.errors import Cancelled, MediaError
from viewer.base.jobs import Progress, ProgressReport
from viewer.media.disc_contents import OpenPlaces, open_places
from viewer.media.folder_tree import natural_key
from viewer.media.problems import ProblemKind
from viewer.media.safety import Quotas


def test_every_file_of_a_folder_is_an_instance_or_a_problem(tmp_path: Path) -> None:
    write_disc(tmp_path, 6)
    before = fingerprint(tmp_path)
    result = opened(tmp_path)
    assert len(result.headers) == 6
    assert result.kinds == {ProblemKind.NOT_DICOM: OTHER_FILES}
    assert result.files == 6 + OTHER_FILES
    assert not any(problem.is_damage for problem in result.problems)
    assert fingerprint(tmp_path) == before


def test_files_are_read_in_natural_order(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path / "b", 12, size=8)
    for index, path in enumerate(paths):
        path.rename(path.with_name(f"im{index}.dcm"))
    result = opened(tmp_path)
    numbers = [header.number(0x00200013) for header in result.headers]
    assert numbers == [float(number) for number in range(1, 13)]


def test_natural_key_compares_numbers_and_words() -> None:
    names = ["IM10", "IM2", "im1", "10", "9", "IM2A", "IM²"]
    assert sorted(names, key=natural_key) == ["9", "10", "im1", "IM2", "IM2A", "IM10", "IM²"]


def test_the_first_image_comes_alone_before_the_rest(tmp_path: Path) -> None:
    write_disc(tmp_path, 200)
    batches = opened(tmp_path).batches
    assert len(batches[0].headers) <= 2
    assert batches[0].headers[0].pixel_data is not None


def test_files_and_folders_are_opened_together(tmp_path: Path) -> None:
    first = write_ct_series(tmp_path / "a", 3, size=8, label="a")
    second = write_ct_series(tmp_path / "b", 4, size=8, label="b")
    result = opened(first[0].parent, second[1], second[2])
    assert len(result.headers) == 5
    assert result.files == 5


def test_no_file_comes_twice(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path / "a", 3, size=8)
    result = opened(tmp_path, paths[0], tmp_path / "a", paths[0], tmp_path)
    assert len(result.headers) == result.files == 3


def test_links_are_listed_and_never_followed(tmp_path: Path) -> None:
    outside = write_ct_series(tmp_path / "outside", 2, size=8, label="outside")
    disc = tmp_path / "disc"
    inside = write_ct_series(disc / "DICOM", 3, size=8, label="inside")
    (disc / "loop").symlink_to(disc)
    (disc / "DICOM" / "up").symlink_to("..")
    (disc / "self").symlink_to("self")
    (disc / "again").symlink_to(inside[0])
    (disc / "stolen").symlink_to(outside[0])
    (disc / "stolen_folder").symlink_to(outside[0].parent)
    (disc / "nowhere").symlink_to("/nowhere/at/all")
    result = opened(disc)
    assert len(result.headers) == 3
    assert result.kinds == {ProblemKind.LINK: 3, ProblemKind.REFUSED: 4}


def test_pipes_sockets_and_devices_are_not_opened(tmp_path: Path) -> None:
    write_ct_series(tmp_path / "d", 1, size=8)
    os.mkfifo(tmp_path / "d" / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        result = opened(tmp_path)
    assert len(result.headers) == 1
    assert result.kinds == {ProblemKind.REFUSED: 3}


def test_a_pipe_named_by_the_reader_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert opened(tmp_path / "pipe").kinds == {ProblemKind.REFUSED: 1}


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        opened(tmp_path / "absent")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_folder_is_listed(tmp_path: Path) -> None:
    write_ct_series(tmp_path / "good", 1, size=8)
    (tmp_path / "bad").mkdir(mode=0)
    result = opened(tmp_path)
    assert len(result.headers) == 1
    assert result.kinds == {ProblemKind.UNREADABLE: 1}


def test_folders_nested_too_deeply_are_refused(tmp_path: Path) -> None:
    write_ct_series(tmp_path.joinpath(*["d"] * 12), 1, size=8)
    write_ct_series(tmp_path, 1, size=8, label="top")
    result = opened(tmp_path, quotas=Quotas(depth=10))
    assert len(result.headers) == 1
    assert result.kinds == {ProblemKind.REFUSED: 1}


def test_more_files_than_the_quota_are_refused_and_said(tmp_path: Path) -> None:
    write_ct_series(tmp_path, 20, size=8)
    result = opened(tmp_path, quotas=Quotas(files=15))
    assert len(result.headers) == 15
    assert result.kinds == {ProblemKind.REFUSED: 1}


def test_damaged_dicom_is_told_from_other_files(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path, 1, size=8)
    (tmp_path / "cut").write_bytes(path.read_bytes()[:140])
    (tmp_path / "notes").write_bytes(b"hello")
    (tmp_path / "empty").write_bytes(b"")
    result = opened(tmp_path)
    assert result.kinds == {ProblemKind.DAMAGED: 1, ProblemKind.NOT_DICOM: 2}


def test_cancelling_stops_at_once(tmp_path: Path) -> None:
    write_ct_series(tmp_path, 500, size=8)
    progress = Progress()
    batches = open_places([tmp_path], progress, processes=0)
    next(batches)
    progress.cancel()
    with pytest.raises(Cancelled):
        next(batches)  # not one batch more


def test_the_job_counts_and_reports(tmp_path: Path) -> None:
    write_disc(tmp_path, 5)
    reports: list[ProgressReport] = []
    batches: list[object] = []
    summary = OpenPlaces((tmp_path,), batches.append).run(Progress(reports.append))
    assert (summary.headers, summary.problems, summary.files) == (5, OTHER_FILES, 5 + OTHER_FILES)
    assert batches
    assert reports[-1].done <= 5 + OTHER_FILES
