"""What `negatoscope receive` takes for wrong usage, and what its options come to."""

import argparse
from pathlib import Path

import pytest

from viewer.base.errors import UsageError
from viewer.base.settings import Settings
from viewer.cli import receive
from viewer.network.allow_list import Admission
from viewer.reception.receiver_plan import plan_of
from viewer.reception.receiver_settings import ReceiverSettings


def settings(folder: Path, *options: str) -> ReceiverSettings:
    parser = argparse.ArgumentParser()
    receive.add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["receive", *options])
    arguments.folder = folder
    return receive.settings_of(arguments)


@pytest.mark.parametrize(
    "options",
    [
        ("--port", "70000"),
        ("--port", "-1"),
        ("--port", "²"),
        ("--once-idle", "soon"),
        ("--once-idle", "-1"),
        ("--once-idle", "nan"),
        ("--unknown", "perhaps"),
        ("--tls",),
        ("a-path",),
    ],
)
def test_options_that_cannot_be_read_are_wrong_usage(options: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        settings(tmp_path, *options)
    assert ended.value.code == 2


@pytest.mark.parametrize(
    "options",
    [
        ("--aet", ""),
        ("--aet", "A TITLE THAT IS TOO LONG"),
        ("--aet", "BACK\\SLASH"),
        ("--bind", "192.0.2.1"),
        ("--bind", "::"),
        ("--bind", "here.example"),
        ("--allow", "CT1@nowhere/99"),
        ("--allow", "@10.0.0.0/8"),
        ("--tls", "one.pem"),
        ("--tls", "one.pem", ""),
        ("--tls", "1", "2", "3", "4"),
        ("--station", "nobody"),
    ],
)
def test_what_options_say_together_must_be_possible(options: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        plan_of(settings(tmp_path, *options))


def test_without_options_it_is_closed_to_others(tmp_path: Path) -> None:
    plan = plan_of(settings(tmp_path))
    assert (plan.ae_title, plan.place.bind, plan.place.port, plan.place.tls) == (
        "NEGATOSCOPE",
        "127.0.0.1",
        11112,
        None,
    )
    assert plan.allowed.judge("ANYBODY", "127.0.0.1") is Admission.KNOWN
    assert plan.allowed.judge("ANYBODY", "192.0.2.7") is Admission.REFUSED


def test_who_may_call_is_named(tmp_path: Path) -> None:
    plan = plan_of(
        settings(
            tmp_path, "--bind", "192.0.2.1", "--allow", "CT1@192.0.2.0/24", "--allow", "MR1", "--unknown", "refuse"
        )
    )
    assert plan.allowed.judge("CT1", "192.0.2.7") is Admission.KNOWN
    assert plan.allowed.judge("CT1", "198.51.100.7") is Admission.REFUSED
    assert plan.allowed.judge("MR1", "198.51.100.7") is Admission.KNOWN
    inbox = plan_of(settings(tmp_path, "--allow", "CT1@127.0.0.0/8"))
    assert inbox.allowed.judge("SOMEBODY", "127.0.0.1") is Admission.UNKNOWN


def test_the_settings_count_only_when_they_are_asked_for_and_options_come_before_them(tmp_path: Path) -> None:
    kept = ReceiverSettings(ae_title="KEPT", port=11113, quiet_seconds=3, stations=("PACS@192.0.2.9:104",))
    Settings(tmp_path).store("receiver", kept)
    assert settings(tmp_path) == ReceiverSettings()
    assert settings(tmp_path, "--configured") == kept
    given = settings(tmp_path, "--configured", "--aet", "GIVEN", "--port", "0", "--tls", "c.pem", "k.pem", "ca.pem")
    assert (given.ae_title, given.port, given.quiet_seconds) == ("GIVEN", 0, 3)
    tls = plan_of(given).place.tls
    assert tls is not None
    assert tls.authority == Path("ca.pem")
