"""The doctor's steps over DIMSE: name, connection, TLS, association, what is offered, echo, search, a move to us."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from viewer.archives.doctor import Examination, Finding, StepState
from viewer.archives.doctor_offers import FIND, MOVE, examine_offers, has, proposed
from viewer.archives.doctor_probe import other_than_dicom, speaks_without_tls
from viewer.base.errors import Cancelled, NetworkError
from viewer.base.translation import _, ngettext
from viewer.network.access import DimseAccess
from viewer.network.connecting import reached, resolved, secured
from viewer.network.dimse_commands import VERIFICATION
from viewer.network.echo import echo_over
from viewer.network.finding import find
from viewer.network.ports import QueryLevel
from viewer.network.requesting import Patience, RejectedError, RequestedAssociation
from viewer.network.tls_failures import UnsafeConnectionError
from viewer.reception.receiver_settings import ReceiverSettings

if TYPE_CHECKING:
    import socket
    import ssl

    from viewer.archives.access import Access

PATIENCE = Patience(connect_s=10.0, answer_s=15.0, message_s=30.0, send_s=15.0)
_BEYOND_TCP = ("tls", "association")
_BEYOND_ASSOCIATION = (
    "context-echo", "context-find", "context-get", "context-move", "context-commitment", "echo", "find", "move",
)  # fmt: skip
_DAYS = (7, 366)
"""How far back is searched before everything is; most archives hold something of the last week."""


def examine_dimse(access: "Access", dimse: DimseAccess, own: ReceiverSettings, examination: Examination) -> None:
    """Take the steps."""
    message_s = max(PATIENCE.message_s, dimse.quirks.patience_s)
    dimse = replace(dimse, patience=replace(PATIENCE, message_s=message_s))
    if not examine_connection(dimse.station.host, dimse.station.port, examination):
        examination.skip(_("Not tried: there is no connection"), *_BEYOND_TCP, *_BEYOND_ASSOCIATION)
        return
    if dimse.station.uses_tls and dimse.tls is not None:
        if not examination.look("tls", lambda: _tls(dimse)):
            examination.skip(_("Not tried: there is no safe connection"), "association", *_BEYOND_ASSOCIATION)
            return
    else:
        examination.skip(_("It is called without TLS, as most archives are: others in the network can read on"), "tls")
    with ExitStack() as held:
        talks: list[RequestedAssociation] = []

        def associate() -> Finding:
            talk, found = _association(dimse)
            talks.append(held.enter_context(talk))
            return found

        if not examination.look("association", associate):
            examination.skip(_("Not tried: there is no association"), *_BEYOND_ASSOCIATION)
            return
        offers = {context.abstract_syntax for context in talks[0].contexts.values()}
        examine_offers(offers, has_web=access.web is not None, examination=examination)
        number = next((key for key, each in talks[0].contexts.items() if each.abstract_syntax == VERIFICATION), 0)
        if number:
            examination.look("echo", lambda: _echo(talks[0], number))
        else:
            examination.skip(_("Not tried: it does not offer it"), "echo")
    _examine_services(dimse, own, offers, examination)


def _examine_services(dimse: DimseAccess, own: ReceiverSettings, offers: set[str], examination: Examination) -> None:
    from viewer.archives.doctor_move import examine_move

    if not has(offers, FIND):
        examination.skip(_("Not tried: it does not offer it"), "find", "move")
        return
    studies: list[str] = []
    can_search = examination.look("find", lambda: _find(dimse, studies, examination))
    if not can_search or not has(offers, MOVE):
        words = _("Not tried: the search failed") if not can_search else _("Not tried: it does not offer it")
        examination.skip(words, "move")
        return
    examine_move(dimse, own, studies, examination)


def examine_connection(host: str, port: int, examination: Examination, prefix: str = "") -> bool:
    """Take the steps up to a plain connection; return whether there is one."""
    subject = f"{host}:{port}"

    def resolve() -> Finding:
        addresses = resolved(host, port, subject)
        if addresses == (host,):
            return Finding(_("It is entered by its address, {0}").format(host))
        return Finding(_("{0} is {1}").format(host, ", ".join(addresses)))

    def reach() -> Finding:
        began = time.monotonic()
        reached(host, port, PATIENCE.connect_s, subject).close()
        took = (time.monotonic() - began) * 1000
        if took < 1:
            return Finding(_("Port {0} takes connections, in under 1 ms").format(port))
        return Finding(_("Port {0} takes connections, after {1} ms").format(port, f"{took:.0f}"))

    if not examination.look(f"{prefix}resolve", resolve):
        examination.skip(_("Not tried: the name is not known"), f"{prefix}tcp")
        return False
    return examination.look(f"{prefix}tcp", reach)


def _tls(dimse: DimseAccess) -> Finding:
    station = dimse.station
    plain = reached(station.host, station.port, PATIENCE.connect_s, str(station))
    if dimse.tls is None:
        raise NetworkError(_("It is called without TLS"))
    try:
        return safe_finding(plain, dimse.tls, station.host, str(station))
    except UnsafeConnectionError as error:
        if not error.presented and speaks_without_tls(dimse):
            error.advice = _("It speaks DICOM without TLS at this port: enter its TLS port, or call it without TLS")
        elif error.presented:
            error.advice = f"{error.advice} (SHA-256 {error.presented})" if error.advice else error.presented
        raise


def safe_finding(plain: "socket.socket", tls: "ssl.SSLContext", host: str, subject: str) -> Finding:
    """Make a connection safe, say with what, and close it.

    Raises:
        UnsafeConnectionError: If it cannot be made safe.
    """
    from viewer.network.certificates import facts_of

    with secured(plain, tls, host, subject) as safe:
        version, encoded = safe.version() or "TLS", safe.getpeercert(binary_form=True)
    facts = facts_of(encoded or b"")
    words = _("{0}; its certificate is that of {1}, signed by {2}, valid until {3}").format(
        version.replace("TLSv", "TLS "), facts.subject, facts.issuer, f"{facts.ends:%Y-%m-%d}"
    )
    if trouble := facts.trouble():
        return Finding(f"{words}. {trouble}", StepState.WARNING, _("Have the archive's certificate renewed"))
    return Finding(words)


def _association(dimse: DimseAccess) -> tuple[RequestedAssociation, Finding]:
    station = dimse.station
    try:
        talk = RequestedAssociation(
            station, dimse.calling_title, proposed(), tls=dimse.tls, patience=dimse.patience,
            most_pdu_bytes=dimse.quirks.most_pdu_bytes,
        )  # fmt: skip
    except RejectedError:
        raise
    except NetworkError as error:
        words, fix = ("", "") if station.uses_tls else other_than_dicom(station.host, station.port)
        raise NetworkError(words or str(error), advice=fix or error.advice) from error
    words = _("{0} accepts us as {1}").format(station.ae_title, dimse.calling_title)
    if talk.contexts:
        return talk, Finding(words)
    fix = _("Have {0} allowed to use its services there").format(dimse.calling_title)
    return talk, Finding(_("{0}, but offers none of its services").format(words), StepState.FAILED, fix)


def _echo(talk: RequestedAssociation, number: int) -> Finding:
    seconds = echo_over(talk, number)
    milliseconds = seconds * 1000
    if milliseconds < 1:
        return Finding(_("It answers in under 1 ms"))
    return Finding(_("It answers after {0} ms").format(f"{milliseconds:.0f}"))


def _find(dimse: DimseAccess, studies: list[str], examination: Examination) -> Finding:
    """Look for a few studies of these days, else of a year, else of ever; their UIDs go into the list."""
    today = date.today()  # noqa: DTZ011 - archives date studies by the clock on the wall
    ranges = [f"{today - timedelta(days):%Y%m%d}-{today + timedelta(1):%Y%m%d}" for days in _DAYS]
    for text in (*ranges, ""):
        studies += _study_uids(dimse, text, examination)
        if studies:
            count = len(studies)
            words = ngettext("It finds {0} study", "It finds {0} studies (no more were asked for)", count)
            return Finding(words.format(count))
    return Finding(_("It answers searches; it holds nothing, or shows this station nothing"), StepState.WARNING)


def _study_uids(dimse: DimseAccess, dates: str, examination: Examination) -> Sequence[str]:
    keys = {"StudyDate": dates, "StudyInstanceUID": ""}
    found = find(dimse, QueryLevel.STUDY, keys, most=3, cancelled=examination.cancelled)
    uids = [uid for row in found if (uid := row.get("StudyInstanceUID", ""))]
    if examination.cancelled():
        raise Cancelled
    return uids
