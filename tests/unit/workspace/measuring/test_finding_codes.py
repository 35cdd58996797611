"""The short lists of findings and sites: codes as the Standard has them, found by their words."""

from typing import Any

from pydicom.sr._concepts_dict import concepts

from viewer.workspace.measuring.finding_codes import code_of, findings, found, is_own, sites


def test_every_code_is_one_of_the_standards_context_groups() -> None:
    snomed: Any = concepts["SCT"]
    stated = {(code, meaning.lower()) for named in snomed.values() for code, (meaning, _cids) in named.items()}
    for code in (*findings(), *sites()):
        assert (code.value, code.meaning.lower()) in stated, code


def test_no_code_stands_twice() -> None:
    for codes in (findings(), sites()):
        assert len({each.value for each in codes}) == len(codes)
        assert len({each.meaning for each in codes}) == len(codes)


def test_codes_are_found_by_any_of_their_words() -> None:
    assert [each.meaning for each in found("lymph axil", sites())] == ["Axillary lymph node"]
    assert found("", findings()) == findings()


def test_what_is_typed_is_a_code_of_the_list_or_words_of_ones_own() -> None:
    liver = code_of(" LIVER ", sites())
    assert liver is not None
    assert (liver.value, liver.scheme) == ("10200004", "SCT")
    own = code_of("간 제8분절", sites())
    assert own is not None
    assert is_own(own)
    assert own.meaning == "간 제8분절"
    assert len(own.value) <= 16
    assert own == code_of("간 제8분절 ", sites())
    assert code_of("  ", sites()) is None
    parted = code_of("a\\b", sites())
    assert parted is not None
    assert parted.meaning == "a/b"
