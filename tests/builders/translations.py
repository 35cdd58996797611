"""Keeps the Korean catalogue in step with the texts of the program: extract, merge, compile.

python -m tests.builders.translations          update resources/locale from the sources
python -m tests.builders.translations --list   print what has no translation yet
"""

import ast
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "resources" / "locale" / "ko" / "LC_MESSAGES"
PO, MO = FOLDER / "negatoscope.po", FOLDER / "negatoscope.mo"
FIXED_DATE = datetime(2026, 11, 22, tzinfo=UTC)
"""In the catalogue's header: the same texts must always give the same files."""
NOT_SHOWN = {"display_set_rules.toml"}
"""Tables whose names are for those who read the table."""
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}


def extracted() -> Catalog:
    """Return every text of the sources, without places: line numbers would change the file at every edit."""
    catalog = Catalog(locale="ko", project="negatoscope", charset="utf-8")
    for path in sorted((ROOT / "viewer").rglob("*.py")):
        for _line, message, _comments, _context in extract_from_file("python", str(path), keywords=KEYWORDS):
            catalog.add(message)
        for message in _inside_f_strings(path.read_text("utf-8")):
            catalog.add(message)
    for text in _texts_in_data():
        catalog.add(text)
    return catalog


def _inside_f_strings(source: str) -> Iterator[str]:
    """Return what is translated within f-strings, which are one token to the extractor before Python 3.12."""
    for outer in ast.walk(ast.parse(source)):
        if not isinstance(outer, ast.JoinedStr):
            continue
        for call in ast.walk(outer):
            match call:
                case ast.Call(func=ast.Name(id="_"), args=[ast.Constant(value=str(text))]):
                    yield text


def _texts_in_data() -> Iterator[str]:
    """Texts of resource tables that are shown: values of keys named title, name, label or text, and of codes."""
    import tomllib

    codes = tomllib.loads((ROOT / "resources" / "finding_codes.toml").read_text("utf-8"))
    for meanings in codes.values():
        yield from meanings.values()

    def walk(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in {"title", "name", "label", "text"} and isinstance(inner, str) and inner:
                    yield inner
                else:
                    yield from walk(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(inner)

    for path in sorted((ROOT / "resources").glob("*.toml")):
        if path.name in NOT_SHOWN:
            continue
        yield from walk(tomllib.loads(path.read_text("utf-8")))


def translated() -> Catalog:
    """Return the Korean catalogue as it is kept."""
    with PO.open("rb") as stream:
        return read_po(stream, locale="ko")


def untranslated() -> list[str]:
    """Return the texts of the program that have no complete Korean form."""
    known = translated()
    missing = []
    for message in extracted():
        if not message.id:
            continue
        found = known.get(message.id[0] if isinstance(message.id, tuple) else message.id)
        forms = () if found is None else found.string if isinstance(found.string, tuple) else (found.string,)
        if not forms or found is None or found.fuzzy or not all(forms):
            missing.append(message.id[0] if isinstance(message.id, tuple) else str(message.id))
    return missing


def compiled() -> bytes:
    """Return the Korean catalogue as gettext reads it."""
    catalog = translated()
    _fix_header(catalog)
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def _fix_header(catalog: Catalog) -> None:
    catalog.header_comment = "# Korean texts of Negatoscope."
    catalog.fuzzy = False
    catalog.creation_date = catalog.revision_date = FIXED_DATE
    catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = "Negatoscope"


def main() -> int:
    """Update the catalogue, or list what is missing."""
    if "--list" in sys.argv:
        print("\n".join(untranslated()))
        return 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    catalog = translated() if PO.exists() else Catalog(locale="ko", project="negatoscope", charset="utf-8")
    catalog.update(extracted(), no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    _fix_header(catalog)
    with PO.open("wb") as stream:
        write_po(stream, catalog, no_location=True, sort_output=True, width=110)
    MO.write_bytes(compiled())
    print(f"{len(untranslated())} texts without a translation")
    return 0


if __name__ == "__main__":
    sys.exit(main())
