"""The arguments of `negatoscope peers add`: what is said of an archive."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import UsageError
from viewer.base.translation import _

if TYPE_CHECKING:
    from viewer.network.peers import Peer, WebPlace

_MOST_TLS_FILES = 3


def add_arguments(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare `peers add`."""
    parser = actions.add_parser("add", help=_("add one; DICOM, DICOMweb, or both"))
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--replace", action="store_true", help=_("in the place of the one of that name"))
    dimse = parser.add_argument_group("DICOM")
    dimse.add_argument("--aet", metavar="AET", help=_("its AE title"))
    dimse.add_argument("--host", metavar="HOST", help=_("its name or address"))
    dimse.add_argument("--port", type=int, metavar="N", help=_("its port (11112, with TLS 2762)"))
    dimse.add_argument("--calling", default="", metavar="AET", help=_("our AE title for it, if not the receiver's"))
    dimse.add_argument(
        "--tls",
        nargs="*",
        default=None,
        metavar="PEM",
        help=_("call it over TLS: [CA], CERT KEY or CERT KEY CA; without a CA the system's are trusted"),
    )
    dimse.add_argument(
        "--fingerprint", action="append", metavar="SHA256", help=_("pair: only that very certificate is taken")
    )
    web = parser.add_argument_group("DICOMweb")
    web.add_argument("--dicomweb", metavar="URL", help=_("under which /studies is"))
    for option, what in (("qido", "QIDO-RS"), ("wado", "WADO-RS"), ("stow", "STOW-RS"), ("wado-uri", "WADO-URI")):
        web.add_argument(f"--{option}", default="", metavar="URL", help=_("of {0}, where it is another").format(what))
    web.add_argument("--user", default="", metavar="NAME", help=_("sign in with a password"))
    web.add_argument("--bearer", action="store_true", help=_("sign in with a token"))
    web.add_argument("--oidc", default="", metavar="ISSUER", help=_("sign in with OpenID Connect"))
    web.add_argument("--client-id", default="", metavar="ID", help=_("for --oidc"))
    web.add_argument("--scope", default="openid", metavar="TEXT", help=_("for --oidc"))
    web.add_argument(
        "--password-stdin",
        action="store_true",
        help=_("read password or token from standard input, kept in the keyring"),
    )
    _add_quirks(parser)


def _add_quirks(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(_("what has to be known of it"))
    methods = ("auto", "get", "move", "web")
    group.add_argument("--method", choices=methods, default="auto", help=_("how images are fetched"))
    group.add_argument("--charset", default="", metavar="TERM", help=_("its Specific Character Set, like ISO_IR 192"))
    group.add_argument("--max-pdu", type=int, default=0, metavar="BYTES", help=_("the longest P-DATA-TF it bears"))
    group.add_argument("--patient-root", action="store_true", help=_("propose the patient root first"))
    group.add_argument("--relational", action="store_true", help=_("ask for relational queries"))
    group.add_argument("--fuzzy", action="store_true", help=_("ask for fuzzy matching of names"))
    group.add_argument("--no-cancel", action="store_true", help=_("it does not bear C-CANCEL"))
    group.add_argument(
        "--no-key", action="append", default=[], metavar="KEYWORD", help=_("never ask for it; repeatable")
    )
    group.add_argument(
        "--sends-as",
        action="append",
        default=[],
        metavar="AET",
        help=_("another title under which it sends; repeatable"),
    )
    group.add_argument("--associations", type=int, default=1, metavar="N", help=_("how many at once"))
    group.add_argument("--patience", type=int, default=0, metavar="SECONDS", help=_("how long it may take to answer"))
    group.add_argument("--hidden", action="store_true", help=_("leave it out of searches in all archives"))


def peer_of_arguments(arguments: argparse.Namespace) -> "Peer":
    """Return the archive that the arguments mean; its values are not checked yet.

    Raises:
        UsageError: If they do not go together.
    """
    from viewer.network.peers import Peer, PeerTls, Quirks, RetrieveMethod
    from viewer.network.stations import DEFAULT_PORT, DEFAULT_TLS_PORT, Station

    uses_tls = arguments.tls is not None
    station = None
    if arguments.aet is not None or arguments.host is not None:
        if arguments.aet is None or arguments.host is None:
            raise UsageError(_("--aet and --host go together"))
        port = arguments.port if arguments.port is not None else DEFAULT_TLS_PORT if uses_tls else DEFAULT_PORT
        station = Station(arguments.aet, arguments.host, port, uses_tls)
    elif arguments.port is not None:
        raise UsageError(_("--port goes with --aet and --host"))
    if station is None and arguments.dicomweb is None:
        raise UsageError(_("Give --aet, --host and --port, or --dicomweb, or both"))
    files = [str(Path(path).absolute()) for path in arguments.tls or ()]
    if len(files) > _MOST_TLS_FILES or (uses_tls and not all(arguments.tls)):
        raise UsageError(_("--tls takes a CA, or a certificate and its key, and perhaps a CA"))
    own, authority = (files[:2], files[2:]) if len(files) > 1 else (["", ""], files)
    return Peer(
        name=arguments.name,
        station=station,
        tls=PeerTls("".join(authority), certificate=own[0], key=own[1]),
        web=_web(arguments),
        quirks=Quirks(
            calling_title=arguments.calling,
            character_set=arguments.charset,
            most_pdu_bytes=arguments.max_pdu,
            patient_root=arguments.patient_root,
            relational=arguments.relational,
            fuzzy=arguments.fuzzy,
            cancels=not arguments.no_cancel,
            unsupported_keys=tuple(arguments.no_key),
            sends_as=tuple(arguments.sends_as),
            associations=arguments.associations,
            patience_s=arguments.patience,
        ),
        method=RetrieveMethod(arguments.method),
        is_hidden=arguments.hidden,
    )


def _web(arguments: argparse.Namespace) -> "WebPlace | None":
    from viewer.network.peers import WebAuthorization, WebPlace

    ways = {
        WebAuthorization.BASIC: bool(arguments.user),
        WebAuthorization.BEARER: arguments.bearer,
        WebAuthorization.OIDC: bool(arguments.oidc),
    }
    chosen = [way for way, is_chosen in ways.items() if is_chosen]
    if arguments.dicomweb is None:
        if chosen or arguments.password_stdin:
            raise UsageError(_("Signing in goes with --dicomweb"))
        return None
    if len(chosen) > 1:
        raise UsageError(_("There is one way to sign in: --user, --bearer or --oidc"))
    if arguments.password_stdin and chosen not in ([WebAuthorization.BASIC], [WebAuthorization.BEARER]):
        raise UsageError(_("--password-stdin goes with --user or --bearer"))
    return WebPlace(
        root=arguments.dicomweb,
        search_root=arguments.qido,
        retrieve_root=arguments.wado,
        store_root=arguments.stow,
        uri_root=arguments.wado_uri,
        authorization=chosen[0] if chosen else WebAuthorization.NONE,
        user=arguments.user,
        issuer=arguments.oidc,
        client_id=arguments.client_id,
        scope=arguments.scope,
    )
