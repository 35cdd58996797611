"""Presets of renderings: what files may say, what they say, and how functions are changed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.base.errors import SettingsError, VolumeError
from viewer.volume.function_editing import added_point, colored, moved_point, removed_point, uncolored
from viewer.volume.rendering_presets import (
    builtin_presets,
    first_preset,
    functions_from_text,
    functions_text,
    preset_named,
    presets_for,
    read_preset,
)
from viewer.volume.transfer_functions import ColorPoint, OpacityPoint, TransferFunctions, ValueScale

GOOD = 'title = "Mine"\nopacity = [[0, 0], [100, 1]]\ncolor = [[0, "#ff0000"]]\n'


def test_the_presets_the_issue_names_are_there_and_whole() -> None:
    names = {preset.id for preset in builtin_presets()}
    assert {"ct-bone", "ct-vessels", "ct-lung", "ct-skin", "mr-angio", "pet"} <= names
    for preset in builtin_presets():
        again = functions_from_text(functions_text(preset.functions))
        assert again.opacity == preset.functions.opacity
        assert again.shading == preset.functions.shading
        assert functions_text(again) == functions_text(preset.functions)


def test_a_preset_shows_what_it_is_named_for_and_not_what_hides_it() -> None:
    """Values in Hounsfield units as textbooks have them."""
    air, lung, fat, muscle, contrast, bone = -1000, -700, -100, 60, 350, 1200
    shown = {
        "ct-bone": ({bone}, {air, lung, fat, muscle}),
        "ct-vessels": ({contrast}, {air, lung, fat, muscle}),
        "ct-lung": ({lung}, {air, fat, muscle, contrast, bone}),
        "ct-skin": ({fat, muscle, bone}, {air, lung}),
    }
    for name, (seen, hidden) in shown.items():
        functions = preset_named(name).functions
        assert all(functions.opacity_at(value) > 0.01 for value in seen), name
        assert all(functions.opacity_at(value) == 0 for value in hidden), name


def test_every_modality_has_a_first_preset() -> None:
    assert first_preset("CT").id == "ct-bone"
    assert first_preset("PT").id == "pet"
    assert "MR" in first_preset("MR").modalities
    assert first_preset("XX").modalities == ()
    assert {preset.id for preset in presets_for("PT")} >= {"pet", "pet-mip", "grey"}
    assert "ct-bone" not in {preset.id for preset in presets_for("PT")}


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    with pytest.raises(VolumeError, match="no-such") as caught:
        preset_named("no-such")
    assert "ct-bone" in caught.value.advice


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = ", "Not a rendering preset"),
        (GOOD.replace('title = "Mine"\n', ""), "'title' is missing"),
        (GOOD + "colour = 1\n", "'colour' is not known"),
        (GOOD.replace("[100, 1]", "[100, 1.5]"), "1.5"),
        (GOOD.replace("[100, 1]", "[-100, 1]"), "order"),
        (GOOD.replace("[100, 1]", "[100]"), "pairs"),
        (GOOD.replace("[100, 1]", '["100", 1]'), "number"),
        (GOOD.replace("[[0, 0], [100, 1]]", "[[0, 0]]"), "between 2 and 64"),
        (GOOD.replace("[[0, 0], [100, 1]]", str([[index, 0] for index in range(99)])), "between 2 and 64"),
        (GOOD.replace("[100, 1]", "[inf, 1]"), "inf"),
        (GOOD.replace("#ff0000", "red"), "'red'"),
        (GOOD.replace("#ff0000", "#gg0000"), "#gg0000"),
        (GOOD + 'blend = "additive"\n', "additive"),
        (GOOD + 'scale = "SUV"\n', "SUV"),
        (GOOD + 'opacity_distance_mm = "1"\n', "number"),
        (GOOD + "opacity_distance_mm = 0\n", "0 mm"),
        (GOOD + 'modalities = "CT"\n', "list of texts"),
        (GOOD + "[shading]\nambient = 3\n", "light"),
        (GOOD + '[shading]\nis_on = "yes"\n', "true or false"),
        (GOOD + "[shading]\nlamp = 1\n", "'shading' is not known"),
    ],
)
def test_a_slip_of_the_hand_is_told_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as caught:
        read_preset(path)
    assert words in caught.value.one_line()
    assert str(path) in caught.value.one_line()


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "big.toml").write_bytes(b"# " + b"x" * 100_000)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "big.toml", tmp_path / "bytes.toml", tmp_path / "missing.toml", tmp_path):
        with pytest.raises(SettingsError):
            read_preset(path)


@given(st.text(max_size=200))
def test_whatever_text_there_is_functions_are_whole_or_refused(text: str) -> None:
    try:
        functions_from_text(text)
    except VolumeError:
        return


def _line() -> TransferFunctions:
    return TransferFunctions(
        (OpacityPoint(0, 0.0), OpacityPoint(100, 0.5), OpacityPoint(200, 1.0)),
        (ColorPoint(0, (0.0, 0.0, 0.0)), ColorPoint(200, (1.0, 1.0, 1.0))),
        (OpacityPoint(10, 0.0), OpacityPoint(20, 1.0)),
    )


def test_curves_are_straight_between_points_and_level_beyond() -> None:
    line = _line()
    assert [line.opacity_at(value) for value in (-5, 0, 50, 100, 150, 200, 999)] == [0, 0, 0.25, 0.5, 0.75, 1, 1]
    assert line.color_at(50) == (0.25, 0.25, 0.25)


def test_relative_functions_lie_in_the_range_and_come_back() -> None:
    relative = _line().stretched(0.005, 0.0)
    relative = TransferFunctions(relative.opacity, relative.color, relative.gradient, ValueScale.RELATIVE)
    placed = relative.placed(-1000.0, 1000.0)
    assert [point.value for point in placed.opacity] == [-1000, 0, 1000]
    assert [point.value for point in placed.gradient] == [100, 200]  # steepness has no origin
    back = placed.relative_to(-1000.0, 1000.0)
    assert [point.value for point in back.opacity] == pytest.approx([0, 0.5, 1])
    assert back.scale is ValueScale.RELATIVE


def test_a_negative_slope_turns_curves_round() -> None:
    turned = _line().stretched(-2.0, 10.0)
    assert [(point.value, point.opacity) for point in turned.opacity] == [(-390, 1.0), (-190, 0.5), (10, 0.0)]
    assert [point.value for point in turned.gradient] == [20, 40]
    with pytest.raises(VolumeError):
        _line().stretched(0.0, 1.0)


def test_points_are_moved_between_their_neighbours() -> None:
    moved = moved_point(_line(), 1, 500, 2.0)
    assert (moved.opacity[1].value, moved.opacity[1].opacity) == (200, 1.0)
    assert moved_point(_line(), 0, -700, -1.0).opacity[0] == OpacityPoint(-700, 0.0)


def test_points_are_added_and_taken_away() -> None:
    added, index = added_point(_line(), 150, 0.1)
    assert (index, len(added.opacity)) == (2, 4)
    assert removed_point(added, index) == _line()
    two = removed_point(_line(), 0)
    assert removed_point(two, 0) == two


def test_colours_are_changed_where_they_are_or_added() -> None:
    red = (1.0, 0.0, 0.0)
    assert [point.value for point in colored(_line(), 100, red, 10).color] == [0, 100, 200]
    assert [point.value for point in colored(_line(), 195, red, 10).color] == [0, 200]
    assert colored(_line(), 195, red, 10).color[1].color == red
    assert [point.value for point in uncolored(_line(), 3, 10).color] == [200]
    assert uncolored(_line(), 100, 10) == _line()


def test_a_preset_of_many_points_never_becomes_too_many() -> None:
    functions = _line()
    for value in range(300):
        functions, _index = added_point(functions, value, 0.5)
    assert len(functions.opacity) == 64
