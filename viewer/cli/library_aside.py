"""`negatoscope library quarantine|accept|discard|put-in-force|reconcile|note|rate|flag`: what a reader decides."""

import argparse
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from viewer.base.errors import LibraryError, UsageError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.cli import library_texts
from viewer.cli.output import write_json, write_lines

if TYPE_CHECKING:
    from viewer.library.aside import Decided
    from viewer.library.library import Library
    from viewer.library.study_row import StudyRow

_FIELDS = ("patient_id", "issuer", "patient_name", "birth_date", "sex", "accession_number", "study_id")
_HIGHEST_RATING = 5

AddAction = Callable[[str, str], argparse.ArgumentParser]


def add_actions(add: AddAction) -> None:
    """Declare the actions of this module."""
    quarantine = add("quarantine", _("list instances kept aside: altered duplicates, and those of unknown senders"))
    quarantine.add_argument("--all", dest="is_all", action="store_true", help=_("also what was in force once"))
    quarantine.add_argument("--compare", action="store_true", help=_("read both files and tell how they differ"))
    for name, text in (
        ("accept", _("file instances that are aside as if their sender were known")),
        ("discard", _("remove instances that are aside for good")),
    ):
        parser = add(name, text)
        parser.add_argument("keys", nargs="*", metavar="KEY", help=_("as quarantine tells it, or its beginning"))
        parser.add_argument("--sender", metavar="AET", default=None, help=_("all that came from a sender"))
        parser.add_argument("--study", metavar="UID", default=None, help=_("all of a study"))
    add("put-in-force", _("put an altered duplicate in the place of what is held")).add_argument("key", metavar="KEY")
    _add_reconcile(add("reconcile", _("give a study the identity it should have; the originals are kept")))
    for name, text, value in (
        ("note", _("write notes upon a study"), "TEXT"),
        ("rate", _("rate a study from 0 (none) to 5"), "NUMBER"),
    ):
        parser = add(name, text)
        parser.add_argument("study", metavar="STUDY_UID")
        parser.add_argument("value", metavar=value, type=int if name == "rate" else str)
    flag = add("flag", _("set flags upon a study; 'protected' keeps it from every rule"))
    flag.add_argument("study", metavar="STUDY_UID")
    flag.add_argument("flags", nargs="*", metavar="FLAG", help=_("exactly these; none takes all away"))


def _add_reconcile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY_UID")
    parser.add_argument("--patient-id", default=None, metavar="ID")
    parser.add_argument("--issuer", default=None, metavar="NAME", help=_("of the patient ID"))
    parser.add_argument(
        "--name", dest="patient_name", default=None, metavar="NAME", help="Hong^Gildong=洪^吉洞=홍^길동"
    )
    parser.add_argument("--birth-date", default=None, metavar="YYYYMMDD")
    parser.add_argument("--sex", choices=("M", "F", "O", ""), default=None)
    parser.add_argument("--accession", dest="accession_number", default=None, metavar="NUMBER")
    parser.add_argument("--study-id", default=None, metavar="ID")
    parser.add_argument(
        "--held-as", default=None, metavar="ID", help=_("under which patient ID it is, where it is under several")
    )
    parser.add_argument(
        "--coerce", dest="is_coerced", action="store_true", help=_("the values were right where the study came from")
    )
    parser.add_argument("--suggest", dest="is_asked", action="store_true", help=_("list patients it may be of"))
    parser.add_argument("--undo", dest="is_undone", action="store_true", help=_("bring the originals back"))


def _quarantine(library: "Library", arguments: argparse.Namespace) -> int:
    from viewer.library.instance_record import AsideReason

    conflicts = [
        each for each in library.catalogue.conflicts() if arguments.is_all or each.reason is not AsideReason.SUPERSEDED
    ]
    if arguments.json:
        values = [library_texts.conflict_as_json(library, each, is_compared=arguments.compare) for each in conflicts]
        write_json({"conflicts": values})
    else:
        write_lines(library_texts.conflict_as_line(each) for each in conflicts)
    return 0


def _accept(library: "Library", arguments: argparse.Namespace) -> int:
    from viewer.library.aside import accept

    return _tell(accept(library, _keys(library, arguments)), arguments)


def _discard(library: "Library", arguments: argparse.Namespace) -> int:
    from viewer.library.aside import discard

    return _tell(discard(library, _keys(library, arguments)), arguments)


def _put_in_force(library: "Library", arguments: argparse.Namespace) -> int:
    from viewer.library.aside import put_in_force

    return _tell(put_in_force(library, _whole_key(library, arguments.key)), arguments)


def _keys(library: "Library", arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the keys that are given, or of everything from a sender or of a study."""
    from viewer.library.aside import keys_of

    is_group = arguments.sender is not None or arguments.study is not None
    if is_group == bool(arguments.keys):
        raise UsageError(_("Give keys, or --sender, or --study"))
    if not is_group:
        return tuple(_whole_key(library, key) for key in arguments.keys)
    keys = keys_of(library, sender=arguments.sender, study_instance_uid=arguments.study)
    if not keys:
        raise LibraryError(_("Nothing of that is kept aside"), subject=arguments.sender or arguments.study)
    return keys


def _whole_key(library: "Library", beginning: str) -> str:
    """Return the key that begins so."""
    found = {each.kept.sha256 for each in library.catalogue.conflicts() if each.kept.sha256.startswith(beginning)}
    if not beginning or not found:
        raise LibraryError(_("Nothing of this key is kept aside"), subject=beginning)
    if len(found) > 1:
        raise LibraryError(_("Several keys begin so: give more of it"), subject=beginning)
    return found.pop()


def _tell(decided: "Decided", arguments: argparse.Namespace) -> int:
    if arguments.json:
        write_json(
            {
                "decision": decided.kind.value,
                "studies": list(decided.study_instance_uids),
                "filed": decided.filed,
                "altered": decided.altered,
                "discarded": decided.discarded,
            }
        )
    else:
        write_lines(
            [
                _("{filed} filed, {altered} kept aside as altered, {discarded} removed").format(
                    filed=decided.filed, altered=decided.altered, discarded=decided.discarded
                )
            ]
        )
    return 0


def _reconcile(library: "Library", arguments: argparse.Namespace) -> int:
    from viewer.library.reconciliation import Identity, Reason, reconcile, suggestions, undo_reconciliation

    study = _study(library, arguments)
    values = {name: getattr(arguments, name) for name in _FIELDS if getattr(arguments, name) is not None}
    if bool(values) + arguments.is_undone + arguments.is_asked != 1:
        raise UsageError(_("Give what the study should say, or --undo, or --suggest"))
    if arguments.is_asked:
        found = [(each.study, [likeness.value for likeness in each.likenesses]) for each in suggestions(library, study)]
        if arguments.json:
            write_json({"patients": [library_texts.patient_as_json(*each) for each in found]})
        else:
            write_lines(library_texts.patient_as_line(*each) for each in found)
        return 0
    if arguments.is_undone:
        done = undo_reconciliation(library, study, Progress())
    else:
        reason = Reason.COERCE if arguments.is_coerced else Reason.CORRECT
        done = reconcile(library, study, Identity(**values), Progress(), reason=reason)
    if arguments.json:
        answer: dict[str, Any] = library_texts.study_as_json(done.study)
        counts = {"reconciled": done.instances, "unchanged": done.unchanged, "signed": done.signed}
        write_json({**answer, "issuer": done.study.issuer, **counts})
    else:
        write_lines([library_texts.study_as_line(done.study)])
    return 0


def _study(library: "Library", arguments: argparse.Namespace) -> "StudyRow":
    rows = library.catalogue.studies_of_uid(arguments.study)
    if (held_as := getattr(arguments, "held_as", None)) is not None:
        rows = [row for row in rows if row.patient_id == held_as]
    if not rows:
        raise LibraryError(_("The library has no such study"), subject=arguments.study)
    if len(rows) > 1:
        raise LibraryError(
            _("The study is there under several patients"),
            subject=arguments.study,
            advice=_("Say which with --held-as"),
        )
    return rows[0]


def _note(library: "Library", arguments: argparse.Namespace) -> int:
    library.catalogue.set_notes(_any_study(library, arguments), arguments.value)
    return _tell_study(library, arguments)


def _rate(library: "Library", arguments: argparse.Namespace) -> int:
    if not 0 <= arguments.value <= _HIGHEST_RATING:
        raise UsageError(_("A rating is from 0 to 5"))
    library.catalogue.set_rating(_any_study(library, arguments), arguments.value)
    return _tell_study(library, arguments)


def _flag(library: "Library", arguments: argparse.Namespace) -> int:
    library.catalogue.set_flags(_any_study(library, arguments), arguments.flags)
    return _tell_study(library, arguments)


def _any_study(library: "Library", arguments: argparse.Namespace) -> str:
    """Return a study's UID, under whatever patients it is there."""
    if not library.catalogue.studies_of_uid(arguments.study):
        raise LibraryError(_("The library has no such study"), subject=arguments.study)
    return str(arguments.study)


def _tell_study(library: "Library", arguments: argparse.Namespace) -> int:
    rows = library.catalogue.studies_of_uid(arguments.study)
    if arguments.json:
        write_json({"studies": [library_texts.study_as_json(row) for row in rows]})
    else:
        write_lines(library_texts.study_as_line(row) for row in rows)
    return 0


ACTIONS: Mapping[str, Callable[["Library", argparse.Namespace], int]] = {
    "quarantine": _quarantine,
    "accept": _accept,
    "discard": _discard,
    "put-in-force": _put_in_force,
    "reconcile": _reconcile,
    "note": _note,
    "rate": _rate,
    "flag": _flag,
}
