"""A thousand generated PET series: the factor is what an independent computation gives, or there is none."""

import datetime as dt
import math
import random

import pytest

from tests.builders.pet_headers import pet_data_set, with_ge_scan, with_philips
from viewer.measurement.suv import SuvScale, suv_factors

CASES = 1000
HALF_LIVES = (6586.2, 1221.8, 4062.6, 282276.0)


def seconds_of(date: str, time: str) -> float:
    """Count seconds by the Julian day (Fliegel and Van Flandern), without Python's dates."""
    year, month, day = int(date[:4]), int(date[4:6]), int(date[6:])
    a = -((14 - month) // 12)
    julian = (1461 * (year + 4800 + a)) // 4 + (367 * (month - 2 - 12 * a)) // 12
    julian += -(3 * ((year + 4900 + a) // 100)) // 4 + day - 32075
    clock = int(time[:2]) * 3600 + int(time[2:4]) * 60 + float(time[4:])
    return julian * 86400.0 + clock


def stamp(moment: dt.datetime) -> tuple[str, str]:
    return moment.strftime("%Y%m%d"), moment.strftime("%H%M%S.") + f"{moment.microsecond:06d}"


def sizes(weight: float, height: float, sex: str) -> dict[str, float]:
    """Return g or cm² by the formulas as published, H in cm."""
    cm = 100 * height
    male = sex == "M"
    bmi = weight / (height * height)
    return {
        "bw": 1000 * weight,
        "lbm": 1000 * (1.1 * weight - 120 * weight**2 / cm**2 if male else 1.07 * weight - 148 * weight**2 / cm**2),
        "lbm-james128": 1000
        * (1.1 * weight - 0.0128 * weight**2 / height**2 if male else 1.07 * weight - 0.0148 * weight**2 / height**2),
        "lbm-janma": 9.27e6 * weight / (6680 + 216 * bmi if male else 8780 + 244 * bmi),
        "bsa": 1e4 * 0.007184 * math.exp(0.425 * math.log(weight) + 0.725 * math.log(cm)),
        "ibw": 1000 * (48 + 1.06 * (cm - 152) if male else 45.5 + 0.91 * (cm - 152)),
    }


@pytest.mark.parametrize("seed", range(10))
def test_generated_series(seed: int) -> None:
    chance = random.Random(seed)
    for _case in range(CASES // 10):
        check_one(chance)


def check_one(chance: random.Random) -> None:
    weight, height, sex = chance.uniform(40, 120), chance.uniform(1.5, 2.0), chance.choice("MF")
    dose, half_life = chance.uniform(5e7, 8e8), chance.choice(HALF_LIVES)
    scan = dt.datetime.fromisoformat("2026-01-01T00:00:00") + dt.timedelta(
        seconds=chance.randrange(365 * 86400), microseconds=chance.choice((0, chance.randrange(10**6)))
    )
    uptake = chance.uniform(60, min(3 * half_life, 11.5 * 3600))
    injected = scan - dt.timedelta(microseconds=round(uptake * 1e6))
    is_dated = chance.random() < 0.5
    correction = chance.choice(("START", "START", "ADMIN"))
    timing = chance.choice(("series", "ge", "earliest"))
    units = chance.choice(("BQML", "BQML", "CNTS"))
    activity = chance.uniform(0.5, 5.0)
    injection_date, injection_time = stamp(injected)
    count = chance.randint(1, 4)
    beds = [scan + dt.timedelta(seconds=120 * bed) for bed in range(count)]
    chance.shuffle(beds)
    series = scan if timing == "series" else scan + dt.timedelta(minutes=chance.randint(30, 400))
    images = []
    for bed in beds:
        data_set = pet_data_set(
            Units=units, DecayCorrection=correction, PatientWeight=f"{weight:.6f}", PatientSize=f"{height:.6f}",
            PatientSex=sex, RadionuclideTotalDose=f"{dose:.2f}", RadionuclideHalfLife=half_life,
            SeriesDate=stamp(series)[0], SeriesTime=stamp(series)[1], AcquisitionDate=stamp(bed)[0],
            AcquisitionTime=stamp(bed)[1], NumberOfSlices=count, RadiopharmaceuticalStartTime=injection_time,
            RadiopharmaceuticalStartDateTime=injection_date + injection_time if is_dated else None,
        )  # fmt: skip
        if timing == "ge":
            with_ge_scan(data_set, scan.replace(microsecond=0))
        if units == "CNTS":
            with_philips(data_set, None, activity)
        images.append(data_set)
    found = suv_factors(images)
    if correction == "START" and not is_dated and half_life > 6 * 3600:
        assert not isinstance(found, SuvScale)  # nobody can know the day
        return
    moment = scan.replace(microsecond=0) if timing == "ge" else scan
    elapsed = seconds_of(*stamp(moment)) - seconds_of(injection_date, injection_time)
    decay = math.exp(-math.log(2) * elapsed / half_life) if correction == "START" else 1.0
    to_bq = float(f"{activity:.10g}") if units == "CNTS" else 1.0
    assert isinstance(found, SuvScale), (found.reasons, elapsed)
    wanted = sizes(float(f"{weight:.6f}"), float(f"{height:.6f}"), sex)
    for type_id, size in wanted.items():
        if size > 0:
            expected = size * to_bq / (float(f"{dose:.2f}") * decay)
            assert found.factors[type_id].factor == pytest.approx(expected, rel=1e-7), type_id
        else:
            assert type_id in found.unavailable
