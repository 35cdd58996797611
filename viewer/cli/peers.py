"""`negatoscope peers`: the archives that are known: added, listed, removed, imported, exported, paired, found."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import NetworkError, UsageError
from viewer.base.settings import Settings
from viewer.base.translation import _, ngettext
from viewer.cli.output import write_json, write_lines
from viewer.cli.peer_arguments import add_arguments, peer_of_arguments

if TYPE_CHECKING:
    from viewer.archives.pairing import ShownCertificate
    from viewer.archives.peer_list import PeerList
    from viewer.network.peers import Peer

_LONGEST_SECRET = 32 * 1024


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    text = _("the archives that are known: add, list, remove, import, export, pair")
    parser = subparsers.add_parser("peers", prog="negatoscope peers", help=text, description=text)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_arguments(actions)
    listing = actions.add_parser("list", help=_("list them"))
    listing.add_argument("--json", action="store_true", help=_("print JSON"))
    removing = actions.add_parser("remove", help=_("take one off the list, with its password"))
    removing.add_argument("name", metavar="NAME")
    importing = actions.add_parser(
        "import", help=_("add those of another list: ours, Orthanc's, Weasis', DCMTK's, CSV")
    )
    importing.add_argument("file", type=Path, metavar="FILE")
    exporting = actions.add_parser(
        "export", help=_("write the list without passwords; for Orthanc if FILE ends in .json")
    )
    exporting.add_argument("file", type=Path, metavar="FILE")
    pairing = actions.add_parser("pair", help=_("know an archive by its very certificate from now on"))
    pairing.add_argument("name", metavar="NAME")
    pairing.add_argument(
        "--fingerprint", action="append", metavar="SHA256", help=_("what its administrator says that it shows")
    )
    found = actions.add_parser(
        "found", help=_("list what could be added: on this computer, and the receiver's stations")
    )
    found.add_argument("--json", action="store_true", help=_("print JSON"))


def run(arguments: argparse.Namespace) -> int:
    """Do it; return the exit code.

    Raises:
        UsageError: If the arguments cannot be right.
        ViewerError: If the list cannot be read or written, or an archive does not show what it should.
    """
    from viewer.archives.peer_list import PeerList

    peers = PeerList(arguments.folder)
    actions = {
        "add": _add, "list": _list, "remove": _remove, "import": _import, "export": _export, "pair": _pair,
        "found": _found,
    }  # fmt: skip
    actions[arguments.action](arguments, peers)
    for problem in peers.problems:
        _say(problem)
    return 0


def _add(arguments: argparse.Namespace, peers: "PeerList") -> None:
    from viewer.archives.access import ask_on_terminal, open_access
    from viewer.archives.peer_checks import checked_peer
    from viewer.archives.secrets import Secrets
    from viewer.archives.web_access import PeerSecrets
    from viewer.reception.receiver_settings import ReceiverSettings

    peer = checked_peer(peer_of_arguments(arguments))
    if arguments.fingerprint:
        peer = _paired(peer, arguments)
    open_access(peer, arguments.folder, Settings(arguments.folder).section("receiver", ReceiverSettings))  # TLS files
    secret = _secret(arguments)
    if arguments.replace:
        old = peers.get(peer.name)
        peer = peers.replace(old.name, peer)
        PeerSecrets(old, Secrets()).move_to(peer)
    else:
        peer = peers.add(peer)
    kind = _secret_kind(peer)
    if kind and not secret:
        secret = ask_on_terminal(peer.name, kind) or ""
    if kind and secret:
        _keep(peer, kind, secret)


def _secret(arguments: argparse.Namespace) -> str:
    if not arguments.password_stdin:
        return ""
    text = sys.stdin.readline(_LONGEST_SECRET).rstrip("\r\n") if sys.stdin is not None else ""
    if not text:
        raise UsageError(_("There is no password on standard input"))
    return text


def _secret_kind(peer: "Peer") -> str:
    from viewer.archives.secrets import SecretKind
    from viewer.network.peers import WebAuthorization

    way = peer.web.authorization if peer.web is not None else WebAuthorization.NONE
    kinds = {WebAuthorization.BASIC: SecretKind.PASSWORD, WebAuthorization.BEARER: SecretKind.TOKEN}
    return kinds[way].value if way in kinds else ""


def _keep(peer: "Peer", kind: str, secret: str) -> None:
    from viewer.archives.peer_checks import is_open_to_listeners
    from viewer.archives.secrets import Secrets
    from viewer.archives.web_access import PeerSecrets

    if not PeerSecrets(peer, Secrets()).put(kind, secret):
        _say(_("This computer has no keyring that is open: the password is not kept, and is asked for each time"))
    if peer.web is not None and is_open_to_listeners(peer.web.root):
        _say(_("Passwords and tokens are not sent to an http URL, where others can read them: use https"))


def _list(arguments: argparse.Namespace, peers: "PeerList") -> None:
    from viewer.cli.peers_texts import peer_as_json, peers_as_lines

    if arguments.json:
        write_json([peer_as_json(peer, arguments.folder) for peer in peers.peers()])
    else:
        write_lines(peers_as_lines(peers.peers()))


def _remove(arguments: argparse.Namespace, peers: "PeerList") -> None:
    from viewer.archives.pairing import forget_pairing
    from viewer.archives.secrets import Secrets
    from viewer.archives.web_access import PeerSecrets

    removed = peers.remove(arguments.name)
    PeerSecrets(removed, Secrets()).forget()
    forget_pairing(removed, peers.peers(), arguments.folder)


def _import(arguments: argparse.Namespace, peers: "PeerList") -> None:
    from viewer.cli.given_paths import check_file
    from viewer.media.safety import printable

    check_file(arguments.file)
    report = peers.import_from(arguments.file)
    for problem in report.problems:
        _say(problem)
    write_lines(printable(_("Added: {0}").format(peer.name)) for peer in report.added)
    if report.already:
        words = ngettext("{0} was in the list already", "{0} were in the list already", report.already)
        write_lines([words.format(report.already)])
    if not report.added and not report.already:
        raise NetworkError(_("Nothing in it could be added"), subject=str(arguments.file))


def _export(arguments: argparse.Namespace, peers: "PeerList") -> None:
    peers.export_to(arguments.file)


def _pair(arguments: argparse.Namespace, peers: "PeerList") -> None:
    peer = _paired(peers.get(arguments.name), arguments)
    peers.replace(peer.name, peer)


def _paired(peer: "Peer", arguments: argparse.Namespace) -> "Peer":
    """Return an archive that is known by what it shows, if that is what a person says it must be."""
    from viewer.archives.access import is_terminal
    from viewer.archives.pairing import check_expected, paired, shown_by

    shown = shown_by(peer)
    if arguments.fingerprint:
        check_expected(shown, arguments.fingerprint, peer.name)
    else:
        _show(shown)
        if not is_terminal():
            raise UsageError(
                _("Compare the fingerprint with what the administrator says, and give it as --fingerprint")
            )
        print(_("Is this what the archive's administrator says? Type yes: "), end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().casefold() not in {"yes", _("yes")}:
            raise NetworkError(_("Not paired"), subject=peer.name)
    return replace(peer, tls=paired(peer, shown, arguments.folder).tls)


def _show(shown: "tuple[ShownCertificate, ...]") -> None:
    for each in shown:
        facts = each.facts
        _say(f"{', '.join(each.places)}  {facts.subject}")
        _say("    " + _("signed by {0}, valid until {1}").format(facts.issuer, f"{facts.ends:%Y-%m-%d}"))
        _say(f"    SHA-256 {facts.fingerprint}")


def _found(arguments: argparse.Namespace, peers: "PeerList") -> None:
    from viewer.archives.found_peers import found_peers
    from viewer.cli.peers_texts import found_as_lines, peer_as_json
    from viewer.reception.receiver_settings import ReceiverSettings

    receiver = Settings(arguments.folder).section("receiver", ReceiverSettings)
    found = found_peers(receiver, peers.peers())
    if arguments.json:
        write_json([{**peer_as_json(each.peer, arguments.folder), "known_from": each.words} for each in found])
    else:
        write_lines(found_as_lines(found))


def _say(words: str) -> None:
    from viewer.media.safety import printable

    print(printable(words), file=sys.stderr)
