"""Where our receiver is for an archive, and whom it lets in."""

import pytest

from viewer.archives.own_place import OwnPlace, addresses_of, local_address, senders_of, tls_files_of
from viewer.base.errors import NetworkError
from viewer.network.access import DimseAccess
from viewer.network.peers import Quirks
from viewer.network.stations import Station
from viewer.reception.receiver_settings import ReceiverSettings


def access(host: str, *, sends_as: tuple[str, ...] = ()) -> DimseAccess:
    return DimseAccess(Station("ARCHIVE", host, 104), "US", quirks=Quirks(sends_as=sends_as))


def test_an_archive_on_this_computer_reaches_us_on_the_loopback() -> None:
    assert addresses_of(access("127.0.0.1")) == ("127.0.0.1",)
    assert local_address("127.0.0.1") == "127.0.0.1"
    assert local_address("no address") == "127.0.0.1"


def test_a_host_that_is_not_known_is_said() -> None:
    with pytest.raises(NetworkError, match="host is not known"):
        addresses_of(access("no.such.host.invalid"))


def test_only_the_archive_is_let_in_under_its_titles_from_its_addresses() -> None:
    settings = ReceiverSettings(allow=("ARCHIVE@10.0.0.0/8", "CT1@10.0.0.0/8"))
    rules = senders_of(access("h", sends_as=("OTHER",)), ("192.0.2.1", "2001:db8::1"), settings)
    assert [str(rule) for rule in rules] == [
        "ARCHIVE@192.0.2.1/32", "ARCHIVE@2001:db8::1/128", "OTHER@192.0.2.1/32", "OTHER@2001:db8::1/128",
        "ARCHIVE@10.0.0.0/8",
    ]  # fmt: skip


def test_what_has_to_be_entered_there_is_said() -> None:
    advice = OwnPlace("NEGATOSCOPE", "192.0.2.7", 11112).advice()
    assert all(part in advice for part in ("NEGATOSCOPE", "192.0.2.7", "11112"))


def test_tls_only_with_both_files() -> None:
    assert tls_files_of(ReceiverSettings()) is None
    assert tls_files_of(ReceiverSettings(certificate="c")) is None
    files = tls_files_of(ReceiverSettings(certificate="c", key="k"))
    assert files is not None
    assert files.authority is None
