"""The Korean catalogue is complete, in step with the program, and chosen by language."""

import multiprocessing
import pickle
import string
from collections.abc import Iterator
from multiprocessing.sharedctypes import RawValue
from pathlib import Path

import pytest

from tests.builders.translations import MO, compiled, translated, untranslated
from viewer.base.byte_source import FileBytes
from viewer.base.errors import DecodingError
from viewer.base.translation import _, current_language, set_language
from viewer.dicom.transfer_syntaxes import Codec
from viewer.imaging.decoder_pool import DecoderPool
from viewer.imaging.frame_decoding import DecodeRequest
from viewer.imaging.stored_frame import PixelDescription
from viewer.media.scan_lanes import serve
from viewer.media.scan_results import Failure, scan_source, unpack_results


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    set_language("en")


def _fields(text: str) -> set[str]:
    return {field or "" for _literal, field, _spec, _conversion in string.Formatter().parse(text) if field is not None}


def test_every_text_has_a_korean_form() -> None:
    assert untranslated() == []


def test_the_compiled_catalogue_is_that_of_the_texts() -> None:
    assert MO.read_bytes() == compiled()


def test_placeholders_survive_translation() -> None:
    for message in translated():
        if not message.id:
            continue
        sources = message.id if isinstance(message.id, tuple) else (message.id,)
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = set.union(*(_fields(str(source)) for source in sources))
        for form in forms:
            assert _fields(str(form)) == wanted, message.id


def test_language_is_chosen_and_an_unknown_one_gives_english() -> None:
    set_language("ko")
    assert (current_language(), _("Study")) == ("ko", "검사")
    set_language("xx")
    assert (current_language(), _("Study")) == ("en", "Study")


def test_decoder_processes_speak_the_language_in_force() -> None:
    description = PixelDescription(8, 8)
    pool = DecoderPool(workers=1)
    try:
        for language, words in (("ko", "프레임이 비어 있습니다"), ("en", "The frame is empty")):
            set_language(language)
            with pytest.raises(DecodingError, match=words):
                pool.decode(DecodeRequest(Codec.JPEG_LOSSLESS, b"", description, subject=language))
    finally:
        pool.close()


def test_scanning_processes_speak_the_language_they_are_started_with(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, RawValue("i", -1), scan_source, "ko"), daemon=True)
    process.start()
    theirs.close()
    assert ours.recv_bytes() == b"ready"
    ours.send_bytes(pickle.dumps([str(path)]))
    (result,) = unpack_results(ours.recv_bytes(), [FileBytes(path)])
    ours.close()
    process.join(10)
    assert isinstance(result, Failure)
    assert result.error == "빈 파일입니다"
