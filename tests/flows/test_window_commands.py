"""`screenshot`, `bench`, `commands` and `dump` as processes: what they write, and how they fail."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.builders.ct_series import write_ct_series
from tests.flows.command_line import run

TIMES = {"p50", "p95", "p99", "dropped"}
BENCH = [
    "window_s",
    "first_image_s",
    "index_s",
    "files",
    "files_per_s",
    "scroll_ms",
    "window_drag_ms",
    "longest_block_ms",
    "peak_rss_bytes",
    "pixel_bytes",
]


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ct")
    write_ct_series(folder, 5, 64)
    return folder


def grabbed(folder: Path, *arguments: object) -> np.ndarray:
    """Return the window's picture in grey."""
    output = folder / "window.png"
    ended = run(folder, "screenshot", *arguments, "-o", output)
    assert (ended.code, ended.output, ended.errors) == (0, "", "")
    with Image.open(output) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("L"), int)


def test_a_screenshot_has_the_size_asked_for_and_shows_the_image(series: Path, tmp_path: Path) -> None:
    picture = grabbed(tmp_path, series, "--size", "900x600")
    assert picture.shape == (600, 900)
    middle = picture[300 - 40 : 300 + 40, 450 - 40 : 450 + 40]
    assert middle.mean() > 40  # the water disc in its window, not the dark of an empty cell


def test_commands_run_in_the_order_they_stand(series: Path, tmp_path: Path) -> None:
    # Undone after inverting it is the plain window again; undone before, it stays inverted.
    after = grabbed(tmp_path, series, "--layout", "1x2", "--command", "view.invert", "edit.undo")
    before = grabbed(tmp_path, series, "--layout", "1x2", "--command", "edit.undo", "view.invert")
    assert np.abs(after - before).max() > 100


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--command", "no.such_command"), "no.such_command"),
        (("--layout", "9x9"), "9"),
        (("--size", "big"), "big"),
        (("--size", "0x10"), "0x10"),
    ],
)
def test_wrong_usage_of_screenshot_ends_with_2(
    arguments: tuple[str, ...], words: str, series: Path, tmp_path: Path
) -> None:
    ended = run(tmp_path, "screenshot", series, "-o", "window.png", *arguments)
    assert (ended.code, ended.output) == (2, "")
    assert words in ended.errors.splitlines()[-1]
    assert not (tmp_path / "window.png").exists()


def test_failures_of_window_commands_end_with_1_and_one_line(series: Path, tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    empty = tmp_path / "empty"
    empty.mkdir()
    for arguments, words in (
        (("screenshot", absent, "-o", "window.png"), str(absent)),
        (("screenshot", series, "-o", absent / "window.png"), str(absent / "window.png")),
        (("bench", absent, "--json"), str(absent)),
        (("bench", empty, "--json"), str(empty)),
    ):
        ended = run(tmp_path, *arguments)
        assert (ended.code, ended.output) == (1, ""), arguments
        assert ended.line.startswith("negatoscope: ")
        assert words in ended.line


def test_a_screenshot_of_a_folder_without_images_is_the_window_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("x")
    assert grabbed(tmp_path, tmp_path / "notes", "--size", "700x500").std() > 3


def test_bench_measures_everything_the_contract_names(series: Path, tmp_path: Path) -> None:
    ended = run(tmp_path, "bench", series, "--json")
    assert (ended.code, ended.errors) == (0, "")
    figures = ended.json()
    assert list(figures) == BENCH
    for name in ("scroll_ms", "window_drag_ms"):
        assert set(figures[name]) == TIMES
        assert 0 < figures[name]["p50"] <= figures[name]["p95"] <= figures[name]["p99"]
        assert type(figures[name]["dropped"]) is int
    assert (figures["files"], figures["pixel_bytes"]) == (5, 5 * 64 * 64 * 2)
    assert 0 < figures["first_image_s"] <= figures["index_s"]
    assert figures["window_s"] > 0
    assert figures["files_per_s"] > 0
    assert figures["longest_block_ms"] > 0
    assert figures["peak_rss_bytes"] > 50_000_000


def test_a_window_without_a_screen_says_what_to_do(series: Path, tmp_path: Path) -> None:
    for arguments in ((series,), (), ("demo",)):
        ended = run(tmp_path, *arguments)
        assert (ended.code, ended.output) == (1, "")
        assert "screenshot" in ended.line


def test_settings_that_cannot_be_read_or_written_do_not_stop_a_screenshot(series: Path, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_bytes(b"\xff\xfe[[[")
    assert grabbed(tmp_path, series, "--size", "700x500").shape == (500, 700)
    shutil.rmtree(tmp_path / "config")
    (tmp_path / "config").write_text("a file where the folder should be")
    output = tmp_path / "window.png"
    output.unlink()
    ended = run(tmp_path, "screenshot", series, "-o", output)
    assert ended.code == 0
    assert len(ended.errors.splitlines()) <= 1  # that it could not be kept, and no more
    assert output.exists()


def test_a_screenshot_changes_no_settings(series: Path, tmp_path: Path) -> None:
    first = grabbed(tmp_path, series, "--size", "700x500", "--command", "application.theme", "panel.browser")
    assert not (tmp_path / "config" / "settings.toml").exists()
    second = grabbed(tmp_path, series, "--size", "700x500", "--command", "application.theme", "panel.browser")
    assert (first == second).all()
