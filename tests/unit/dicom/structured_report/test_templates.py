"""Views of templates: measurement groups, computer-aided detection, dose and ultrasound, as tables."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from tests.builders import report_documents as made
from viewer.base.byte_source import FileBytes
from viewer.dicom.graphic_objects import GraphicType
from viewer.dicom.structured_report.html import ITEM_LINK, HtmlManner, report_html
from viewer.dicom.structured_report.reading import read_report
from viewer.dicom.structured_report.regions import graphics_of, regions_of, shape_graphics, target_of
from viewer.dicom.structured_report.templates.cad import RenderingIntent, read_cad
from viewer.dicom.structured_report.templates.sections import Section, Table
from viewer.dicom.structured_report.templates.units import converted_text
from viewer.dicom.structured_report.templates.views import sections_of
from viewer.dicom.structured_report.text import report_lines
from viewer.dicom.structured_report.tree import by_position
from viewer.dicom.structured_report.values import NumericValue, RegionValue, StructuredReport

Read = Callable[[Dataset], Any]
SQUARE = (20, 30, 40, 30, 40, 50, 20, 50, 20, 30)
PICTURE = (1, 2, 1)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reading(document: Dataset) -> StructuredReport:
        return read_report(FileBytes(made.write(document, tmp_path / "report.dcm")))

    return reading


def rows(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def the_table(section: Section) -> Table:
    (table,) = section.tables
    return table


def test_groups_of_measurements_are_tables_with_what_they_track(shared_data: Path) -> None:
    told = read_report(FileBytes(shared_data / "segmentation-and-sr" / "sr_document_with_multiple_groups.dcm"))
    sections = sections_of(told)
    titles = ["Image0001", "LungNodule0001", "Aorta0001", "Vertebra0001"]
    assert [section.title for section in sections] == ["Measurement groups", *titles]
    overview = the_table(sections[0])
    assert overview.columns == ("Tracking", "Finding", "Site", "Intensity Histogram Mean", "Diameter", "Volume")
    assert rows(overview)[1] == ["LungNodule0001", "Nodule", "Lung", "", "10.0 mm", ""]
    assert overview.rows[1][0].is_link
    nodule = sections[2]
    facts = {fact.label: fact.text for fact in nodule.facts}
    assert (facts["Finding"], facts["Finding Site"]) == ("Nodule", "Lung")
    assert rows(the_table(nodule)) == [["Diameter", "10.0", "mm"]]
    (link,) = [fact for fact in nodule.facts if fact.is_link]
    assert link.label == "Image Region"


def test_derivations_and_modifiers_stand_beside_their_values(shared_data: Path) -> None:
    told = read_report(FileBytes(shared_data / "segmentation-and-sr" / "sr.dcm"))
    (group,) = sections_of(told)
    table = the_table(group)
    assert table.columns[:4] == ("Measurement", "Value", "Unit", "Derivation")
    assert ["SUVbw", "5.71824", "{SUVbw}g/ml", "Median"] in [row[:4] for row in rows(table)]


def cad_of_three(*intents: made.Coded) -> Dataset:
    return made.mammography_cad(*(made.cad_finding(made.MASS, each, (30, 40), SQUARE, PICTURE) for each in intents))


def test_a_finding_that_is_not_for_presentation_is_hidden_at_first(read: Read) -> None:
    told = read(cad_of_three(made.REQUIRED, made.OPTIONAL, made.HIDDEN))
    intents = [finding.intent for finding in read_cad(told.root).findings]
    assert intents == [RenderingIntent.REQUIRED, RenderingIntent.OPTIONAL, RenderingIntent.NOT_FOR_PRESENTATION]
    _summary, shown, held = sections_of(told)
    assert (len(shown.tables[0].rows), shown.is_hidden) == (2, False)
    assert (len(held.tables[0].rows), held.is_hidden) == (1, True)
    page = report_html(told, sections_of(told))
    assert "Not for presentation (1)" not in page
    assert "Not for presentation (1)" in report_html(told, sections_of(told), HtmlManner(with_hidden=True))


def test_marks_lie_on_the_image_that_they_name_by_reference(read: Read) -> None:
    told = read(cad_of_three(made.REQUIRED))
    (finding,) = read_cad(told.root).findings
    center, outline = finding.regions
    assert {image.instance.sop_instance_uid for each in finding.regions for image in each.images} == {"1.2.3.4.5"}
    assert isinstance(center.value, RegionValue)
    assert isinstance(outline.value, RegionValue)
    assert [(each.type, each.points) for each in graphics_of(center.value)] == [(GraphicType.POINT, ((30.0, 40.0),))]
    assert graphics_of(outline.value)[0].points[0] == graphics_of(outline.value)[0].points[-1] == (20.0, 30.0)
    assert ("Certainty of Finding", "87 %") in finding.details


def test_failed_is_not_none(read: Read) -> None:
    failed = "\n".join(
        report_lines(told := read(made.mammography_cad(failed=[made.CALCIFICATIONS])), sections_of(told))
    )
    assert "FAILED: Mammography breast calcification" in failed
    assert "does not mean that nothing is there" in failed
    assert "everything that was looked for was not found" not in failed
    none = "\n".join(report_lines(told := read(made.mammography_cad()), sections_of(told)))
    assert "FAILED" not in none
    assert "none: everything that was looked for was not found" in none


def test_candidates_in_containers_are_findings_of_colon_cad(read: Read) -> None:
    intent = made.dcm("111056", "Rendering Intent")
    candidates = [
        made.container(
            made.dcm("112184", "Polyp Candidate"),
            made.code(intent, each, relationship="HAS CONCEPT MOD"),
            made.space_region(made.dcm("111010", "Center"), "POINT", [1.0, 2.0, 3.0], "1.2.3"),
        )
        for each in (made.OPTIONAL, made.HIDDEN)
    ]
    root = made.container(made.dcm("112220", "Colon CAD Report"), *candidates, relationship="")
    findings = read_cad(read(made.document(root, "88.69", "4120")).root).findings
    assert [finding.intent for finding in findings] == [RenderingIntent.OPTIONAL, RenderingIntent.NOT_FOR_PRESENTATION]
    assert [len(finding.regions) for finding in findings] == [1, 1]


def test_a_summary_that_belies_the_findings_is_told(read: Read) -> None:
    document = cad_of_three(made.REQUIRED)
    document.ContentSequence[2].ConceptCodeSequence[0].CodeValue = "111241"
    assert any("there are some" in caution for caution in read_cad(read(document).root).cautions)


def test_dose_of_ct_is_a_table_of_acquisitions_in_units_as_coded(read: Read) -> None:
    totals, acquisitions = sections_of(read(made.ct_dose([("Head", 50.1, 900.5), ("Neck", 10.2, 230.25)])))
    assert rows(the_table(totals))[1] == ["CT Dose Length Product Total", "1130.75", "mGy.cm"]
    table = the_table(acquisitions)
    assert table.columns[1:] == (
        "Acquisition Protocol",
        "Target Region",
        "CT Acquisition Type",
        "Mean CTDIvol",
        "CTDIw Phantom Type",
        "DLP",
    )
    assert [row[4] for row in rows(table)] == ["50.1 mGy", "10.2 mGy"]


def test_voltages_of_both_tubes_stand_in_the_table(read: Read) -> None:
    document = made.ct_dose([("Head", 50.1, 900.5)])
    event = document.ContentSequence[-1]
    kilovolts = ("kV", "UCUM", "kV")
    for value in (80, 140, 140, 70, 60, 50, 40):
        source = made.number(made.dcm("113733", "KVP"), value, kilovolts)
        event.ContentSequence.append(made.container(made.dcm("113831", "CT X-Ray Source Parameters"), source))
    (_totals, acquisitions) = sections_of(read(document))
    table = the_table(acquisitions)
    (row,) = rows(table)
    assert row[table.columns.index("KVP")].split("\n") == ["80 kV", "140 kV", "70 kV", "60 kV", "… and 2 more"]


def test_two_numbers_of_one_name_both_stand_in_the_overview(read: Read) -> None:
    millimeters, group = ("mm", "UCUM", "mm"), made.dcm("125007", "Measurement Group")
    length = ("410668003", "SCT", "Length")

    def grouped(*values: float) -> Dataset:
        return made.container(group, *(made.number(length, value, millimeters) for value in values))

    held = made.container(made.dcm("126010", "Imaging Measurements"), grouped(12.5, 7.25), grouped(3))
    root = made.container(made.dcm("126000", "Imaging Measurement Report"), held, relationship="")
    overview = the_table(sections_of(read(made.document(root, "88.33", "1500")))[0])
    assert [row[-1] for row in rows(overview)] == ["12.5 mm; 7.25 mm", "3 mm"]


def test_dose_area_products_are_converted_beside_what_is_coded(shared_data: Path) -> None:
    told = read_report(FileBytes(shared_data / "reports" / "philips_allura_clarity_u104.dcm"))
    plane_a, _plane_b, events = sections_of(told)
    assert rows(the_table(plane_a))[0] == [
        "Dose Area Product Total",
        "7.8391324289e-06",
        "Gy.m2",
        "= 78.3913 mGy·cm²",
    ]
    assert len(the_table(events).rows) == 25


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        ("Gy.m2", 1.0, "= 1e+07 mGy·cm²"),
        ("dGy.cm2", 1.0, "= 100 mGy·cm²"),
        ("uGy.m2", 1.0, "= 10 mGy·cm²"),
        ("Gy", 0.25, "= 250 mGy"),
        ("MBq", 37.0, "= 1 mCi"),
        ("mm", 1.0, ""),
    ],
)
def test_conversions(unit: str, value: float, expected: str) -> None:
    from viewer.dicom.codes import Code

    assert converted_text(NumericValue(str(value), value, Code(unit, "UCUM", unit))) == expected


def test_activity_and_fetal_biometry_are_tables(read: Read) -> None:
    (administration,) = sections_of(read(made.radiopharmaceutical_dose(370.5)))
    assert rows(the_table(administration)) == [["Administered activity", "370.5", "MBq", "= 10.0135 mCi"]]
    first, second = sections_of(read(made.obstetric_ultrasound()))
    assert [first.title, second.title] == ["Fetal Biometry: A", "Fetal Biometry: B"]
    assert rows(the_table(first))[0] == ["Biparietal Diameter", "52.1", "mm", "Mean"]


def test_context_holds_for_all_that_is_below(read: Read) -> None:
    part = made.container(
        made.dcm("125009", "Early Gestation"),
        made.number(("11957-8", "LN", "Crown Rump Length"), 41.0, ("mm", "UCUM", "mm")),
    )
    whole = made.container(
        made.dcm("121070", "Findings"), made.text(("11951-1", "LN", "Fetus ID"), "B", "HAS OBS CONTEXT"), part
    )
    root = made.container(made.dcm("125000", "OB-GYN Ultrasound Procedure Report"), whole, relationship="")
    (section,) = sections_of(read(made.document(root, "88.33", "5000")))
    assert section.title == "Findings › Early Gestation: B"


def test_links_are_written_only_where_they_are_followed(read: Read) -> None:
    told = read(cad_of_three(made.REQUIRED))
    assert ITEM_LINK not in report_html(told, sections_of(told))
    assert f"href='{ITEM_LINK}1.2.1'" in report_html(told, sections_of(told), HtmlManner(has_links=True))


def test_targets_follow_references_once(read: Read) -> None:
    told = read(cad_of_three(made.REQUIRED))
    positions = by_position(told.root)
    target = target_of(positions[1, 3], positions)
    assert len(target.regions) == 2
    assert len(regions_of(told.root)) == 2


def test_shapes_that_lack_points_are_not_drawn() -> None:
    assert shape_graphics("ELLIPSE", ((0.0, 0.0), (1.0, 1.0))) == ()
    assert shape_graphics("SPIRAL", ((0.0, 0.0), (1.0, 1.0))) == ()
    assert len(shape_graphics("MULTIPOINT", ((0.0, 0.0), (1.0, 1.0)))) == 2
