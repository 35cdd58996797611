"""The chain stage by stage, and its table form: one truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.gray_images import gray_frame, gray_state
from viewer.base.errors import DicomError
from viewer.imaging.display_calibration import UNCALIBRATED
from viewer.imaging.display_shutter import DisplayShutter, Rectangle
from viewer.imaging.grayscale_pipeline import (
    AUTOMATIC,
    Stage,
    View,
    chain_table,
    gray_chain,
    render_stage,
    resolve_voi,
    without_foreign_windows,
)
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.padding import Padding
from viewer.imaging.presentation_lut import Presentation
from viewer.imaging.stored_frame import PixelDescription, StoredFrame
from viewer.imaging.voi_lut import VoiFunction, VoiOption, VoiOrigin, Window

AUTO = (VoiOption(None, origin=VoiOrigin.AUTO),)


def frame(*values: int, dtype: type = np.int16) -> StoredFrame:
    return gray_frame(np.array([values], dtype))


def pixels(count: int, *, is_signed: bool = True) -> PixelDescription:
    return PixelDescription(1, count, is_signed=is_signed)


def test_stages_have_their_types_and_values() -> None:
    stored = frame(-2000, 864, 1264, 3000)
    state = gray_state(pixels(4), padding=Padding(-2000, -2000))
    found = {stage: render_stage(stored, state, View(), stage) for stage in Stage}
    assert found[Stage.STORED].dtype == np.int16
    assert found[Stage.MODALITY].tolist() == [[-3024.0, -160.0, 240.0, 1976.0]]
    assert found[Stage.VOI].tolist() == [[0.0, 0.0, 1.0, 1.0]]
    assert found[Stage.P_VALUE].tolist() == [[0, 0, 65535, 65535]]
    assert found[Stage.P_VALUE].dtype == np.uint16
    assert found[Stage.DISPLAY].tolist() == [[0, 0, 255, 255]]
    assert found[Stage.DISPLAY].dtype == np.uint8


def test_padding_stays_black_when_everything_is_inverted() -> None:
    stored = frame(-2000, 0, 3000)
    state = gray_state(pixels(3), padding=Padding(-2000, -2000), presentation=Presentation(is_inverse=True))
    assert render_stage(stored, state, View(), Stage.P_VALUE).tolist() == [[0, 65535, 0]]
    assert render_stage(stored, state, View(inverted=True), Stage.P_VALUE).tolist() == [[0, 0, 65535]]


def test_rows_that_never_arrived_are_background() -> None:
    values = np.full((3, 2), 3000, np.int16)
    stored = StoredFrame(values, "MONOCHROME2", missing_rows=1)
    state = gray_state(PixelDescription(3, 2, is_signed=True))
    assert render_stage(stored, state, View(), Stage.P_VALUE).tolist() == [[65535] * 2, [65535] * 2, [0] * 2]


@settings(max_examples=40)
@given(
    st.booleans(),
    st.booleans(),
    st.floats(-3, 3).filter(lambda slope: abs(slope) > 0.01),
    st.floats(-2000, 2000),
    st.floats(-2000, 2000),
    st.floats(1, 5000),
    st.sampled_from(VoiFunction),
    st.booleans(),
)
def test_the_table_equals_the_chain(
    is_signed: bool,
    octets: bool,
    slope: float,
    intercept: float,
    center: float,
    width: float,
    function: VoiFunction,
    inverted: bool,
) -> None:
    kind = np.dtype(("i" if is_signed else "u") + ("1" if octets else "2"))
    info = np.iinfo(kind)
    values = np.random.default_rng(4).integers(info.min, info.max, (5, 50), endpoint=True).astype(kind)
    bits = kind.itemsize * 8
    description = PixelDescription(5, 50, bits_allocated=bits, bits_stored=bits, high_bit=bits - 1, is_signed=is_signed)
    state = gray_state(description, modality_transform=Rescale(slope, intercept))
    view = View(voi=Window(center, width, function), inverted=inverted)
    chain = gray_chain(state, view, resolve_voi(values, state, view))
    table = chain_table(chain, UNCALIBRATED, is_signed=is_signed, octets=octets)
    index = values.astype(int) + (1 << (bits - 1) if is_signed else 0)
    assert table.size == 1 << bits
    assert (table[index] == render_stage(gray_frame(values), state, view, Stage.DISPLAY)).all()


def test_an_automatic_window_spans_the_pixels_without_padding() -> None:
    stored = frame(-2000, 100, 200, 300)
    state = gray_state(pixels(4), padding=Padding(-2000, -2000), voi_options=AUTO)
    resolved = resolve_voi(stored.values, state, View())
    assert resolved.note
    assert render_stage(stored, state, View(), Stage.VOI).tolist() == [[0.0, 0.0, 0.5, 1.0]]


def test_an_automatic_window_of_a_ct_begins_no_lower_than_air() -> None:
    stored = frame(-3024, -1000, 0, 800)
    in_hu = gray_state(pixels(4), modality_transform=Rescale(1.0, 0.0, "HU"), voi_options=AUTO)
    in_counts = gray_state(pixels(4), modality_transform=Rescale(1.0, 0.0, "CNTS"), voi_options=AUTO)
    for state, lowest in ((in_hu, -1024), (in_counts, -3024)):
        window = resolve_voi(stored.values, state, View()).voi
        assert isinstance(window, Window)
        assert (window.low, window.high) == (lowest, 800)


def test_what_a_shutter_covers_does_not_count_in_an_automatic_window() -> None:
    values = np.array([[9000, 5, 10, 9000]], np.int16)
    shutter = DisplayShutter((Rectangle(2, 3, 1, 1),))
    state = gray_state(pixels(4), modality_transform=Rescale(1.0, 0.0), voi_options=AUTO, shutter=shutter)
    window = resolve_voi(values, state, View()).voi
    assert isinstance(window, Window)
    assert (window.low, window.high) == (5, 10)


@pytest.mark.parametrize(
    ("modality", "center", "width", "is_on_stored"),
    [("MR", 1000, 1500, True), ("CT", 1000, 1500, False), ("MR", 1.0, 1.5, False), ("MR", 1e7, 10, False)],
)
def test_windows_written_for_stored_values(modality: str, center: float, width: float, is_on_stored: bool) -> None:
    from dataclasses import replace

    stored = frame(0, 500, 1500, 2000)
    option = VoiOption(Window(center, width))
    state = gray_state(pixels(4), modality_transform=Rescale(0.001, 0.0), voi_options=(option,))
    state = replace(state, modality=modality)
    resolved = resolve_voi(stored.values, state, View())
    assert resolved.is_on_stored is is_on_stored
    assert bool(resolved.note) is is_on_stored
    by_hand = resolve_voi(stored.values, state, View(voi=Window(center, width)))
    assert not by_hand.is_on_stored


@pytest.mark.parametrize(
    ("modality", "center", "width", "is_kept"),
    [("MR", 1000, 1500, False), ("CT", 1000, 1500, True), ("MR", 1.0, 1.5, True)],
)
def test_values_rescaled_slice_by_slice_take_no_windows_of_stored_ones(
    modality: str, center: float, width: float, is_kept: bool
) -> None:
    from dataclasses import replace

    options = (VoiOption(Window(center, width)),)
    state = gray_state(pixels(4), modality_transform=Rescale(0.001, 0.0), voi_options=options)
    left = without_foreign_windows(replace(state, modality=modality), (0.0, 2.0))
    assert left.voi_options == (options if is_kept else (AUTOMATIC,))


def test_wide_integers_and_floats_take_the_long_way() -> None:
    stored = gray_frame(np.array([[2**31, 2**31 + 1, 2**31 + 2]], np.uint32))
    state = gray_state(pixels(3), modality_transform=Rescale(), voi_options=(VoiOption(Window(2**31 + 1.5, 3)),))
    assert render_stage(stored, state, View(), Stage.VOI).tolist() == [[0.0, 0.5, 1.0]]
    floats = gray_frame(np.array([[0.0, 0.25, np.nan]], np.float32))
    window = Window(0.25, 0.5, VoiFunction.LINEAR_EXACT)
    state = gray_state(pixels(3), modality_transform=Rescale(), voi_options=(VoiOption(window),))
    assert render_stage(floats, state, View(), Stage.VOI).tolist() == [[0.0, 0.5, 0.0]]


def test_colour_has_no_grey_stages() -> None:
    colour = StoredFrame(np.zeros((1, 1, 3), np.uint8), "RGB")
    state = gray_state(PixelDescription(1, 1, samples_per_pixel=3, photometric_interpretation="RGB"))
    for stage in (Stage.MODALITY, Stage.VOI, Stage.P_VALUE, Stage.DISPLAY):
        with pytest.raises(DicomError):
            render_stage(colour, state, View(), stage)


def test_tables_are_remembered_and_cannot_be_changed() -> None:
    state = gray_state(pixels(1))
    chain = gray_chain(state, View(), resolve_voi(np.zeros((1, 1), np.int16), state, View()))
    table = chain_table(chain, UNCALIBRATED, is_signed=True, octets=False)
    assert chain_table(chain, UNCALIBRATED, is_signed=True, octets=False) is table
    assert not table.flags.writeable
