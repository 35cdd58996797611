"""Standardised uptake values: the factor from a PET series' own values, or in plain words why there is none.

Nothing is guessed: an input that is missing, contradictory or implausible refuses what depends on it, and every input
is handed out with its tag (PS3.3 C.8.9, QIBA's vendor-neutral way, PS3.16 CID 85).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from viewer.base.translation import _
from viewer.dicom.data_elements import element_text
from viewer.measurement.body_measures import SUV_TYPES, Body, SuvType, suv_type
from viewer.measurement.suv_inputs import PetSeries, SuvInput, read_pet_series
from viewer.measurement.suv_mapping import mapped_factors
from viewer.measurement.suv_result import SuvFactor, SuvRefusal, SuvScale
from viewer.measurement.suv_times import DecayTimes, decay_times

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["SUV_TYPES", "SuvFactor", "SuvRefusal", "SuvScale", "suv_factors"]

PET_IMAGE, ENHANCED_PET = "1.2.840.10008.5.1.4.1.1.128", "1.2.840.10008.5.1.4.1.1.130"

_LEAST_DOSE_BQ = 1e5
"""Below it a dose is in MBq by all likelihood: doses are some 10⁷ to 10⁹ Bq."""
_BQ_IN_MBQ = 1e6
_HEAVIEST_KG, _TALLEST_M = 1000.0, 3.0
_HALF_LIVES_S = {
    **dict.fromkeys(("C-111A1", "77004003"), ("F-18", 6586.2)),
    **dict.fromkeys(("C-105A1", "40565003"), ("C-11", 1221.8)),
    **dict.fromkeys(("C-107A1", "21576001"), ("N-13", 597.9)),
    **dict.fromkeys(("C-B1038", "129504001"), ("O-15", 122.24)),
    **dict.fromkeys(("C-131A3", "35337001"), ("Ga-68", 4062.6)),
    **dict.fromkeys(("C-127A2", "3932008"), ("Cu-64", 45721.0)),
    **dict.fromkeys(("C-168A4", "63360001"), ("Zr-89", 282276.0)),
    **dict.fromkeys(("C-159A2", "79197006"), ("Rb-82", 76.0)),
    **dict.fromkeys(("C-114A5", "40937006"), ("I-124", 360806.0)),
}
"""By code of CID 4020 (SNOMED RT, CT): only to tell a half-life in minutes, or of another nuclide, from a right one."""
_HALF_LIFE_TOLERANCE = 0.05
_PHILIPS_TOLERANCE = 0.02
"""Its factors have few digits."""
_STATED_TYPES = {
    "": "bw",
    "BW": "bw",
    "LBM": "lbm",
    "LBMJAMES128": "lbm-james128",
    "LBMJANMA": "lbm-janma",
    "BSA": "bsa",
    "IBW": "ibw",
}
"""Of SUV Type (0054,1006); absent means body weight (PS3.3 C.8.9.1.1.11)."""


def suv_factors(data_sets: "Sequence[Dataset]", *, is_dose_in_mbq: bool = False) -> SuvScale | SuvRefusal:
    """Return the factors of a series, or why there are none.

    Args:
        data_sets: The images of one series: the first whole, the others at least with the elements of their headers.
        is_dose_in_mbq: Whether someone who knows says that the dose is in MBq though a PET image states Bq.
    """
    sop_class = element_text(data_sets[0], 0x00080016)
    mapped = mapped_factors(data_sets[0])
    if isinstance(mapped, str):
        return SuvRefusal((mapped,))
    if mapped:
        series = read_pet_series(data_sets)
        factors = {each.type.id: SuvFactor(each.type, each.factor, each.offset) for each in mapped}
        units = "; ".join(dict.fromkeys(each.type.unit for each in mapped))
        inputs = (*series.inputs.values(), SuvInput("value_mapping", "(0040,9096)", mapped[0].text))
        missing = dict.fromkeys(
            (each.id for each in SUV_TYPES if each.id not in factors), _("the image maps its values onto other units")
        )
        return SuvScale(factors, missing, units, _("Real World Value Mapping (0040,9096) of the image"), inputs)
    if sop_class == ENHANCED_PET:
        return SuvRefusal(
            (_("this enhanced PET image maps its values onto no SUV: Real World Value Mapping (0040,9096)"),)
        )
    if sop_class != PET_IMAGE and element_text(data_sets[0], 0x00080060) != "PT":
        return SuvRefusal((_("this is no PET image"),))
    return _Judgement(read_pet_series(data_sets), is_dose_in_mbq).result()


class _Judgement:
    """One series being judged: reasons gather, so that the reader learns of all that is missing at once."""

    def __init__(self, series: PetSeries, is_dose_in_mbq: bool) -> None:
        self.series = series
        self.is_dose_in_mbq = is_dose_in_mbq
        self.reasons: list[str] = []
        self.warnings: list[str] = []
        self.units = series.text("units").upper()

    def result(self) -> SuvScale | SuvRefusal:
        """Return what came out."""
        for key in self.series.conflicts:
            self.reasons.append(_("images of the series disagree on {0}").format(self._named(key)))
        self._check_corrections()
        scale = self._by_units()
        if scale is None or self.reasons:
            return SuvRefusal(
                tuple(dict.fromkeys(self.reasons)),
                self.units,
                tuple(self.series.inputs.values()),
                tuple(self.warnings),
                self.series.image_count,
            )
        return scale

    def _named(self, key: str) -> str:
        found = self.series.inputs[key]
        return f"{found.title} {found.tag}"

    def _check_corrections(self) -> None:
        missing = [word for word in ("ATTN", "DECY") if word not in self.series.corrections]
        if missing:
            self.reasons.append(_("{0} lacks {1}").format(self._named("corrected_image"), ", ".join(missing)))

    def _by_units(self) -> SuvScale | None:
        if not self.units:
            self.reasons.append(_("{0} is missing").format(self._named("units")))
            return None
        if self.units == "BQML":
            self._compare_philips()
            return self._of_activity(1.0, _("activity concentration in Bq/ml"))
        if self.units == "CNTS":
            return self._of_counts()
        if self.units in {"GML", "CM2ML"}:
            return self._of_stated()
        self.reasons.append(_("{0} is {1}, which is no activity").format(self._named("units"), self.units))
        return None

    def _of_activity(self, to_bq_ml: float, basis: str) -> SuvScale | None:
        """Return the scale of values that, times to_bq_ml, are Bq/ml."""
        self._decay_correction()
        body = self._body()
        if body.weight_kg is None:  # needed for every kind but ideal weight, and a sign of a header stripped of more
            self._refuse_weight()
        dose, half_life = self._dose(), self._half_life()
        times = self._times(half_life) if half_life is not None else None
        if self.reasons or dose is None or half_life is None or times is None:
            return None
        decayed = dose if times.scan is None else dose * 2.0 ** (-times.seconds / half_life)
        factors, unavailable = {}, {}
        for each in SUV_TYPES:
            size = each.size(body)
            if size is None:
                unavailable[each.id] = self._why_not(each)
            else:
                factors[each.id] = SuvFactor(each, size / decayed * to_bq_ml, size=size)
        return self._scale(factors, unavailable, basis, times, decayed)

    def _of_counts(self) -> SuvScale | None:
        scale = self.series.number("philips_suv")
        self._compare_philips()
        activity = self.series.number("philips_activity")
        if scale is not None and scale > 0:
            self._decay_correction()
            basis = _("counts, by {0}").format(self._named("philips_suv"))
            return self._of_ratio("bw", scale, basis)
        if activity is not None and activity > 0:
            return self._of_activity(activity, _("counts, by {0}").format(self._named("philips_activity")))
        self.reasons.append(
            _("counts without Philips' scale factors: {0}, {1}").format(
                self.series.inputs["philips_suv"].tag, self.series.inputs["philips_activity"].tag
            )
        )
        return None

    def _compare_philips(self) -> None:
        """Warn where Philips' own factor and the decayed dose do not come to the same."""
        scale, activity = self.series.number("philips_suv"), self.series.number("philips_activity")
        if not scale or not activity:
            return
        other = _Judgement(self.series, self.is_dose_in_mbq)
        computed = other._of_activity(1.0, "")
        if computed is None or other.reasons or "bw" not in computed.factors:
            return
        ratio = scale / activity / computed.factors["bw"].factor
        if abs(ratio - 1.0) > _PHILIPS_TOLERANCE:
            self.warnings.append(
                _("the device's own SUV factor is {0} times the one worked out from dose and times").format(
                    f"{ratio:.3g}"
                )
            )

    def _of_stated(self) -> SuvScale | None:
        """Return the scale of values that are SUV already, as the device says."""
        stated = self.series.text("suv_type").upper()
        default = "bsa" if self.units == "CM2ML" and not stated else _STATED_TYPES.get(stated)
        if default is None or (self.units == "CM2ML" and default != "bsa"):
            self.reasons.append(_("{0} is {1}, which is not known").format(self._named("suv_type"), stated))
            return None
        basis = _("SUV as the device stored it")
        if default == "bsa" and self.units == "GML":  # a surface in g/ml: what it was divided by is anyone's guess
            found = suv_type("bsa")
            assert found is not None  # noqa: S101 - one of ours
            others = {
                each.id: _("stated as {0} in g/ml").format(found.title) for each in SUV_TYPES if each is not found
            }
            return self._scale({"bsa": SuvFactor(found, 1.0)}, others, basis)
        return self._of_ratio(default, 1.0, basis)

    def _of_ratio(self, given_id: str, factor: float, basis: str) -> SuvScale | None:
        """Return the scale where one kind is given and the others follow by the sizes of the body."""
        body = self._body()
        given = suv_type(given_id)
        assert given is not None  # noqa: S101 - one of ours
        given_size = given.size(body)
        factors, unavailable = {}, {}
        for each in SUV_TYPES:
            size = each.size(body)
            if each is given:
                factors[each.id] = SuvFactor(each, factor, size=size)
            elif size is None or given_size is None:
                unavailable[each.id] = self._why_not(each if size is None else given)
            else:
                factors[each.id] = SuvFactor(each, factor * size / given_size, size=size)
        return self._scale(factors, unavailable, basis)

    def _scale(
        self,
        factors: dict[str, SuvFactor],
        unavailable: dict[str, str],
        basis: str,
        times: DecayTimes | None = None,
        decayed: float | None = None,
    ) -> SuvScale:
        return SuvScale(
            factors,
            unavailable,
            self.units,
            basis,
            tuple(self.series.inputs.values()),
            None if times is None else times.injection,
            None if times is None else times.scan,
            decayed,
            tuple(self.warnings),
            self.series.image_count,
        )

    def _body(self) -> Body:
        """Return the patient's size, without what cannot be true of it."""
        weight, height = self.series.number("patient_weight"), self.series.number("patient_size")
        if weight is not None and not 0 < weight <= _HEAVIEST_KG:
            weight = None
        if height is not None and not 0 < height <= _TALLEST_M:
            height = None
        return Body(weight, height, self.series.text("patient_sex").upper())

    def _refuse_weight(self) -> None:
        weight = self.series.number("patient_weight")
        if weight is None or weight == 0:
            self.reasons.append(_("{0} is missing").format(self._named("patient_weight")))
        else:
            self.reasons.append(_("{0} cannot be {1} kg").format(self._named("patient_weight"), f"{weight:g}"))

    def _why_not(self, each: SuvType) -> str:
        """Return what a kind of SUV lacks, translated."""
        series, body = self.series, self._body()
        known = {"patient_weight": body.weight_kg, "patient_size": body.height_m}
        for key in each.needs:
            value = series.number(key)
            if key == "patient_sex":
                if body.sex not in {"M", "F"}:
                    return _("{0} is neither M nor F").format(self._named(key))
            elif known[key] is None:
                if not value:
                    return _("{0} is missing").format(self._named(key))
                unit = series.inputs[key].unit
                return _("{0} cannot be {1}").format(self._named(key), f"{value:g} {unit}")
        return _("the formula gives nothing for a body of this size")

    def _dose(self) -> float | None:
        """Return the dose in Bq."""
        count = self.series.pharmaceutical_count
        if count != 1:
            name = self._named("radiopharmaceuticals")
            self.reasons.append(
                _("{0} has {1} items: it is not clear whose dose it was").format(name, count)
                if count
                else _("{0} is missing").format(name)
            )
            return None
        dose = self.series.number("total_dose")
        if dose is None or dose <= 0:
            self.reasons.append(_("{0} is missing").format(self._named("total_dose")))
            return None
        if self.is_dose_in_mbq:
            self.warnings.append(_("the dose was taken for MBq, as was said; the image states Bq"))
            return dose * _BQ_IN_MBQ
        if dose < _LEAST_DOSE_BQ:
            self.reasons.append(
                _("{0} is {1} Bq: too little, and likely in MBq").format(self._named("total_dose"), f"{dose:g}")
            )
            return None
        return dose

    def _half_life(self) -> float | None:
        if self.series.pharmaceutical_count != 1:
            return None
        half_life = self.series.number("half_life")
        if half_life is None or half_life <= 0:
            self.reasons.append(_("{0} is missing").format(self._named("half_life")))
            return None
        name, known = _HALF_LIVES_S.get(self.series.nuclide, ("", half_life))
        if abs(half_life / known - 1.0) > _HALF_LIFE_TOLERANCE:
            self.reasons.append(
                _("{0} is {1} s; that of {2} is {3} s").format(
                    self._named("half_life"), f"{half_life:g}", name, f"{known:g}"
                )
            )
            return None
        return half_life

    def _decay_correction(self) -> str:
        """Return to what moment the values were corrected; reasons where that does not allow SUV."""
        correction = self.series.text("decay_correction").upper()
        if correction not in {"START", "ADMIN"}:
            self.reasons.append(
                _("{0} is {1}").format(self._named("decay_correction"), correction)
                if correction
                else _("{0} is missing").format(self._named("decay_correction"))
            )
        return correction

    def _times(self, half_life: float) -> DecayTimes | None:
        correction = self._decay_correction()
        if correction == "ADMIN":
            return DecayTimes()
        if correction != "START":
            return None
        times = decay_times(self.series, half_life)
        self.warnings += times.warnings
        if times.problem:
            self.reasons.append(times.problem)
            return None
        return times
