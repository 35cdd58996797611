"""Multipart bodies are taken apart the same however they come, and what is wrong with them is noticed."""

import itertools
import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.network.web.multipart import MultipartReader, boundary_of
from viewer.network.web.problems import WebError

BOUNDARY = b"b-1"
DELIMITER = b"\r\n--b-1"


def reading(pieces: list[bytes]) -> Callable[[int], bytes]:
    left: Iterator[bytes] = iter([piece for piece in pieces if piece])
    return lambda _wanted: next(left, b"")


def body_of(parts: list[bytes], *, counted: bool) -> bytes:
    heads = [b"\r\nContent-Length: %d" % len(part) if counted else b"" for part in parts]
    each = b"".join(
        b"--b-1\r\nContent-Type: a/b" + head + b"\r\n\r\n" + part + b"\r\n"
        for part, head in zip(parts, heads, strict=True)
    )
    return each + b"--b-1--\r\n"


def taken(pieces: list[bytes], *, trusts_lengths: bool = True) -> list[bytes]:
    reader = MultipartReader(reading(pieces), BOUNDARY, trusts_lengths=trusts_lengths)
    return [b"".join(part.pieces()) for part in reader.parts()]


def cut_at(body: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted({cut % (len(body) + 1) for cut in cuts}), len(body)]
    return [body[begin:end] for begin, end in itertools.pairwise(places)]


NEARLY = st.lists(
    st.sampled_from([b"\r", b"\n", b"-", b"\r\n--b-", b"\r\n--", b"b-1", b"--b-2", b"x", b"\0"]), max_size=12
)


@settings(max_examples=300, deadline=None)
@given(st.lists(NEARLY, max_size=4), st.lists(st.integers(0, 10_000), max_size=30), st.booleans())
def test_parts_are_the_same_wherever_the_pieces_end(parts: list[list[bytes]], cuts: list[int], counted: bool) -> None:
    contents = [b"".join(part) for part in parts]
    contents = [content for content in contents if DELIMITER not in b"\r\n" + content + b"\r\n-"] or [b"one"]
    assert taken(cut_at(body_of(contents, counted=counted), cuts)) == contents


@pytest.mark.parametrize("counted", [True, False])
def test_byte_by_byte(counted: bool) -> None:
    contents = [b"first", b"", b"\r\n--b-", random.Random(1).randbytes(500)]
    body = b"a preamble\r\n" + body_of(contents, counted=counted) + b"an epilogue"
    assert taken([bytes([byte]) for byte in body]) == contents


def test_pieces_are_not_copied() -> None:
    content = bytes(1000)
    body = body_of([content], counted=True)
    (part,) = (list(part.pieces()) for part in MultipartReader(reading([body]), BOUNDARY).parts())
    assert [piece.obj is body for piece in part] == [True]


def test_what_nobody_takes_is_passed_over() -> None:
    reader = MultipartReader(reading([body_of([b"one", b"two", b"three"], counted=False)]), BOUNDARY)
    found = [b"".join(part.pieces()) for number, part in enumerate(reader.parts()) if number != 1]
    assert found == [b"one", b"three"]


@pytest.mark.parametrize("counted", [True, False])
def test_every_body_that_is_cut_off_is_known(counted: bool) -> None:
    body = body_of([b"one" * 10, b"two"], counted=counted)
    whole = len(body) - 4  # the closing delimiter needs no line end behind it
    for end in range(whole + 2):
        with pytest.raises(WebError):
            taken([body[:end]])
    assert len(taken([body[: whole + 2]])) == 2


def test_lengths_that_are_wrong_are_noticed_and_need_not_be_believed() -> None:
    body = body_of([b"abcdef"], counted=True)
    for said in (b"5", b"7", b"0", b"99999"):
        wrong = body.replace(b"Content-Length: 6", b"Content-Length: " + said)
        with pytest.raises(WebError):
            taken([wrong])
        assert taken([wrong], trusts_lengths=False) == [b"abcdef"]


@pytest.mark.parametrize(
    "body",
    [b"", b"no delimiter at all" * 10, b"--other\r\n\r\nbody\r\n--other--\r\n", b"--b-1 and more\r\n\r\n",
     b"\n" * 200_000, b"--b-1\r\n" + b"a: b\r\n" * 1000 + b"\r\n", b"--b-1\r\na: " + b"b" * 100_000, b"<html></html>"],
)  # fmt: skip
def test_what_is_no_such_body_is_an_error(body: bytes) -> None:
    with pytest.raises(WebError):
        taken([body])


@pytest.mark.parametrize(
    ("said", "boundary"),
    [("multipart/related; boundary=abc", b"abc"), ('multipart/related; type="a/b"; boundary="a b:c"', b"a b:c"),
     ("multipart/related; BOUNDARY=abc; x=y", b"abc"), ("multipart/related", b""), ("", b""),
     ("multipart/related; boundary=" + "x" * 500, b"")],
)  # fmt: skip
def test_boundaries_are_read(said: str, boundary: bytes) -> None:
    assert boundary_of(said) == boundary
