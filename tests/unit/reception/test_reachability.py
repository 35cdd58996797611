"""Who can reach this computer, in words; and what keeps settings from being put into force."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from viewer.reception.reachability import cautions, is_for_this_computer_only, place_trouble, troubles, who_can_reach
from viewer.reception.receiver_settings import ReceiverSettings

ON = replace(ReceiverSettings(), is_on=True)
OPEN = replace(ON, bind="192.168.1.5", allow=("CT1@192.168.1.0/24",))


def test_what_is_off_or_on_this_computer_only_needs_no_warning() -> None:
    assert who_can_reach(ReceiverSettings()) == ("Nobody: the receiver is off",)
    assert who_can_reach(ON) == ("Only programs on this computer",)
    assert cautions(ON) == cautions(ReceiverSettings()) == ()
    assert troubles(ON) == ()


@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - asked about
        ("192.168.1.5", False),
        ("", False),
        ("elsewhere", False),
    ],
)
def test_which_addresses_others_can_reach(address: str, is_own: bool) -> None:
    assert is_for_this_computer_only(address) is is_own


def test_an_open_one_without_a_list_is_refused() -> None:
    found = troubles(replace(OPEN, allow=()))
    assert [each.name for each in found] == ["allow"]
    assert who_can_reach(replace(OPEN, allow=())) == ("Nobody yet: say who may send",)


def test_senders_are_told_with_network_and_encryption() -> None:
    assert who_can_reach(OPEN) == (
        "CT1 from 192.168.1.0/24, not encrypted",
        "Others from these networks may send too: what they send waits in the inbox",
    )
    shut = replace(OPEN, unknown="refuse", certificate="/c.pem", key="/k.pem")
    assert who_can_reach(shut) == ("CT1 from 192.168.1.0/24, over TLS",)
    assert who_can_reach(replace(shut, authority="/a.pem"))[0].endswith("over TLS, with a certificate of its own")
    assert who_can_reach(replace(shut, allow=("CT1",)))[0] == "CT1 from any address, over TLS"


def test_what_is_dangerous_is_said() -> None:
    words = " ".join(cautions(replace(OPEN, allow=("CT1", "MR@0.0.0.0/0"), bind="0.0.0.0")))  # noqa: S104 - asked about
    for part in ("any computer that calls itself so", "very wide network", "Not encrypted", "every address"):
        assert part in words
    tls = replace(OPEN, certificate="/c.pem", key="/k.pem")
    assert cautions(tls) == ("Senders show no certificate: whoever can reach the port can pretend to be one of them",)
    assert cautions(replace(tls, authority="/a.pem")) == ()


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"ae_title": ""}, "ae_title"),
        ({"ae_title": "a\\b"}, "ae_title"),
        ({"bind": "nowhere"}, "bind"),
        ({"allow": ("CT1@300.0.0.1",)}, "allow"),
        ({"allow": ("@10.0.0.1",)}, "allow"),
        ({"stations": ("nobody",)}, "stations"),
        ({"certificate": "/c.pem"}, "key"),
        ({"key": "/k.pem"}, "certificate"),
        ({"authority": "/a.pem"}, "certificate"),
        ({"certificate": "relative.pem", "key": "k.pem"}, "certificate"),
    ],
)
def test_wrong_values_are_named(changed: dict[str, object], name: str) -> None:
    found = troubles(replace(OPEN, **changed))  # type: ignore[arg-type] # wrong on purpose
    assert name in {each.name for each in found}
    assert all(each.words for each in found)


def test_files_that_are_no_certificates_are_told(tmp_path: Path) -> None:
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    certificate.write_text("-----BEGIN CERTIFICATE-----\n")
    key.write_text("nothing")
    found = troubles(replace(OPEN, certificate=str(certificate), key=str(key)))
    assert [(each.name, "no key" in each.words) for each in found] == [("key", True)]
    key.write_text("-----BEGIN EC PRIVATE KEY-----\n")
    assert troubles(replace(OPEN, certificate=str(certificate), key=str(key))) == ()


def test_places_are_tried() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        trouble = place_trouble("127.0.0.1", taken.getsockname()[1])
        assert trouble is not None
        assert (trouble.name, "taken" in trouble.words) == ("port", True)
    assert place_trouble("127.0.0.1", 0) is None
    trouble = place_trouble("192.0.2.1", 0)
    assert trouble is not None
    assert trouble.name == "bind"
