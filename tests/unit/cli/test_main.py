"""The command line's manners: exit codes, one clear line, general options anywhere."""

from pathlib import Path

import pytest

from viewer.archives.deep_links import ShowRequest
from viewer.base.errors import MediaError
from viewer.base.paths import library_folder
from viewer.cli.main import BenchRequest, ReportRequest, ScreenshotRequest, WindowRequest, main


class Recorder:
    """Faces that keep what they were asked for."""

    def __init__(self) -> None:
        self.requests: list[object] = []

    def open_window(self, request: WindowRequest) -> int:
        if any(path.name == "missing" for path in request.paths):
            raise MediaError("No such file", subject=str(request.paths[0]), advice="Check the name")
        self.requests.append(request)
        return 0

    def screenshot(self, request: ScreenshotRequest) -> int:
        self.requests.append(request)
        return 0

    def bench(self, request: BenchRequest) -> int:
        self.requests.append(request)
        return 0

    def report(self, request: ReportRequest) -> int:
        self.requests.append(request)
        return 0


def test_paths_without_a_command_open_the_window(tmp_path: Path) -> None:
    faces = Recorder()
    assert main(["--config", str(tmp_path), "a", "b"], faces) == 0
    assert faces.requests == [WindowRequest((Path("a"), Path("b")), tmp_path, library=library_folder())]


def test_a_window_of_its_own_beside_one_that_is_open_is_asked_for(tmp_path: Path) -> None:
    faces = Recorder()
    assert main(["--separate", "--config", str(tmp_path), "--library", str(tmp_path / "x")], faces) == 0
    assert faces.requests == [WindowRequest((), tmp_path, library=tmp_path / "x", is_separate=True)]


def test_general_options_stand_before_or_after_the_command(tmp_path: Path) -> None:
    faces = Recorder()
    assert main(["demo", "--language", "ko", "--config", str(tmp_path)], faces) == 0
    assert main(["--language", "ko", "--config", str(tmp_path), "demo"], faces) == 0
    assert faces.requests == [WindowRequest((), tmp_path, "ko", is_demo=True, library=library_folder())] * 2


def test_screenshot_reads_its_options(tmp_path: Path) -> None:
    faces = Recorder()
    line = [
        "screenshot",
        str(tmp_path),
        "-o",
        "o.png",
        "--size",
        "800x600",
        "--layout",
        "2x3",
        "--command",
        "a.b",
        "--command",
    ]
    assert main([*line, "c.d", "e.f", "--config", str(tmp_path)], faces) == 0
    request = faces.requests[0]
    assert isinstance(request, ScreenshotRequest)
    assert (request.size, request.layout, request.commands) == ((800, 600), (2, 3), ("a.b", "c.d", "e.f"))


@pytest.mark.parametrize(
    "line", [["screenshot"], ["bench"], ["--nonsense"], ["screenshot", "-o", "x", "--size", "big"]]
)
def test_wrong_usage_ends_with_2(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(line, Recorder())
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_failure_ends_with_1_and_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["missing", "--config", str(tmp_path)], Recorder()) == 1
    assert capsys.readouterr().err == "negatoscope: missing: No such file. Check the name\n"


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_end_with_0(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([option], Recorder())
    assert ended.value.code == 0
    assert "negatoscope" in capsys.readouterr().out


def test_the_library_is_chosen_before_or_after_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    for line in (
        ["--library", str(tmp_path / "a"), "library", "stats"],
        ["library", "stats", "--library", str(tmp_path / "b")],
    ):
        assert main([*line, "--config", str(tmp_path / "config")], Recorder()) == 0
        assert "instances: 0" in capsys.readouterr().out
    assert (tmp_path / "a" / "library.sqlite").is_file()
    assert (tmp_path / "b" / "library.sqlite").is_file()


def test_a_path_called_like_a_command_is_opened_when_it_says_so(tmp_path: Path) -> None:
    faces = Recorder()
    assert main(["./import", "--config", str(tmp_path)], faces) == 0
    assert faces.requests == [WindowRequest((Path("import"),), tmp_path, library=library_folder())]


@pytest.mark.parametrize(
    ("arguments", "show"),
    [
        (["--study-uid", "1.2", "--archive", "PACS"], ShowRequest(("1.2",), archive="PACS")),
        (["open", "--accession", "A1", "--accession", "A2"], ShowRequest((), ("A1", "A2"))),
        (["--patient-id", "4711"], ShowRequest(patient_id="4711")),
        (["negatoscope://show?study=1.2&archive=PACS"], ShowRequest(("1.2",), archive="PACS")),
        (["open", "NEGATOSCOPE:show?patient=4711"], ShowRequest(patient_id="4711")),
    ],
)
def test_studies_are_named_by_options_or_by_a_link(arguments: list[str], show: ShowRequest, tmp_path: Path) -> None:
    faces = Recorder()
    assert main(["--config", str(tmp_path), *arguments], faces) == 0
    assert faces.requests == [WindowRequest((), tmp_path, library=library_folder(), show=show)]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--archive", "PACS"],
        ["--study-uid", "x"],
        ["negatoscope:run?study=1.2"],
        ["negatoscope:show?study=1.2", "negatoscope:show?study=1.3"],
        ["negatoscope:show?study=1.2", "--archive", "PACS"],
        ["negatoscope:show?study=1.2&token=canary-7"],
    ],
)
def test_what_cannot_be_shown_is_wrong_usage(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faces = Recorder()
    assert main(["--config", str(tmp_path), *arguments], faces) == 2
    assert faces.requests == []
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "canary" not in said
