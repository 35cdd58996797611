"""`negatoscope find NAME KEY=VALUE…`: what archives have: patients, studies, series or instances."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from viewer.base.errors import UsageError
from viewer.base.translation import N_, _
from viewer.cli.output import cells_of, padded, write_json, write_lines
from viewer.network.ports import QueryLevel

if TYPE_CHECKING:
    from viewer.archives.access import Access
    from viewer.archives.search import FoundItem, SourceState

LEVELS = {
    "patient": QueryLevel.PATIENT,
    "study": QueryLevel.STUDY,
    "series": QueryLevel.SERIES,
    "instance": QueryLevel.IMAGE,
}
_DEFAULT_LIMIT = 1000
_WIDEST = 40
_COLUMNS: Mapping[QueryLevel, tuple[tuple[str, str], ...]] = {
    QueryLevel.PATIENT: (
        (N_("Name"), "PatientName"), (N_("ID"), "PatientID"), (N_("Born"), "PatientBirthDate"),
        (N_("Sex"), "PatientSex"), (N_("Studies"), "NumberOfPatientRelatedStudies"),
    ),
    QueryLevel.STUDY: (
        (N_("Date"), "StudyDate"), (N_("Name"), "PatientName"), (N_("ID"), "PatientID"),
        (N_("Modality"), "ModalitiesInStudy"), (N_("Description"), "StudyDescription"),
        (N_("Accession number"), "AccessionNumber"), (N_("Images"), "NumberOfStudyRelatedInstances"),
        (N_("Study UID"), "StudyInstanceUID"),
    ),
    QueryLevel.SERIES: (
        (N_("Number"), "SeriesNumber"), (N_("Modality"), "Modality"), (N_("Description"), "SeriesDescription"),
        (N_("Images"), "NumberOfSeriesRelatedInstances"), (N_("Series UID"), "SeriesInstanceUID"),
    ),
    QueryLevel.IMAGE: (
        (N_("Number"), "InstanceNumber"), (N_("Frames"), "NumberOfFrames"), (N_("Instance UID"), "SOPInstanceUID"),
        (N_("Kind"), "SOPClassUID"),
    ),
}  # fmt: skip


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    text = _("search archives for patients, studies, series or instances")
    parser = subparsers.add_parser("find", prog="negatoscope find", help=text, description=text)
    parser.add_argument(
        "name", metavar="NAME", help=_("of the list, TITLE@host:port[+tls], or a DICOMweb URL; several with commas")
    )
    parser.add_argument("--level", choices=tuple(LEVELS), default="study", help=_("what is looked for"))
    parser.add_argument(
        "keys",
        metavar="KEY=VALUE",
        nargs="*",
        help=_("keyword or gggg,eeee; VALUE with * and ?, ranges a-b, lists of UIDs a\\b; KEY alone to have it shown"),
    )
    parser.add_argument("--limit", type=int, default=_DEFAULT_LIMIT, metavar="N", help=_("of each archive; 0 for all"))
    parser.add_argument("--fuzzy", action="store_true", help=_("match names by their sound, where the archive can"))
    parser.add_argument("--relational", action="store_true", help=_("ask across levels, where the archive can"))
    parser.add_argument("--calling", default="", metavar="AET", help=_("our AE title, if not the one that is set"))
    parser.add_argument("--json", action="store_true", help=_("print JSON"))
    _let_options_stand_anywhere(parser)


def _let_options_stand_anywhere(parser: argparse.ArgumentParser) -> None:
    """Have keys taken behind options too; argparse takes those of a sub-command only where they come first."""
    plain = parser.parse_known_args

    def mixed(texts: Sequence[str], namespace: argparse.Namespace) -> tuple[argparse.Namespace, list[str]]:
        vars(parser)["parse_known_args"] = plain  # which the other calls
        try:
            return parser.parse_known_intermixed_args(texts, namespace)
        finally:
            vars(parser)["parse_known_args"] = mixed

    vars(parser)["parse_known_args"] = mixed


def run(arguments: argparse.Namespace) -> int:
    """Search; what one archive fails with is told when all that was found is printed.

    Raises:
        UsageError: If a key is none.
        NetworkError: If an archive cannot be asked, or fails.
    """
    level = LEVELS[arguments.level]
    keys = _keys(arguments.keys)
    if arguments.limit < 0:
        raise UsageError(_("--limit must not be below 0"))
    names = list(dict.fromkeys(filter(None, (name.strip() for name in arguments.name.split(",")))))
    if not names:
        raise UsageError(_("No archive is named"))
    accesses = [_access(name, arguments) for name in names]

    from viewer.archives.search import ArchiveSearch, FoundStudy, SearchPhase

    search = ArchiveSearch(accesses, level, keys, most=arguments.limit)
    found = search.run(lambda _news: None)
    if arguments.json:
        write_json([_as_json(item) for item in found])
    else:
        write_lines(_table(level, keys, found, with_source=len(accesses) > 1))
    for words in (each for item in found if isinstance(item, FoundStudy) for each in item.contradictions):
        _note(words)
    states = list(search.states.values())
    _tell_notes(states)
    failed = [state.error for state in states if state.phase is SearchPhase.FAILED and state.error is not None]
    for error in failed[1:]:
        _note(error.one_line())
    if failed:
        raise failed[0]
    return 0


def _access(name: str, arguments: argparse.Namespace) -> "Access":
    from viewer.archives.access import access_for

    access = access_for(name, arguments.folder, calling_title=arguments.calling)
    old = access.peer.quirks
    quirks = replace(old, fuzzy=old.fuzzy or arguments.fuzzy, relational=old.relational or arguments.relational)
    dimse = replace(access.dimse, quirks=quirks) if access.dimse else None
    return replace(access, peer=replace(access.peer, quirks=quirks), dimse=dimse)


def _keys(texts: Sequence[str]) -> dict[str, str]:
    """Return the keys as they were typed.

    Raises:
        UsageError: If one is no keyword and no tag, or comes twice.
    """
    from viewer.dicom.tag_names import parse_tag
    from viewer.network.asked_identifiers import keyword_of

    keys: dict[str, str] = {}
    for text in texts:
        typed, _sign, value = text.partition("=")
        tags = [parse_tag(part) if part else None for part in typed.split(".")]
        names = [keyword_of(tag) for tag in tags if tag is not None and tag >> 16 > 0x0007 and tag & 0xFFFF]
        if len(names) != len(tags) or names[0] in {"QueryRetrieveLevel", "SpecificCharacterSet"}:
            raise UsageError(
                _("'{0}' is no key").format(typed),
                advice=_("Write it like PatientName=KIM* or 0010,0010=KIM*; the level is given by --level"),
            )
        key = ".".join(names)
        if key in keys:
            raise UsageError(_("'{0}' is given twice").format(typed))
        keys[key] = value
    return keys


def _as_json(item: "FoundItem") -> dict[str, object]:
    """Return a row: text by keyword, and where archives do not agree on whose it is, what each of them says."""
    row: dict[str, object] = {**item.attributes, "Source": "\\".join(item.sources)}
    if differing := getattr(item, "differing", None):
        row["Differs"] = differing
    return row


def _cell(item: "FoundItem", keyword: str) -> str:
    from viewer.media.safety import printable

    text = printable(item.attributes.get(keyword, "").replace("\\", "/"))
    return f"! {text}" if keyword in getattr(item, "differing", {}) else text


def _table(level: QueryLevel, keys: Mapping[str, str], found: Sequence["FoundItem"], *, with_source: bool) -> list[str]:
    from viewer.media.safety import printable

    columns = [(_(title), keyword) for title, keyword in _COLUMNS[level]]
    shown = {keyword for _title, keyword in columns}
    columns += [(key, key) for key, value in keys.items() if not value and key not in shown]
    rows = [[title for title, _keyword in columns] + [_("Archive")] * with_source]
    for item in found:
        row = [_cell(item, keyword) for _title, keyword in columns]
        rows.append(row + [printable(", ".join(item.sources))] * with_source)
    widths = [min(max(map(cells_of, column)), _WIDEST) for column in zip(*rows, strict=True)]
    return ["  ".join(map(padded, row, widths)).rstrip() for row in rows]


def _tell_notes(states: Sequence["SourceState"]) -> None:
    from viewer.archives.search import SearchPhase

    for state in states:
        for note in state.notes if state.phase is not SearchPhase.FAILED else ():
            _note(f"{state.name}: {note}")
        if state.phase is SearchPhase.CUT_OFF:
            _note(_("{0}: there are more than {1}; see --limit").format(state.name, state.count))


def _note(words: str) -> None:
    from viewer.media.safety import printable

    print(f"negatoscope: {printable(words)}", file=sys.stderr)
