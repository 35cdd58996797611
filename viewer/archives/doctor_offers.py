"""What an archive offers on an association, for the doctor: what is proposed, and what each service is good for."""

from dataclasses import dataclass

from viewer.archives.doctor import Examination, Finding, StepState
from viewer.base.translation import N_, _
from viewer.dicom.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN
from viewer.network.association_request import ProposedContext
from viewer.network.dimse_commands import VERIFICATION
from viewer.network.echo import echo_context
from viewer.network.negotiation import STORAGE_COMMITMENT_PUSH

FIND, MOVE, GET = "1", "2", "3"
"""Last components of the SOP classes (PS3.4 C.6)."""
_STUDY_ROOT, _PATIENT_ROOT = "1.2.840.10008.5.1.4.1.2.2.", "1.2.840.10008.5.1.4.1.2.1."
_ALLOW = N_("Have it allowed for this station there")


@dataclass(frozen=True, slots=True)
class _Service:
    """What is offered or not.

    Attributes:
        last: Last component of its SOP classes; empty where uid is the one.
        offered: What is said when it is; {0} are the information models.
    """

    step: str
    offered: str
    missing: str
    last: str = ""
    uid: str = ""
    fix: str = _ALLOW


_SERVICES = (
    _Service(
        "context-echo",
        N_("It answers echoes"),
        N_("It does not answer echoes, as every station must"),
        uid=VERIFICATION,
    ),
    _Service("context-find", N_("It offers searches: {0}"), N_("It does not offer searches"), FIND),
    _Service(
        "context-get",
        N_("It sends over the connection that we make (C-GET): {0}"),
        N_("It does not send over the connection that we make (C-GET)"),
        GET,
    ),
    _Service(
        "context-move",
        N_("It sends to stations that it knows (C-MOVE): {0}"),
        N_("It does not send to stations (C-MOVE)"),
        MOVE,
    ),
    _Service(
        "context-commitment",
        N_("It promises to keep what it was sent (storage commitment)"),
        N_("It gives no promise to keep what it was sent (storage commitment)"),
        uid=STORAGE_COMMITMENT_PUSH,
        fix=N_("Without it, nothing shows that what was sent there is safe"),
    ),
)


def proposed() -> list[ProposedContext]:
    """Return everything that is asked for, in contexts of its own."""
    syntaxes = (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN)
    uids = [root + service for service in (FIND, MOVE, GET) for root in (_STUDY_ROOT, _PATIENT_ROOT)]
    uids.append(STORAGE_COMMITMENT_PUSH)
    return [echo_context(1), *(ProposedContext(2 * number + 3, uid, syntaxes) for number, uid in enumerate(uids))]


def has(offers: set[str], service: str) -> bool:
    """Whether a service is offered in one of the information models."""
    return not offers.isdisjoint({_STUDY_ROOT + service, _PATIENT_ROOT + service})


def examine_offers(offers: set[str], *, has_web: bool, examination: Examination) -> None:
    """Take a step for each service; what can be done in another way is only warned of.

    Args:
        offers: SOP classes that were accepted.
        has_web: Whether the archive is also called over DICOMweb.
        examination: Takes the steps.
    """
    can_fetch = has_web or has(offers, GET) or has(offers, MOVE)
    failing = set() if has_web else {FIND}
    if not can_fetch:
        failing |= {GET, MOVE}
    for service in _SERVICES:
        state = StepState.FAILED if service.last in failing else StepState.WARNING
        found = _finding(service, offers, state)
        examination.look(service.step, lambda found=found: found)  # type: ignore[misc] # mypy knows no such defaults


def _finding(service: _Service, offers: set[str], state: StepState) -> Finding:
    roots = [
        words for root, words in ((_STUDY_ROOT, _("study root")), (_PATIENT_ROOT, _("patient root")))
        if service.last and root + service.last in offers
    ]  # fmt: skip
    if roots or service.uid in offers:
        return Finding(_(service.offered).format(", ".join(roots)))
    return Finding(_(service.missing), state, _(service.fix))
