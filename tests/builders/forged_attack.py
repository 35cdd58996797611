"""Forged instances sent to a receiver by several at once, and what has to be so afterwards."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.builders.attackers import Load, sent
from tests.builders.dimse_client import contexts_for
from tests.builders.forging import INTRUDER, MODALITY, PATIENT, Forged, forgeries, genuine_study
from tests.builders.kept_check import Holding, check_holds
from tests.builders.receiver_process import ReceiverProcess
from tests.flows.command_line import run
from viewer.library.library import Library

ALLOWED = ("--allow", f"{MODALITY}@127.0.0.0/8", "--allow", f"{INTRUDER}@127.0.0.0/8")


def attack(library: Path, count: int, *, seed: int = 1) -> Counter[str]:
    """Forge so many instances over a genuine study; return how often each thing was said of them."""
    genuine = genuine_study()
    contexts = contexts_for(genuine)
    forged = list(forgeries(count, genuine, seed=seed))
    with ReceiverProcess(library, *ALLOWED) as receiver:
        first = sent(Load(receiver.address, [genuine], contexts, calling=[MODALITY]))
        assert len(first.acknowledged) == len(genuine)
        for calling in sorted({each.forgery.calling for each in forged}):
            mine = [each.instance for each in forged if each.forgery.calling == calling]
            parts = [mine[number::4] for number in range(4)]  # several at once
            load = sent(Load(receiver.address, parts, contexts, calling=[calling]))
            assert load.lost == []
            assert {reply.status for _instance, reply in load.answers} <= {0xC111}
        assert receiver.stop() == 0
        assert receiver.errors == b""
    held = check_holds(library, genuine)
    in_force = {each.instance.sop_instance_uid for each in forged if not each.forgery.is_kept_aside}
    assert held.in_force.keys() == {each.sop_instance_uid for each in genuine} | in_force
    check_said(receiver, held, forged)
    check_listed(library, held, genuine[0].study_instance_uid, forged)
    return Counter(each.forgery.told_as for each in forged)


def check_said(receiver: ReceiverProcess, held: Holding, forged: Sequence[Forged]) -> None:
    """See that an event told of each one, with what is wrong about it."""
    said: dict[str, set[str]] = {}
    for told in receiver.events:
        if told["event"] in {"stored", "quarantined"}:
            words = said.setdefault(told["sha256"], set())
            words.update(told.get("flagged", "").split(", "))
            words.add(told.get("reason", ""))
    files = held.by_data_set()
    unsaid = [each.forgery for each in forged if each.forgery.told_as not in said[files[each.instance.data_set]]]
    assert unsaid == []


def check_listed(library: Path, held: Holding, study_uid: str, forged: Sequence[Forged]) -> None:
    """See that the library tells of each one afterwards: kept aside, or in a study with a warning of its kind."""
    files = held.by_data_set()
    aside = {
        (each.instance.sop_instance_uid, files[each.instance.data_set]) for each in forged if each.forgery.is_kept_aside
    }
    listed = run(library.parent, "--library", library, "library", "quarantine", "--json").json()["conflicts"]
    assert {(each["sop_instance_uid"], each["sha256"]) for each in listed} == aside
    assert {(uid, sha256) for uid, sha256, _reason in held.aside} == aside
    studies = run(library.parent, "--library", library, "library", "studies", "--json").json()["studies"]
    (genuine,) = [
        each for each in studies if (each["study_instance_uid"], each["patient_id"]) == (study_uid, "GENUINE-1")
    ]
    assert (genuine["patient_name"], genuine["birth_date"]) == (PATIENT["PatientName"], PATIENT["PatientBirthDate"])
    warned = {(each["study_instance_uid"], each["patient_id"]) for each in studies if each["warnings"]}
    suspicious = [each for each in forged if not each.forgery.is_kept_aside]
    assert {(each.instance.study_instance_uid, each.instance.patient_id) for each in suspicious} <= warned
    with Library(library, reserve_bytes=0) as opened:
        counts: Counter[str] = Counter()
        for warning in opened.catalogue.warnings():
            counts[warning.kind.value] += warning.instance_count
    wanted = Counter(each.forgery.told_as for each in suspicious)
    assert all(counts[kind] >= count for kind, count in wanted.items()), f"{counts} for {wanted}"
