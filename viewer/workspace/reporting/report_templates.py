"""Templates of reports: data in resources/report_templates, and the reader's own in the settings folder."""

import datetime as dt
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viewer.base.paths import resources_path
from viewer.base.translation import _, current_language
from viewer.dicom.codes import Code
from viewer.dicom.dates_and_times import display_date
from viewer.dicom.person_name import PersonName
from viewer.dicom.structured_report.diagnostic_codes import HEADINGS, TITLES
from viewer.workspace.reporting.report_draft import DraftIdentity, DraftSection
from viewer.workspace.study_nodes import Study

FOLDER = "report_templates"
GENERAL = "general"
_LARGEST = 1 << 20
_MOST_SERIES = 20
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class TemplateSection:
    """A heading (CID 7001) and the text that stands there at first, by language; "" is for every other one."""

    heading: Code
    texts: tuple[tuple[str, str], ...] = ()

    def text(self, language: str) -> str:
        """Return the text in a language; English, or any, where it has none in that."""
        texts = dict(self.texts)
        return texts.get(language) or texts.get("") or texts.get("en") or next(iter(texts.values()), "")


@dataclass(frozen=True, slots=True)
class ReportTemplate:
    """A template.

    Attributes:
        names: By language, as texts are.
        modalities: Of studies that it is offered for first.
        title: Of the document (CID 7000).
        is_own: Whether it is the reader's.
    """

    id: str
    names: tuple[tuple[str, str], ...]
    modalities: tuple[str, ...]
    title: Code
    sections: tuple[TemplateSection, ...]
    is_own: bool = False

    @property
    def name(self) -> str:
        """What it is called."""
        names = dict(self.names)
        return names.get(current_language()) or names.get("") or names.get("en") or self.id


@dataclass(frozen=True, slots=True)
class ReportTemplates:
    """All there are.

    Attributes:
        problems: Of the reader's own, in words.
    """

    templates: tuple[ReportTemplate, ...]
    problems: tuple[str, ...] = ()

    def by_id(self, template_id: str) -> ReportTemplate | None:
        """Return a template; None where there is none."""
        return next((each for each in self.templates if each.id == template_id), None)

    def best_for(self, modalities: Iterable[str]) -> ReportTemplate:
        """Return the template for a study: the reader's own before those that came with the program."""
        wanted = set(modalities)
        fitting = [each for each in self.templates if wanted & set(each.modalities)]
        fitting.sort(key=lambda each: not each.is_own)
        return fitting[0] if fitting else self.by_id(GENERAL) or self.templates[0]


def read_templates(settings_folder: Path | None) -> ReportTemplates:
    """Return the templates that came with the program, and the reader's own, which take the place of those."""
    found: dict[str, ReportTemplate] = {}
    problems: list[str] = []
    for path in sorted(resources_path(FOLDER).glob("*.toml")):
        template = _template(tomllib.loads(path.read_text("utf-8")), path.stem, is_own=False)
        found[template.id] = template
    own = settings_folder / FOLDER if settings_folder is not None else None
    for path in sorted(own.glob("*.toml")) if own is not None and own.is_dir() else ():
        try:
            if path.stat().st_size > _LARGEST:
                raise ValueError(_("it is too large"))
            template = _template(tomllib.loads(path.read_text("utf-8")), path.stem, is_own=True)
        except (OSError, ValueError) as error:
            problems.append(_("The report template {0} cannot be used: {1}").format(path.name, error))
        else:
            found[template.id] = template
    ordered = sorted(found.values(), key=lambda each: (each.id != GENERAL, each.is_own, each.name))
    return ReportTemplates(tuple(ordered), tuple(problems))


def sections_of(template: ReportTemplate, values: Mapping[str, str]) -> tuple[DraftSection, ...]:
    """Return the sections of a new draft; a placeholder that is not known stays as it is written."""
    language = current_language()
    return tuple(DraftSection(each.heading, filled(each.text(language), values)) for each in template.sections)


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with the values of its placeholders; lines of nothing but empty ones are left out."""
    lines = []
    for line in text.split("\n"):
        put = _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), line)
        if put.strip() or not line.strip():
            lines.append(put)
    return "\n".join(lines)


def placeholder_values(study: Study, reader: str, today: dt.date) -> dict[str, str]:
    """Return what placeholders stand for in a study."""
    patient = study.patient
    priors = [
        " ".join(part for part in (display_date(each.date), each.description) if part)
        for each in patient.sorted_studies
        if each is not study and (each.date or "") < (study.date or "")
    ]
    described = [each.description for each in study.sorted_series if each.description]
    return {
        "patient_name": PersonName.parse(patient.name).formatted(current_language()),
        "patient_id": patient.patient_id,
        "study_date": display_date(study.date) if study.date else "",
        "study_description": study.description,
        "modality": ", ".join(study.modalities),
        "accession_number": study.accession_number,
        "priors": "\n".join(priors),
        "series": ", ".join(list(dict.fromkeys(described))[:_MOST_SERIES]),
        "reader": reader,
        "today": display_date(today.strftime("%Y%m%d")),
    }


def identity_of(study: Study) -> DraftIdentity:
    """Return whose report it is."""
    patient = study.patient
    return DraftIdentity(
        patient.name,
        patient.patient_id,
        patient.birth_date,
        patient.sex,
        study.date,
        study.description,
        study.accession_number,
    )


def _template(table: Mapping[str, Any], stem: str, *, is_own: bool) -> ReportTemplate:
    """Return the template of a table.

    Raises:
        ValueError: If it is none, in words.
    """
    sections = table.get("section")
    if not isinstance(sections, list) or not sections:
        raise ValueError(_("it has no sections"))
    title = _code(table.get("document"), TITLES, _("document title"))
    modalities = table.get("modalities", [])
    if not isinstance(modalities, list):
        raise ValueError(_("modalities is no list"))  # noqa: TRY004 - what is wrong with a file is a ValueError
    headings = tuple(code for code, _title, _element in HEADINGS)
    return ReportTemplate(
        str(table.get("id", stem)),
        _texts(table.get("name", stem)),
        tuple(map(str, modalities)),
        title,
        tuple(_section(each, headings) for each in sections),
        is_own,
    )


def _section(table: object, headings: tuple[Code, ...]) -> TemplateSection:
    if not isinstance(table, dict):
        raise ValueError(_("a section is no table"))  # noqa: TRY004 - what is wrong with a file is a ValueError
    return TemplateSection(_code(table.get("heading"), headings, _("heading")), _texts(table.get("text", "")))


def _texts(value: object) -> tuple[tuple[str, str], ...]:
    if isinstance(value, dict):
        return tuple((str(language), str(text)) for language, text in value.items())
    return (("", str(value)),) if value else ()


def _code(value: object, known: tuple[Code, ...], what: str) -> Code:
    """Return a code by its value, or one of the reader's own: {value, scheme, meaning}."""
    if isinstance(value, dict):
        parts = [str(value.get(part, "")).strip() for part in ("value", "scheme", "meaning")]
        if all(parts):
            return Code(*parts)
    found = next((each for each in known if each.value == value), None)
    if found is None:
        raise ValueError(_("no code of a {0}: {1}").format(what, value))
    return found
