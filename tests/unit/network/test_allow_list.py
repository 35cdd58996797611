"""Who may call: the policies that were decided, address by address."""

import pytest

from viewer.base.errors import NetworkError
from viewer.network.allow_list import Admission, AllowList, AllowRule

KNOWN, UNKNOWN, REFUSED = Admission.KNOWN, Admission.UNKNOWN, Admission.REFUSED


@pytest.mark.parametrize(
    ("text", "title", "network"),
    [
        ("CT1", "CT1", None),
        (" CT 1 ", "CT 1", None),
        ("CT1@192.168.1.7", "CT1", "192.168.1.7/32"),
        ("CT1@192.168.1.0/24", "CT1", "192.168.1.0/24"),
        ("CT1@192.168.1.77/24", "CT1", "192.168.1.0/24"),
        ("CT1@[2001:db8::1]", "CT1", "2001:db8::1/128"),
        ("CT1@2001:db8::/48", "CT1", "2001:db8::/48"),
    ],
)
def test_a_rule_is_a_title_and_a_network(text: str, title: str, network: str | None) -> None:
    rule = AllowRule.parse(text)
    assert rule.ae_title == title
    assert (None if rule.network is None else str(rule.network)) == network
    assert AllowRule.parse(str(rule)) == rule


@pytest.mark.parametrize("text", ["", "@10.0.0.1", "CT1@", "CT1@nowhere", "CT1@10.0.0.0/33", "A" * 17, "A\\B", "A\nB"])
def test_what_is_no_rule_is_refused_in_words(text: str) -> None:
    with pytest.raises(NetworkError) as refused:
        AllowRule.parse(text)
    assert refused.value.advice


def test_without_rules_only_this_computer_may_call() -> None:
    nobody = AllowList()
    assert [nobody.judge("ANY", address) for address in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1")] == [
        KNOWN
    ] * 4
    assert [nobody.judge("ANY", address) for address in ("192.168.1.7", "fe80::1%eth0", "", "localhost")] == [
        REFUSED
    ] * 4


@pytest.mark.parametrize(
    ("title", "address", "admission"),
    [
        ("CT1", "10.1.2.3", KNOWN),
        ("CT1", "::ffff:10.1.2.3", KNOWN),
        ("CT1", "10.2.0.1", REFUSED),
        ("ct1", "10.1.2.3", UNKNOWN),  # titles tell capitals apart
        ("MR1", "10.1.2.3", UNKNOWN),
        ("CT1", "2001:db8::7", UNKNOWN),
        ("MR1", "2001:db8::7", KNOWN),
        ("CT1", "127.0.0.1", REFUSED),
        ("CT1", "not an address", REFUSED),
    ],
)
def test_titles_and_networks_are_judged_together(title: str, address: str, admission: Admission) -> None:
    rules = (AllowRule.parse("CT1@10.1.0.0/16"), AllowRule.parse("MR1@2001:db8::/32"))
    assert AllowList(rules).judge(title, address) is admission
    if admission is UNKNOWN:
        assert AllowList(rules, takes_unknown=False).judge(title, address) is REFUSED


def test_a_rule_without_a_network_opens_every_address() -> None:
    anywhere = AllowList((AllowRule.parse("CT1"),))
    assert anywhere.judge("CT1", "8.8.8.8") is KNOWN
    assert anywhere.judge("X", "8.8.8.8") is UNKNOWN


@pytest.mark.parametrize("bind", ["0.0.0.0", "192.168.1.2", "::", "some.host"])  # noqa: S104 - that is what is refused
def test_a_place_open_to_others_needs_rules(bind: str) -> None:
    with pytest.raises(NetworkError, match="nobody was named"):
        AllowList().check_place(bind)
    AllowList((AllowRule.parse("CT1"),)).check_place(bind)


@pytest.mark.parametrize("bind", ["127.0.0.1", "::1", "localhost"])
def test_a_place_on_this_computer_needs_none(bind: str) -> None:
    AllowList().check_place(bind)
