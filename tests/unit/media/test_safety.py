import pytest

from tests.builders.hostile_names import HOSTILE_NAMES
from viewer.base.errors import RefusedError
from viewer.media.safety import Quotas, check_expansion, member_components, printable


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_hostile_names_are_refused(name: str) -> None:
    with pytest.raises(RefusedError):
        member_components(name.replace("{canary}", "/tmp/canary"))  # noqa: S108 - a name, not a file


def test_there_are_a_hundred_hostile_names() -> None:
    assert len(set(HOSTILE_NAMES)) >= 100


@pytest.mark.parametrize(
    ("name", "components"),
    [
        ("DICOM/PA000000/ST000000/SE000000/IM000000", ("DICOM", "PA000000", "ST000000", "SE000000", "IM000000")),
        ("DICOM\\IM1", ("DICOM", "IM1")),
        ("./DICOM/IM1.dcm", ("DICOM", "IM1.dcm")),
        ("홍길동/영상 1.dcm", ("홍길동", "영상 1.dcm")),
        ("a..b/..c", ("a..b", "..c")),
        ("CONTRAST/AUXILIARY/COM10", ("CONTRAST", "AUXILIARY", "COM10")),
        ("IM1.", ("IM1.",)),
    ],
)
def test_honest_names_are_let_in(name: str, components: tuple[str, ...]) -> None:
    assert member_components(name) == components


def test_expansion_is_refused_only_when_large_and_absurd() -> None:
    check_expansion(packed=1000, inflated=100_000_000)
    check_expansion(packed=200 << 20, inflated=4 << 30)
    with pytest.raises(RefusedError):
        check_expansion(packed=10 << 20, inflated=10 << 30)
    with pytest.raises(RefusedError):
        check_expansion(packed=100, inflated=101, quotas=Quotas(member_bytes=100))


def test_printable_text_cannot_steer_a_terminal() -> None:
    assert printable("a\x1b[2Jb\u202ec") == "a\\x1b[2Jb\\u202ec"
    assert printable("홍길동 é") == "홍길동 é"
