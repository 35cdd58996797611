"""What codestreams say beats what headers say; damage is marked or refused, never stretched."""

import struct
import zlib
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.pixel_headers import encapsulated_header
from viewer.base.errors import DecodingError
from viewer.imaging.codecs.jpeg_xl import jpeg_xl_size
from viewer.imaging.color_pipeline import to_rgb
from viewer.imaging.frame_decoding import InlineDecoder
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.stored_frame import FrameWarning, StoredFrame

BASELINE, EXTENDED, LOSSLESS = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.70"
JPEG_LS, JPEG_2000, HTJ2K, JPEG_XL = (f"1.2.840.10008.1.2.4.{number}" for number in (80, 90, 201, 110))
RLE, DEFLATED, ENCAPSULATED = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.1", "1.2.840.10008.1.2.1.98"
ROWS, COLUMNS = 48, 40
RNG = np.random.default_rng(7)
COLOUR: NDArray[np.uint8] = RNG.integers(0, 256, (ROWS, COLUMNS, 3), dtype=np.uint8)


def grey(bits: int = 12) -> NDArray[np.uint16]:
    return RNG.integers(0, 1 << bits, (ROWS, COLUMNS), dtype=np.uint16)


def decode(data: bytes, uid: str, stored: int = 12, allocated: int = 16, **image: Any) -> StoredFrame:
    image = {
        "rows": ROWS, "columns": COLUMNS, "bits_allocated": allocated, "bits_stored": stored, "high_bit": stored - 1,
    } | image  # fmt: skip
    return FrameSource(encapsulated_header([data], uid, **image), InlineDecoder()).stored_frame(0)


def decode_colour(data: bytes, uid: str, photometric: str) -> StoredFrame:
    return decode(data, uid, 8, 8, samples_per_pixel=3, photometric_interpretation=photometric)


def lossless_jpeg(values: NDArray[Any], bits: int, predictor: int = 1) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(values, lossless=True, bitspersample=bits, predictor=predictor))


def wavelet(values: NDArray[Any], **options: Any) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(values, level=0, codecformat="j2k", reversible=True, **options))


ENCODERS: dict[str, Callable[[NDArray[Any]], bytes]] = {
    LOSSLESS: lambda values: lossless_jpeg(values, 12),
    JPEG_LS: lambda values: bytes(imagecodecs.jpegls_encode(values)),
    JPEG_2000: lambda values: wavelet(values, bitspersample=12),
    HTJ2K: lambda values: bytes(imagecodecs.htj2k_encode(values, reversible=True)),
    JPEG_XL: lambda values: bytes(imagecodecs.jpegxl_encode(values, lossless=True)),
}


@pytest.mark.parametrize("uid", ENCODERS)
def test_lossless_streams_give_back_every_value(uid: str) -> None:
    values = grey()
    frame = decode(ENCODERS[uid](values), uid)
    assert np.array_equal(frame.values, values)
    assert frame.values.dtype == np.uint16
    assert not frame.warnings


@pytest.mark.parametrize("uid", [LOSSLESS, JPEG_LS, JPEG_2000, JPEG_XL])
def test_signed_words_get_their_sign_back(uid: str) -> None:
    values = grey().astype(np.int16) - 2048
    frame = decode(ENCODERS[uid]((values & 0xFFF).astype(np.uint16)), uid, pixel_representation=1)
    assert np.array_equal(frame.values, values)
    assert frame.values.dtype == np.int16


@pytest.mark.parametrize("predictor", range(1, 8))
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_lossless_jpeg_of_every_predictor_and_precision(bits: int, predictor: int) -> None:
    values = grey(bits).astype(np.uint8 if bits == 8 else np.uint16)
    frame = decode(lossless_jpeg(values, bits, predictor), "1.2.840.10008.1.2.4.57", bits, 8 if bits == 8 else 16)
    assert np.array_equal(frame.values, values)


def test_every_lossless_stream_cut_anywhere_is_marked_or_refused() -> None:
    values = grey()
    for uid, encode in ENCODERS.items():
        data = encode(values)
        for length in range(0, len(data) - 2, 7):
            try:
                frame = decode(data[:length], uid)
            except DecodingError:
                continue
            assert FrameWarning.TRUNCATED in frame.warnings
            delivered = ROWS - frame.missing_rows
            assert np.array_equal(frame.values[:delivered], values[:delivered])
            assert not frame.values[delivered:].any()


@pytest.mark.parametrize("uid", ENCODERS)
def test_bytes_after_the_end_are_marked(uid: str) -> None:
    data = ENCODERS[uid](grey())
    assert FrameWarning.OVERLONG not in decode(data + b"\0\0\0", uid).warnings
    if uid != JPEG_XL:  # whose boxes may go on
        assert FrameWarning.OVERLONG in decode(data + b"more of it", uid).warnings


@pytest.mark.parametrize("uid", ENCODERS)
def test_another_size_than_the_header_says_is_refused(uid: str) -> None:
    with pytest.raises(DecodingError, match=f"{ROWS} rows and {COLUMNS} columns"):
        decode(ENCODERS[uid](grey()), uid, rows=ROWS + 1)


def test_a_stream_of_another_codec_than_the_syntax_says_is_decoded_and_marked() -> None:
    values = grey()
    frame = decode(ENCODERS[JPEG_2000](values), LOSSLESS)
    assert np.array_equal(frame.values, values)
    assert frame.warnings == {FrameWarning.CODEC_DISAGREES}
    assert np.array_equal(decode(ENCODERS[JPEG_LS](values), BASELINE).values, values)


def jpeg(space: str) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(COLOUR, 100, colorspace="rgb", outcolorspace=space, subsampling="444"))


def without_segments(data: bytes, *markers: int) -> bytes:
    """Return a JPEG stream without its APPn segments."""
    position = 2
    while data[position + 1] in markers:
        position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    return data[:2] + data[position:]


def as_rgb(values: NDArray[Any]) -> NDArray[Any]:
    """YBR_FULL to RGB by the Standard's formula."""
    luma, blue, red = (values[..., number].astype(float) for number in range(3))
    rgb = [
        luma + 1.402 * (red - 128),
        luma - 0.344136 * (blue - 128) - 0.714136 * (red - 128),
        luma + 1.772 * (blue - 128),
    ]
    return np.stack(rgb, axis=-1)


@pytest.mark.parametrize("stated", ["RGB", "YBR_FULL", "YBR_FULL_422"])
def test_jfif_streams_are_ybr_and_adobe_streams_what_their_transform_says(stated: str) -> None:
    ybr = decode_colour(jpeg("ycbcr"), BASELINE, stated)
    assert ybr.photometric_interpretation == "YBR_FULL"
    assert (FrameWarning.CODEC_DISAGREES in ybr.warnings) == (stated == "RGB")
    assert np.abs(as_rgb(ybr.values) - COLOUR).max() <= 6
    rgb = decode_colour(jpeg("rgb"), BASELINE, stated)
    assert rgb.photometric_interpretation == "RGB"
    assert (FrameWarning.CODEC_DISAGREES in rgb.warnings) == (stated != "RGB")
    assert np.abs(rgb.values.astype(int) - COLOUR).max() <= 4


@pytest.mark.parametrize("stated", ["RGB", "YBR_FULL"])
def test_streams_that_do_not_tell_are_what_the_header_says(stated: str) -> None:
    data = without_segments(jpeg("ycbcr"), 0xE0, 0xEE)
    frame = decode_colour(data, BASELINE, stated)
    assert frame.photometric_interpretation == stated
    assert not frame.warnings


@pytest.mark.parametrize(
    ("transform", "stated", "disagrees"),
    [(True, "YBR_RCT", False), (True, "RGB", False), (True, "YBR_FULL", True), (False, "YBR_RCT", True)],
)
def test_wavelets_undo_their_component_transform(transform: bool, stated: str, disagrees: bool) -> None:
    frame = decode_colour(wavelet(COLOUR, mct=transform), JPEG_2000, stated)
    assert frame.photometric_interpretation == "RGB"
    assert np.array_equal(frame.values, COLOUR)
    assert (FrameWarning.CODEC_DISAGREES in frame.warnings) == disagrees


def test_three_components_under_a_grey_header_are_shown_and_marked() -> None:
    frame = decode(jpeg("rgb"), BASELINE, 8, 8)
    assert frame.photometric_interpretation == "RGB"
    assert FrameWarning.CODEC_DISAGREES in frame.warnings
    single = decode_colour(bytes(imagecodecs.jpeg8_encode(COLOUR[..., 0].copy(), 100)), BASELINE, "RGB")
    assert single.photometric_interpretation == "MONOCHROME2"
    assert FrameWarning.CODEC_DISAGREES in single.warnings


def test_precision_of_the_stream_beats_bits_stored() -> None:
    values = grey(12) | 0x800
    frame = decode(lossless_jpeg(values, 12), LOSSLESS, 10)
    assert np.array_equal(frame.values, values)
    assert frame.warnings == {FrameWarning.BITS_DISAGREE}
    narrow = decode(lossless_jpeg(values, 12), LOSSLESS, 8, 8)
    assert np.array_equal(narrow.values, values)


@pytest.mark.parametrize(("stored", "full"), [(10, 1020), (16, 65280), (8, 255), (7, 127)])
def test_full_intensity_of_a_colour_stream_is_that_of_the_image(stored: int, full: int) -> None:
    image = {"samples_per_pixel": 3, "photometric_interpretation": "RGB"}
    frame = decode(wavelet(np.full((ROWS, COLUMNS, 3), 255, np.uint8)), JPEG_2000, stored, 16, **image)
    assert frame.values[0, 0].tolist() == [full] * 3
    assert (FrameWarning.BITS_DISAGREE in frame.warnings) == (stored != 8)
    assert to_rgb(frame, stored)[0, 0].min() >= 254


def test_whole_words_are_masked_like_native_cells() -> None:
    values = grey(12)
    frame = decode(lossless_jpeg(values | 0x4000, 16), LOSSLESS, 12)
    assert np.array_equal(frame.values, values)
    assert frame.raw_words is not None
    assert np.array_equal(frame.raw_words, values | 0x4000)


def test_signed_wavelets_under_an_unsigned_header_keep_their_sign() -> None:
    values = grey(12).astype(np.int16) - 2048
    frame = decode(wavelet(values), JPEG_2000, 16)
    assert np.array_equal(frame.values, values)
    assert FrameWarning.BITS_DISAGREE in frame.warnings


def test_extended_twelve_bit_jpeg_is_near_its_source() -> None:
    smooth = (np.add.outer(np.arange(ROWS), np.arange(COLUMNS)) * 40).astype(np.uint16)
    frame = decode(bytes(imagecodecs.jpeg8_encode(smooth, 100, bitspersample=12)), EXTENDED)
    assert np.abs(frame.values.astype(int) - smooth).max() <= 2


@pytest.mark.parametrize(("allocated", "samples"), [(8, 1), (16, 1), (32, 1), (8, 3), (16, 3)])
def test_rle_against_an_encoder_of_our_test_and_cut_at_every_byte(allocated: int, samples: int) -> None:
    width = allocated // 8
    shape = (ROWS, COLUMNS, samples) if samples > 1 else (ROWS, COLUMNS)
    values = RNG.integers(0, 1 << allocated, shape, dtype=f"u{width}")
    values[10:20] = 5
    planes = [
        plane.astype(f">u{width}").reshape(-1, 1).view(np.uint8).reshape(-1, width)[:, byte]
        for plane in (values.reshape(-1, samples).T)
        for byte in range(width)
    ]
    segments = [bytes(imagecodecs.packbits_encode(plane.tobytes())) for plane in planes]
    segments = [segment + b"\0" * (len(segment) % 2) for segment in segments]
    offsets = [64 + sum(map(len, segments[:number])) for number in range(len(segments))]
    data = struct.pack("<16I", len(segments), *offsets, *[0] * (15 - len(segments))) + b"".join(segments)
    photometric = "RGB" if samples == 3 else "MONOCHROME2"
    image = {"samples_per_pixel": samples, "photometric_interpretation": photometric}
    frame = decode(data, RLE, allocated, allocated, **image)
    assert np.array_equal(frame.values, values)
    assert not frame.warnings
    for length in range(0, len(data) - 2, 62):
        try:
            cut = decode(data[:length], RLE, allocated, allocated, **image)
        except DecodingError:
            continue
        delivered = ROWS - cut.missing_rows
        assert cut.missing_rows
        assert FrameWarning.TRUNCATED in cut.warnings
        assert np.array_equal(cut.values[:delivered], values[:delivered])
        assert not cut.values[delivered:].any()


def test_rle_headers_that_lie_are_refused() -> None:
    for header in ((3, 64), (1, 65), (2, 64, 64), (0, 0), (99, 64)):
        data = struct.pack(f"<{len(header)}I", *header).ljust(64, b"\0") + bytes(100)
        with pytest.raises(DecodingError):
            decode(data, RLE)


def deflated(cells: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflater.compress(cells) + deflater.flush()


def test_deflated_frames_and_their_bombs() -> None:
    values = grey()
    data = deflated(values.astype("<u2").tobytes())
    assert np.array_equal(decode(data, DEFLATED).values, values)
    cut = decode(data[: len(data) // 2], DEFLATED)
    assert FrameWarning.TRUNCATED in cut.warnings
    assert 0 < cut.missing_rows < ROWS
    assert FrameWarning.OVERLONG in decode(deflated(bytes(50_000_000)), DEFLATED).warnings
    with pytest.raises(DecodingError, match="damaged"):
        decode(b"\xff" * 40, DEFLATED)


def test_uncompressed_cells_in_fragments() -> None:
    values = grey()
    assert np.array_equal(decode(values.astype("<u2").tobytes(), ENCAPSULATED).values, values)
    cut = decode(values.astype("<u2").tobytes()[:-100], ENCAPSULATED)
    assert cut.missing_rows == 2
    assert FrameWarning.TRUNCATED in cut.warnings


@pytest.mark.parametrize("shape", [(8, 8), (48, 40), (256, 256), (513, 700), (9, 4000), (120, 160), (2000, 3000)])
@pytest.mark.parametrize("container", [False, True])
def test_the_size_of_jpeg_xl_images_is_read_from_their_bits(shape: tuple[int, int], container: bool) -> None:
    data = imagecodecs.jpegxl_encode(np.zeros(shape, np.uint8), lossless=True, effort=1, usecontainer=container)
    assert jpeg_xl_size(bytes(data)) == shape


def test_jpeg_xl_colour_and_recompressed_jpeg_are_rgb() -> None:
    frame = decode_colour(bytes(imagecodecs.jpegxl_encode(COLOUR, lossless=True)), JPEG_XL, "RGB")
    assert np.array_equal(frame.values, COLOUR)
    original = bytes(imagecodecs.jpeg8_encode(COLOUR, 95))
    recompressed = bytes(imagecodecs.jpegxl_encode_jpeg(original))
    again = decode_colour(recompressed, "1.2.840.10008.1.2.4.111", "YBR_FULL")
    assert again.photometric_interpretation == "RGB"
    assert np.abs(again.values.astype(int) - imagecodecs.jpeg8_decode(original)).max() <= 6


@pytest.mark.parametrize("uid", [BASELINE, LOSSLESS, JPEG_LS, JPEG_2000, HTJ2K, JPEG_XL, RLE, DEFLATED])
@pytest.mark.parametrize("data", [b"\0\0", b"\xff\xd8\xff\xd9", b"\xff\x4f\xff\x51" + bytes(20), b"\xff\x0a\xff\xff"])
def test_rubbish_is_refused_in_words(uid: str, data: bytes) -> None:
    with pytest.raises(DecodingError) as caught:
        decode(data, uid)
    assert caught.value.subject == "memory"
