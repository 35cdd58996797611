"""Standardised uptake: published factors, the digest's worked values, and what is refused."""

import datetime as dt
import json
import math
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from tests.builders.pet_headers import CT, ENHANCED_PET, pet_data_set, with_ge_scan, with_philips, with_suv_mapping
from viewer.measurement.body_measures import (
    Body,
    ideal_weight,
    lean_mass_james,
    lean_mass_james_128,
    lean_mass_janmahasatian,
    surface_cm2,
)
from viewer.measurement.suv import SuvRefusal, SuvScale, suv_factors
from viewer.measurement.suv_times import average_after

VENDORS = ("SIEMENS", "GE_MEDICAL_AND_BQML", "PHILIPS_BQML")


def scale_of(*data_sets: Dataset) -> SuvScale:
    found = suv_factors(data_sets)
    assert isinstance(found, SuvScale), found
    return found


def refusal_of(*data_sets: Dataset) -> SuvRefusal:
    found = suv_factors(data_sets)
    assert isinstance(found, SuvRefusal), found
    return found


def bw_factor(*data_sets: Dataset) -> float:
    return scale_of(*data_sets).factors["bw"].factor


@pytest.mark.parametrize("vendor", VENDORS)
def test_three_vendors_get_the_factors_that_others_computed(vendor: str, shared_data: Path) -> None:
    wanted = json.loads((shared_data / "suv" / "expected-suvbw-factor.json").read_text())[vendor]
    images = json.loads((shared_data / "suv" / f"{vendor}-instances.json").read_text())
    data_sets = []
    for values in images:
        private = values.pop("PhilipsPETPrivateGroup")
        plain = {key: value.strip() if isinstance(value, str) else value for key, value in values.items()}
        data_set = pet_data_set(**{"PatientSize": None, "PatientSex": None, **plain})
        if private:
            with_philips(data_set, float(private["SUVScaleFactor"]), float(private["ActivityConcentrationScaleFactor"]))
        data_sets.append(data_set)
    assert bw_factor(*data_sets) == pytest.approx(wanted, rel=1e-11)


def test_philips_own_factor_is_what_its_activity_and_the_decayed_dose_give() -> None:
    # Two independent private values of a real Philips series of calculate-suv: 0.000551 and 1.602563.
    stated = {
        "Units": "CNTS", "SeriesDate": "20201217", "SeriesTime": "093556", "AcquisitionDate": "20201217",
        "AcquisitionTime": "095439", "PatientWeight": 54.0, "RadionuclideTotalDose": 238e6,
        "RadionuclideHalfLife": 6588.0, "RadiopharmaceuticalStartTime": "083000",
        "RadiopharmaceuticalStartDateTime": None,
    }  # fmt: skip
    assert bw_factor(with_philips(pet_data_set(**stated), 0.000551, 1.602563)) == 0.000551
    assert bw_factor(with_philips(pet_data_set(**stated), 0.0, 1.602563)) == pytest.approx(0.000551, rel=1e-3)
    assert bw_factor(with_philips(pet_data_set(**stated), None, 1.602563)) == pytest.approx(0.000551, rel=1e-3)


def test_a_device_that_does_not_agree_with_its_own_dose_is_told() -> None:
    agreeing, doubling = (with_philips(pet_data_set(Units="CNTS"), factor, 2.0) for factor in (5.5267e-4, 1.1e-3))
    assert not any("factor" in warning for warning in scale_of(agreeing).warnings)
    assert any("1.99" in warning for warning in scale_of(doubling).warnings)


def test_the_worked_value_of_one_hour() -> None:
    scale = scale_of(pet_data_set())
    assert scale.factors["bw"].of(10_000.0) == pytest.approx(2.76337, abs=5e-6)
    assert scale.decay_time_s == 3600.0


def test_the_worked_sizes_of_a_body() -> None:
    man = Body(70.0, 1.75, "M")
    sizes = (lean_mass_james(man), lean_mass_james_128(man), lean_mass_janmahasatian(man))
    assert [round(size or 0, 3) for size in sizes] == [57.8, 56.52, 55.857]
    assert surface_cm2(man) == pytest.approx(18481, abs=0.5)
    # Sugawara's table-free formulas by hand: 48 + 1.06·23 and 45.5 + 0.91·23.
    assert ideal_weight(man) == pytest.approx(72.38)
    assert ideal_weight(Body(70.0, 1.75, "F")) == pytest.approx(66.43)


def test_the_worked_reference_time_of_a_frame() -> None:
    assert average_after(600.0, 6586.2) == pytest.approx(298.421, abs=5e-4)


def test_values_corrected_to_administration_do_not_decay() -> None:
    scale = scale_of(pet_data_set(DecayCorrection="ADMIN", RadiopharmaceuticalStartDateTime=None, SeriesTime=None))
    assert scale.factors["bw"].factor == 70_000 / 370e6
    assert scale.scan is None


def test_a_post_processed_series_is_timed_by_ge_or_by_its_earliest_image() -> None:
    late = {"SeriesTime": "150000", "NumberOfSlices": 2}
    images = [pet_data_set(**late, AcquisitionTime="110500"), pet_data_set(**late, AcquisitionTime="110000")]
    assert scale_of(*images).decay_time_s == 3600.0
    refused = refusal_of(images[0])
    assert "Series Time" in refused.text
    with_ge_scan(images[0], dt.datetime.fromisoformat("2026-03-05T10:58:00"))
    scale = scale_of(images[0])
    assert scale.decay_time_s == 3480.0
    assert scale.scan is not None
    assert "GEMS_PETD_01" in scale.scan.source


def test_private_elements_without_their_creator_say_nothing() -> None:
    data_set = pet_data_set(Units="CNTS")
    data_set.add_new(0x70530010, "LO", "SOMEBODY ELSE")
    data_set.add_new(0x70531000, "DS", "0.000551")
    assert "Philips" in refusal_of(data_set).text


def test_an_injection_before_midnight_without_a_date() -> None:
    scale = scale_of(
        pet_data_set(
            SeriesTime="003000", AcquisitionTime="003000", RadiopharmaceuticalStartDateTime=None,
            RadiopharmaceuticalStartTime="233000",
        )
    )  # fmt: skip
    assert scale.decay_time_s == 3600.0
    assert scale.injection is not None
    assert scale.injection.at == dt.datetime.fromisoformat("2026-03-04T23:30:00")


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({"TimezoneOffsetFromUTC": "+0100", "RadiopharmaceuticalStartDateTime": "20260305090000+0000"}, 3600),
        ({"TimezoneOffsetFromUTC": "+0100", "RadiopharmaceuticalStartDateTime": "20260305100000"}, 3600),
        (
            {"RadiopharmaceuticalStartDateTime": "20260305090000+0000", "RadiopharmaceuticalStartTime": "101500"},
            2700,  # the time by itself is on the series' own clock (C.8.9.2)
        ),
    ],
)
def test_time_zones(changes: dict[str, str], seconds: float) -> None:
    assert scale_of(pet_data_set(**changes)).decay_time_s == seconds


@pytest.mark.parametrize(
    ("stated", "type_id"),
    [(None, "bw"), ("BW", "bw"), ("LBM", "lbm"), ("LBMJAMES128", "lbm-james128"), ("LBMJANMA", "lbm-janma"),
     ("IBW", "ibw"), ("BSA", "bsa")],
)  # fmt: skip
def test_values_stored_as_suv_are_taken_as_what_they_say(stated: str | None, type_id: str) -> None:
    scale = scale_of(pet_data_set(Units="GML", SUVType=stated, RadionuclideTotalDose=None))
    assert scale.factors[type_id].factor == 1.0
    if type_id != "bsa":
        ratio = scale.factors["bw"].factor / scale.factors["lbm"].factor
        assert ratio == pytest.approx(70.0 / 57.8)
    else:
        assert set(scale.factors) == {"bsa"}


def test_surface_units_are_surface_suv() -> None:
    assert scale_of(pet_data_set(Units="CM2ML")).factors["bw"].factor == pytest.approx(70_000 / 18481, rel=1e-4)
    assert "SUV Type" in refusal_of(pet_data_set(Units="CM2ML", SUVType="BW")).text


@pytest.mark.parametrize("unit", ["g/ml{SUVbw}", "{SUVbw}g/ml"])
def test_a_mapping_of_the_image_counts_from_stored_values(unit: str) -> None:
    data_set = with_suv_mapping(
        pet_data_set(SOPClassUID=ENHANCED_PET, RescaleSlope=0.5, RescaleIntercept=2), unit, 0.01
    )
    factor = scale_of(data_set).factors["bw"]
    assert factor.of(0.5 * 300 + 2) == pytest.approx(3.0)


def test_frames_mapped_differently_are_refused() -> None:
    data_set = pet_data_set(SOPClassUID=ENHANCED_PET, NumberOfFrames=2)
    frames = [with_suv_mapping(Dataset(), "g/ml{SUVbw}", slope) for slope in (0.01, 0.02)]
    data_set.PerFrameFunctionalGroupsSequence = frames
    assert "differently" in refusal_of(data_set).text


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"SOPClassUID": CT, "Modality": "CT"}, "no PET image"),
        ({"SOPClassUID": ENHANCED_PET}, "(0040,9096)"),
        ({"CorrectedImage": ["DECY"]}, "ATTN"),
        ({"CorrectedImage": ["ATTN"]}, "DECY"),
        ({"CorrectedImage": None}, "(0028,0051)"),
        ({"Units": None}, "(0054,1001)"),
        ({"Units": "PROPCPS"}, "PROPCPS"),
        ({"Units": "CNTS"}, "(7053,xx09)"),
        ({"Units": "GML", "SUVType": "XYZ"}, "XYZ"),
        ({"PatientWeight": None}, "(0010,1030)"),
        ({"PatientWeight": 0}, "(0010,1030)"),
        ({"PatientWeight": 70000}, "70000 kg"),
        ({"DecayCorrection": "NONE"}, "NONE"),
        ({"DecayCorrection": None}, "(0054,1102)"),
        ({"RadionuclideTotalDose": None}, "(0018,1074)"),
        ({"RadionuclideTotalDose": 370}, "MBq"),
        ({"RadionuclideTotalDose": 99_999}, "MBq"),
        ({"RadionuclideHalfLife": None}, "(0018,1075)"),
        ({"RadiopharmaceuticalStartDateTime": None}, "(0018,1072)"),
        ({"RadiopharmaceuticalStartDateTime": "20260305110001"}, "after the scan"),
        ({"RadiopharmaceuticalStartDateTime": "20260304100000"}, "half-lives"),
        ({"RadiopharmaceuticalStartDateTime": "20260305090000+0000"}, "time zone"),
        ({"RadiopharmaceuticalStartDateTime": None, "RadiopharmaceuticalStartTime": "110500"}, "after the scan"),
        (
            {"RadiopharmaceuticalStartDateTime": None, "RadiopharmaceuticalStartTime": "100000",
             "RadionuclideHalfLife": 282276.0},
            "day of the injection",
        ),
        ({"AcquisitionTime": None}, "(0008,0032)"),
    ],
)  # fmt: skip
def test_what_is_missing_or_cannot_be_is_named(changes: dict[str, object], word: str) -> None:
    assert word in refusal_of(pet_data_set(**changes)).text


def test_two_injections_are_refused() -> None:
    data_set = pet_data_set()
    data_set.RadiopharmaceuticalInformationSequence.append(Dataset())
    assert "2" in refusal_of(data_set).text


def test_a_half_life_in_minutes_is_told_from_that_of_the_nuclide() -> None:
    data_set = pet_data_set(RadionuclideHalfLife=109.77)
    code = Dataset()
    code.CodeValue, code.CodeMeaning = "C-111A1", "^18^Fluorine"
    data_set.RadiopharmaceuticalInformationSequence[0].RadionuclideCodeSequence = [code]
    assert "F-18" in refusal_of(data_set).text


@pytest.mark.parametrize(
    "changes", [{"PatientWeight": 71.0}, {"RadionuclideTotalDose": 371e6}, {"Units": "CNTS"}, {"SeriesTime": "105959"}]
)
def test_images_that_disagree_have_no_factor(changes: dict[str, object]) -> None:
    assert "disagree" in refusal_of(pet_data_set(), pet_data_set(**changes)).text


def test_a_dose_said_to_be_in_megabecquerel() -> None:
    found = suv_factors([pet_data_set(RadionuclideTotalDose=370)], is_dose_in_mbq=True)
    assert isinstance(found, SuvScale)
    assert found.factors["bw"].of(10_000.0) == pytest.approx(2.76337, abs=5e-6)
    assert any("MBq" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"PatientSex": "O"}, {"lbm", "lbm-james128", "lbm-janma", "ibw"}),
        ({"PatientSize": None}, {"lbm", "lbm-james128", "lbm-janma", "ibw", "bsa"}),
        ({"PatientSize": 175}, {"lbm", "lbm-james128", "lbm-janma", "ibw", "bsa"}),
        ({"PatientWeight": 180.0, "PatientSize": 1.30}, {"lbm", "lbm-james128"}),
        ({"PatientSize": 1.05, "PatientWeight": 17.0}, {"ibw"}),
    ],
)
def test_kinds_that_lack_something_are_left_out_with_the_reason(changes: dict[str, object], gone: set[str]) -> None:
    scale = scale_of(pet_data_set(**changes))
    assert set(scale.unavailable) == gone
    assert set(scale.factors) | gone == {"bw", "lbm", "lbm-james128", "lbm-janma", "bsa", "ibw"}
    assert all(scale.unavailable.values())
    assert all(math.isfinite(each.factor) and each.factor > 0 for each in scale.factors.values())
