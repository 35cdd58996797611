"""What a PET series says that standardised uptake needs, each value with its tag (PS3.3 C.8.9.1, C.8.9.2, C.8.9.4).

Values are read as they stand; whether they make sense is for viewer.measurement.suv to judge.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from viewer.base.translation import N_, _
from viewer.dicom.data_elements import element_items, element_number, element_text, element_texts
from viewer.dicom.dates_and_times import combined, parse_date_time
from viewer.dicom.private_dialects import private_tag

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

GE_CREATOR, PHILIPS_CREATOR = "GEMS_PETD_01", "Philips PET Private Group"
RADIOPHARMACEUTICALS = 0x00540016
_TIMEZONE = 0x00080201
_NUCLIDE_CODES = 0x00540300

_TITLES = {
    "corrected_image": N_("Corrected Image"),
    "units": N_("Units"),
    "suv_type": N_("SUV Type"),
    "decay_correction": N_("Decay Correction"),
    "patient_weight": N_("Patient's Weight"),
    "patient_size": N_("Patient's Size"),
    "patient_sex": N_("Patient's Sex"),
    "radiopharmaceuticals": N_("Radiopharmaceutical Information"),
    "total_dose": N_("Radionuclide Total Dose"),
    "half_life": N_("Radionuclide Half Life"),
    "nuclide": N_("Radionuclide"),
    "start_date_time": N_("Radiopharmaceutical Start DateTime"),
    "start_time": N_("Radiopharmaceutical Start Time"),
    "series_date": N_("Series Date"),
    "series_time": N_("Series Time"),
    "acquisition": N_("Earliest Acquisition Date and Time"),
    "timezone": N_("Timezone Offset From UTC"),
    "frame_reference_time": N_("Frame Reference Time"),
    "frame_duration": N_("Actual Frame Duration"),
    "ge_scan": N_("PET scan date and time (GE private)"),
    "philips_suv": N_("SUV Scale Factor (Philips private)"),
    "philips_activity": N_("Activity Concentration Scale Factor (Philips private)"),
    "value_mapping": N_("Real World Value Mapping"),
}


@dataclass(frozen=True, slots=True)
class SuvInput:
    """One value that standardised uptake was, or would be, worked out from.

    Attributes:
        key: Its name for programs.
        tag: Where it stands: "(0010,1030)", a path for items of sequences, the creator for private elements.
        value: A number, or a text as it stands; None when it is absent or unreadable.
        unit: Of a number.
    """

    key: str
    tag: str
    value: float | str | None
    unit: str = ""

    @property
    def title(self) -> str:
        """Its name as the Standard has it, translated."""
        return _(_TITLES[self.key])


@dataclass(frozen=True, slots=True)
class PetSeries:
    """One PET series.

    Attributes:
        inputs: All there are, by key, in the order they are listed.
        corrections: Corrected Image (0028,0051).
        pharmaceutical_count: Items of the Radiopharmaceutical Information Sequence.
        series_moment: Series Date and Time.
        start_moment: Radiopharmaceutical Start DateTime.
        start_time: Radiopharmaceutical Start Time, on the day of the epoch.
        acquisition_moments: Of every image that states one.
        ge_moment: GE's own date and time of the scan.
        nuclide: Code value of the radionuclide.
        image_count: Images that were looked at.
        expected_count: Images there should be; 0 when that is not stated.
        conflicts: Inputs on which images of the series disagree, by key.
    """

    inputs: dict[str, SuvInput]
    corrections: tuple[str, ...]
    pharmaceutical_count: int
    series_moment: dt.datetime | None
    start_moment: dt.datetime | None
    start_time: dt.time | None
    acquisition_moments: tuple[dt.datetime, ...]
    ge_moment: dt.datetime | None
    nuclide: str
    image_count: int
    expected_count: int
    conflicts: tuple[str, ...] = field(default=())

    def number(self, key: str) -> float | None:
        """Return an input that is a number."""
        value = self.inputs[key].value
        return value if isinstance(value, float) else None

    def text(self, key: str) -> str:
        """Return an input that is a text; empty when absent."""
        value = self.inputs[key].value
        return value if isinstance(value, str) else ""

    @property
    def is_complete(self) -> bool:
        """Whether every image of the series was looked at, as far as it says how many there are."""
        return 0 < self.expected_count <= self.image_count


def read_pet_series(data_sets: "Sequence[Dataset]") -> PetSeries:
    """Return what the images of a series say.

    Args:
        data_sets: At least one; the first whole, the others at least with the plain elements of their headers.
    """
    first = data_sets[0]
    items = element_items(first, RADIOPHARMACEUTICALS)
    item = items[0] if items else None
    inputs = [*_series_inputs(first), *_patient_inputs(first), *_dose_inputs(item, len(items)), *_time_inputs(first)]
    offset = element_text(first, _TIMEZONE)
    moments = sorted(_moments(data_sets), key=_sortable)
    inputs.append(SuvInput("acquisition", "(0008,0022) (0008,0032)", moments[0].isoformat(" ") if moments else None))
    inputs += _private_inputs(first)
    ge_text = _text_of(inputs, "ge_scan")
    start_text, time_text = _text_of(inputs, "start_date_time"), _text_of(inputs, "start_time")
    return PetSeries(
        {each.key: each for each in inputs},
        tuple(word.upper() for word in element_texts(first, 0x00280051)),
        len(items),
        _series_moment(first, offset),
        parse_date_time(start_text, offset) if len(start_text) >= _TO_THE_DAY else None,
        _time(time_text),
        tuple(moments),
        parse_date_time(ge_text, offset) if len(ge_text) >= _TO_THE_DAY else None,
        _nuclide(item),
        len(data_sets),
        int((element_number(first, 0x00540081) or 0) * (element_number(first, 0x00540101) or 1)),
        _conflicts(data_sets),
    )


_TO_THE_DAY = 10
"""A date and time that lacks even the hour is not one to count seconds from."""


def _text_of(inputs: Sequence[SuvInput], key: str) -> str:
    return next((each.value for each in inputs if each.key == key and isinstance(each.value, str)), "")


def _sortable(moment: dt.datetime) -> float:
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC).timestamp()


def _time(text: str) -> dt.time | None:
    moment = combined("19700101", text) if text else None
    return None if moment is None else moment.time()


def _series_moment(data_set: "Dataset", offset: str) -> dt.datetime | None:
    date, time = element_text(data_set, 0x00080021), element_text(data_set, 0x00080031)
    return combined(date, time, offset) if date and time else None


def _moments(data_sets: "Sequence[Dataset]") -> list[dt.datetime]:
    found = []
    for data_set in data_sets:
        date, time = element_text(data_set, 0x00080022), element_text(data_set, 0x00080032)
        whole = element_text(data_set, 0x0008002A)
        offset = element_text(data_set, _TIMEZONE)
        moment = combined(date, time, offset) if date and time else None
        moment = moment or (parse_date_time(whole, offset) if len(whole) >= _TO_THE_DAY else None)
        if moment is not None:
            found.append(moment)
    return found


def _text_input(data_set: "Dataset | None", key: str, tag: int, path: str = "") -> SuvInput:
    text = "" if data_set is None else element_text(data_set, tag)
    return SuvInput(key, path + tag_text(tag), text or None)


def _number_input(data_set: "Dataset | None", key: str, tag: int, unit: str, path: str = "") -> SuvInput:
    number = None if data_set is None else element_number(data_set, tag)
    return SuvInput(key, path + tag_text(tag), number, unit)


def _series_inputs(data_set: "Dataset") -> list[SuvInput]:
    return [
        _text_input(data_set, "units", 0x00541001),
        _text_input(data_set, "suv_type", 0x00541006),
        _text_input(data_set, "corrected_image", 0x00280051),
        _text_input(data_set, "decay_correction", 0x00541102),
    ]


def _patient_inputs(data_set: "Dataset") -> list[SuvInput]:
    return [
        _number_input(data_set, "patient_weight", 0x00101030, "kg"),
        _number_input(data_set, "patient_size", 0x00101020, "m"),
        _text_input(data_set, "patient_sex", 0x00100040),
    ]


def _dose_inputs(item: "Dataset | None", count: int) -> list[SuvInput]:
    path = f"{tag_text(RADIOPHARMACEUTICALS)}[1]"
    nuclides = element_items(item, _NUCLIDE_CODES) if item is not None else ()
    meaning = element_text(nuclides[0], 0x00080104) if nuclides else ""
    return [
        SuvInput("radiopharmaceuticals", tag_text(RADIOPHARMACEUTICALS), float(count)),
        _number_input(item, "total_dose", 0x00181074, "Bq", path),
        _number_input(item, "half_life", 0x00181075, "s", path),
        SuvInput("nuclide", f"{path}{tag_text(_NUCLIDE_CODES)}", meaning or _nuclide(item) or None),
        _text_input(item, "start_date_time", 0x00181078, path),
        _text_input(item, "start_time", 0x00181072, path),
    ]


def _nuclide(item: "Dataset | None") -> str:
    nuclides = element_items(item, _NUCLIDE_CODES) if item is not None else ()
    return element_text(nuclides[0], 0x00080100) if nuclides else ""


def _time_inputs(data_set: "Dataset") -> list[SuvInput]:
    return [
        _text_input(data_set, "series_date", 0x00080021),
        _text_input(data_set, "series_time", 0x00080031),
        _text_input(data_set, "timezone", _TIMEZONE),
        _number_input(data_set, "frame_reference_time", 0x00541300, "ms"),
        _number_input(data_set, "frame_duration", 0x00181242, "ms"),
    ]


def _private_inputs(data_set: "Dataset") -> list[SuvInput]:
    ge = private_tag(data_set, 0x0009, GE_CREATOR, 0x0D)
    suv = private_tag(data_set, 0x7053, PHILIPS_CREATOR, 0x00)
    activity = private_tag(data_set, 0x7053, PHILIPS_CREATOR, 0x09)
    return [
        SuvInput(
            "ge_scan", f"(0009,xx0D) {GE_CREATOR}", (element_text(data_set, ge) or None) if ge is not None else None
        ),
        SuvInput(
            "philips_suv",
            f"(7053,xx00) {PHILIPS_CREATOR}",
            element_number(data_set, suv) if suv is not None else None,
        ),
        SuvInput(
            "philips_activity",
            f"(7053,xx09) {PHILIPS_CREATOR}",
            element_number(data_set, activity) if activity is not None else None,
        ),
    ]


_SAME_IN_ALL = {
    "units": 0x00541001,
    "suv_type": 0x00541006,
    "corrected_image": 0x00280051,
    "decay_correction": 0x00541102,
    "patient_weight": 0x00101030,
    "patient_size": 0x00101020,
    "patient_sex": 0x00100040,
    "series_date": 0x00080021,
    "series_time": 0x00080031,
}
_PRIVATE_IN_ALL = {"philips_suv": (0x7053, PHILIPS_CREATOR, 0x00), "philips_activity": (0x7053, PHILIPS_CREATOR, 0x09)}
_DOSE_IN_ALL = {"total_dose": 0x00181074, "half_life": 0x00181075, "start_date_time": 0x00181078}


def _conflicts(data_sets: "Sequence[Dataset]") -> tuple[str, ...]:
    """Return what must be one value for a series and is not; a factor would hold for some of its images only."""
    found = [key for key, tag in _SAME_IN_ALL.items() if len({element_text(each, tag) for each in data_sets}) > 1]
    for key, (group, creator, element) in _PRIVATE_IN_ALL.items():
        tags = [private_tag(each, group, creator, element) for each in data_sets]
        values = {
            element_number(each, tag) if tag is not None else None for each, tag in zip(data_sets, tags, strict=True)
        }
        if len(values) > 1:
            found.append(key)
    items = [element_items(each, RADIOPHARMACEUTICALS)[:1] for each in data_sets]
    known: list[Any] = [each[0] for each in items if each]  # images read without their sequences say nothing
    found += [key for key, tag in _DOSE_IN_ALL.items() if len({element_text(each, tag) for each in known}) > 1]
    return tuple(found)


def tag_text(tag: int) -> str:
    """Return a tag as "(0010,1030)"."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
