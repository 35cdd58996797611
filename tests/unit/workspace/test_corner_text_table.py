"""Corner texts as the reader wants them: kept in the settings, and never more or less than was chosen."""

import pytest

from viewer.base.errors import SettingsError
from viewer.workspace.corner_text_table import (
    CORNERS,
    DEFAULT,
    FIELD_TITLES,
    CornerTextSettings,
    CornerTextTable,
    LineRule,
)
from viewer.workspace.corner_texts import FIELDS

OWN = {"top_right": (LineRule(("kernel", "zoom"), 50, is_short=True),), "bottom_left": ()}


def test_every_field_has_a_title_and_every_title_a_field() -> None:
    assert set(FIELD_TITLES) == set(FIELDS)


def test_own_texts_come_back_from_the_settings_and_the_rest_stays_built_in() -> None:
    builtin = CornerTextTable.builtin()
    own = builtin.with_corners("CT", OWN).with_corners("OT", dict.fromkeys(CORNERS, ()))
    again = builtin.changed_by(own.settings())
    assert again == own
    assert again.of("CT") == OWN
    assert again.of("OT") == {"top_right": (), "bottom_left": ()}  # the reader wants none
    assert again.of("MR") == builtin.of("MR")
    assert builtin.settings() == CornerTextSettings()


def test_a_modality_without_texts_of_its_own_follows_its_like_until_it_is_changed() -> None:
    builtin = CornerTextTable.builtin()
    assert builtin.of("CR") == builtin.of("DX")
    changed = builtin.with_corners("CR", OWN)
    assert changed.of("CR") == OWN
    assert changed.of("DX") == builtin.of("DX")
    assert changed.restored("CR") == builtin
    assert builtin.with_corners("CT", OWN).restored("CT") == builtin
    assert builtin.of("XC") == builtin.by_modality[DEFAULT]


@pytest.mark.parametrize("line", ["CT", "CT|middle|zoom|5|", "CT|top_right|patient_secret|5|", "CT|top_right|zoom|x|"])
def test_lines_that_mean_nothing_are_refused(line: str) -> None:
    with pytest.raises(SettingsError):
        CornerTextTable.builtin().changed_by(CornerTextSettings((line,)))
