"""Studies that arrived are delivered: each instance once, what fails again, and nothing is forgotten."""

import hashlib
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders.arrivals import arrive
from viewer.base.errors import LibraryError
from viewer.library.deliveries import Deliveries, Delivery
from viewer.library.instance_record import Door
from viewer.library.library import Library
from viewer.network.ports import HeldInstance
from viewer.network.sending import Outcome
from viewer.network.stations import Station
from viewer.reception.routing import DELAYS_S, MOST_ATTEMPTS, Routing
from viewer.reception.routing_rules import Action, Conditions, Export, Forward, Rule, RuleSet, Run, Tag

STUDY = "1.2.3.1"
ARCHIVE = Forward(Station("ARCHIVE", "192.0.2.9", 104))
PATIENCE = 60


@dataclass
class Archive:
    """A station that takes what it is sent, when it is there.

    Attributes:
        came: Every instance in the order it came, also twice.
    """

    is_there: bool = True
    refused: frozenset[str] = frozenset()
    came: list[str] = field(default_factory=list)

    def send(
        self, _station: Station, instances: Sequence[HeldInstance]
    ) -> Generator[tuple[HeldInstance, Outcome], None, None]:
        for each in instances:
            if not self.is_there:
                yield each, Outcome(None, "it does not answer")
            elif each.sop_instance_uid in self.refused:
                yield each, Outcome(0xA900, "not wanted")
            elif hashlib.sha256(each.path.read_bytes()).hexdigest() != each.sha256:
                yield each, Outcome(None, "altered")
            else:
                self.came.append(each.sop_instance_uid)
                yield each, Outcome(0)


@dataclass
class House:
    """A library with its routing, and a clock that is set by hand."""

    library: Library
    archive: Archive
    rules: RuleSet
    events: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    now: datetime = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    @contextmanager
    def routing(self) -> Iterator[Routing]:
        routing = Routing(
            self.library,
            lambda: self.rules,
            self.archive.send,
            lambda event, details: self.events.append((event, details)),
            now=lambda: self.now,
        )
        try:
            yield routing
        finally:
            routing.close()

    def work(self, routing: Routing) -> None:
        """Do what is due until nothing is."""
        end = time.monotonic() + PATIENCE
        while routing.is_busy:
            assert time.monotonic() < end
            routing.look()
            time.sleep(0.005)

    def route(self, *numbers: int) -> None:
        """Let instances arrive, go quiet, and be delivered."""
        arrive(self.library, numbers)
        with self.routing() as routing:
            routing.arrived(STUDY)
            self.work(routing)

    def only(self) -> Delivery:
        deliveries = Deliveries(self.library.database)
        (found,) = deliveries.waiting() or deliveries.given_up()
        return found


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with Library(tmp_path / "library", reserve_bytes=0) as library:
        yield House(library, Archive(), rules(ARCHIVE))


def rules(*actions: Action, conditions: Conditions = Conditions(), name: str = "rule") -> RuleSet:  # noqa: B008 - frozen
    return RuleSet((Rule(name, conditions, actions),))


def uids(*numbers: int) -> list[str]:
    return [f"{STUDY}.9.{number}" for number in numbers]


def test_late_instances_are_forwarded_too_and_none_twice(house: House) -> None:
    house.route(1, 2)
    assert house.archive.came == uids(1, 2)
    house.route(3)
    house.route()
    assert house.archive.came == uids(1, 2, 3)
    assert [(event, details["instances"]) for event, details in house.events] == [("routed", 2), ("routed", 1)]
    assert Deliveries(house.library.database).waiting_count() == 0


def test_only_what_came_over_the_network_is_routed(house: House) -> None:
    arrive(house.library, [1], door=Door.IMPORT)
    house.route()
    assert house.archive.came == []
    house.route(2)
    assert house.archive.came == uids(2)


def test_only_studies_that_a_rule_means_are_routed(house: House) -> None:
    house.rules = rules(ARCHIVE, conditions=Conditions(calling=("MR*",)))
    house.route(1)
    assert house.archive.came == []
    arrive(house.library, [2], ae_title="MR1")
    house.route()
    assert house.archive.came == uids(1, 2)  # the study is meant, not the instance


def test_what_cannot_be_sent_is_tried_again_with_growing_pauses(house: House) -> None:
    house.archive.is_there = False
    arrive(house.library, [1, 2])
    with house.routing() as routing:
        routing.arrived(STUDY)
        house.work(routing)
        for delay in DELAYS_S:
            waiting = house.only()
            assert waiting.error == "it does not answer"
            assert waiting.due_at == house.now + timedelta(seconds=delay)
            house.now = waiting.due_at
            house.work(routing)
        assert [event for event, _details in house.events] == ["problem"]  # told once, not at every attempt
    house.archive.is_there = True
    house.now += timedelta(hours=2)
    with house.routing() as routing:  # after a restart
        routing.take_up()
        house.work(routing)
    assert house.archive.came == uids(1, 2)
    assert Deliveries(house.library.database).waiting_count() == 0


def test_after_days_it_is_given_up_and_told_and_a_late_instance_begins_anew(house: House) -> None:
    house.archive.is_there = False
    arrive(house.library, [1])
    with house.routing() as routing:
        routing.arrived(STUDY)
        for _attempt in range(MOST_ATTEMPTS):
            house.work(routing)
            house.now += timedelta(hours=1)
        assert Deliveries(house.library.database).waiting_count() == 0
        assert house.only().error == "it does not answer"
        assert [details["given_up"] for _event, details in house.events] == [False, True]
        house.archive.is_there = True
        arrive(house.library, [2])
        routing.arrived(STUDY)
        house.work(routing)
    assert house.archive.came == uids(1, 2)


def test_what_one_station_does_not_take_keeps_nothing_else_back(house: House) -> None:
    house.archive.refused = frozenset(uids(2))
    house.route(1, 2, 3)
    assert house.archive.came == uids(1, 3)
    assert house.only().error == "1 not taken: not wanted"
    house.archive.refused = frozenset()
    house.now += timedelta(hours=1)
    house.route()
    assert house.archive.came == uids(1, 3, 2)


def test_a_file_that_is_not_as_it_was_kept_is_not_sent(house: House) -> None:
    (uid,) = arrive(house.library, [1])
    row = house.library.catalogue.instance(uid)
    assert row is not None
    path = house.library.store.path_of(row.kept)
    path.chmod(0o600)
    path.write_bytes(b"x" * row.kept.size)
    house.route(2)
    assert house.archive.came == uids(2)
    assert house.only().error == "1 not taken: altered"


def test_what_came_before_a_crash_is_routed_after_it(house: House) -> None:
    with house.routing() as routing:
        routing.take_up()
    arrive(house.library, [1], at=house.now + timedelta(seconds=5))  # and the power goes before the study is quiet
    house.now += timedelta(minutes=10)
    with house.routing() as routing:
        routing.take_up()
        house.work(routing)
    assert house.archive.came == uids(1)


def test_a_study_that_was_deleted_meanwhile_is_not_delivered(house: House) -> None:
    arrive(house.library, [1])
    with house.routing() as routing:
        routing.arrived(STUDY)
        house.library.catalogue.trash(STUDY)
        house.work(routing)
    assert house.archive.came == []
    assert Deliveries(house.library.database).waiting_count() == 0


def test_flags_are_set_beside_those_that_are_there(house: House) -> None:
    arrive(house.library, [1])
    house.library.catalogue.set_flags(STUDY, ["mine"])
    house.rules = rules(Tag(("to read", "CT")))
    house.route(2)
    (study,) = house.library.catalogue.studies_of_uid(STUDY)
    assert study.flags == {"mine", "to read", "CT"}


def test_a_study_is_exported_as_a_folder_and_what_is_late_as_another(house: House, tmp_path: Path) -> None:
    house.rules = rules(Export(tmp_path / "out"))
    house.route(1, 2)
    house.route(3)
    first, second = sorted((tmp_path / "out").iterdir(), key=lambda path: len(list(path.rglob("*.dcm"))), reverse=True)
    files = [sorted(path.read_bytes() for path in folder.rglob("*.dcm")) for folder in (first, second)]
    assert files == [[b"bytes of 1.2.3.1.1", b"bytes of 1.2.3.1.2"], [b"bytes of 1.2.3.1.3"]]
    assert "1.2.3" not in first.name + second.name


def test_an_export_that_was_finished_but_not_noted_is_not_made_again(house: House, tmp_path: Path) -> None:
    house.rules = rules(Export(tmp_path / "out"))
    house.route(1)
    with house.library.database.writing() as connection:  # as if the power had gone in between
        connection.execute("UPDATE deliveries SET done = '', ended_at = NULL WHERE rule = 'rule'")
    house.route()
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == 1
    assert Deliveries(house.library.database).waiting_count() == 0


def script(folder: Path, text: str) -> str:
    path = folder / "script.py"
    path.write_text(text)
    return str(path)


def test_a_program_gets_its_arguments_one_by_one_and_the_files_in_a_folder(house: House, tmp_path: Path) -> None:
    said = tmp_path / "said.txt"
    text = (
        "import os, pathlib, sys\n"
        "files = sorted(path.read_text() for path in pathlib.Path(sys.argv[3]).rglob('*.dcm'))\n"
        f"pathlib.Path({str(said)!r}).write_text(repr([sys.argv[1:3], files, sorted(os.environ)]))\n"
        "print('KIM^GILDONG')\n"
    )
    program = (sys.executable, script(tmp_path, text), "--study={study_uid}; rm *", "{ae}", "{folder}")
    house.rules = rules(Run(program))
    arrive(house.library, [1, 2], ae_title="CT $HOME")
    house.route()
    arguments, files, environment = eval(said.read_text())  # noqa: S307 - our own script wrote it
    assert arguments == ["--study=1.2.3.1; rm *", "CT $HOME"]
    assert files == ["bytes of 1.2.3.1.1", "bytes of 1.2.3.1.2"]
    assert not [name for name in environment if "NEGATOSCOPE" in name or "PYTEST" in name]
    assert not (house.library.folder / "outgoing").exists() or not list((house.library.folder / "outgoing").iterdir())


def test_a_program_that_fails_or_hangs_is_told_without_what_it_said(house: House, tmp_path: Path) -> None:
    fails = script(tmp_path, "import sys\nprint('KIM^GILDONG', file=sys.stderr)\nsys.exit(3)\n")
    house.rules = rules(Run((sys.executable, fails)))
    house.route(1)
    assert house.only().error.endswith("ended with code 3")
    Deliveries(house.library.database).forget("rule")
    hangs = script(tmp_path, "import time\ntime.sleep(1000)\n")
    house.rules = rules(Run((sys.executable, hangs), timeout_s=1))
    house.route(2)
    assert house.only().error.endswith("took longer than 1 s")
    Deliveries(house.library.database).forget("rule")
    house.rules = rules(Run((str(tmp_path / "nothing"),)))
    house.route(3)
    assert "cannot be run" in house.only().error


def test_a_value_is_never_taken_for_an_option(house: House) -> None:
    house.rules = rules(Run((sys.executable, "{ae}")))
    arrive(house.library, [1], ae_title="-c exit")
    house.route()
    assert "would be taken for an option" in house.only().error


def test_a_wrong_rule_is_told_once(house: House) -> None:
    house.rules = RuleSet((), ("Rule 'A': it has no action",))
    house.route(1)
    arrive(house.library, [2])
    with house.routing() as routing:
        routing.arrived(STUDY)
        routing.arrived(STUDY)
    told = [details["reason"] for event, details in house.events if event == "problem"]
    assert told == ["Rule 'A': it has no action"] * 2  # once by each receiver


def test_what_is_noted_while_a_delivery_is_under_way_is_not_lost(house: House) -> None:
    arrive(house.library, [1])
    with house.routing() as routing:
        send = house.archive.send

        def slow(
            station: Station, instances: Sequence[HeldInstance]
        ) -> Generator[tuple[HeldInstance, Outcome], None, None]:
            if not house.archive.came:
                arrive(house.library, [2])
                Deliveries(house.library.database).note(STUDY, [], house.now)
            yield from send(station, instances)

        routing._carrying_out._send = slow
        routing.arrived(STUDY)
        house.work(routing)
    assert house.archive.came == uids(1, 2)


def test_what_was_sent_but_could_not_be_noted_is_not_sent_again_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise LibraryError("the disk is full")

    arrive(house.library, [1])
    with house.routing() as routing:
        routing.arrived(STUDY)
        with monkeypatch.context() as patch:
            patch.setattr(routing._deliveries, "delivered", full)
            patch.setattr(routing._deliveries, "put_off", full)
            for _look in range(20):
                routing.look()
                time.sleep(0.01)
            wait_for(lambda: not routing._under_way)
            routing.look()
            wait_for(lambda: not routing._under_way)
        assert house.archive.came == uids(1)
        house.now += timedelta(hours=1)
        house.work(routing)
    assert house.archive.came == uids(1, 1)  # nothing says that it was sent
    assert Deliveries(house.library.database).waiting_count() == 0


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_what_was_delivered_long_ago_takes_no_room_and_is_still_not_delivered_twice(house: House) -> None:
    arrive(house.library, [1, 2], at=house.now - timedelta(minutes=1))
    house.route()
    house.now += timedelta(days=3)
    with house.routing() as routing:
        routing.look()
    with house.library.database.reading() as connection:
        (done,) = connection.execute("SELECT done FROM deliveries WHERE rule = 'rule'").fetchone()
    assert "1.2.3" not in done
    arrive(house.library, [3], at=house.now)
    house.route()
    assert house.archive.came == uids(1, 2, 3)
    house.route()
    assert house.archive.came == uids(1, 2, 3)
