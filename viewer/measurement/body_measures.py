"""What a body's size stands for in standardised uptake values: lean mass, surface, ideal weight (PS3.16 CID 85).

Weights in kilograms, heights in metres; a formula that gives nothing sensible for a body gives None.
"""

from collections.abc import Callable
from dataclasses import dataclass

_GRAMS_PER_KG = 1000.0


@dataclass(frozen=True, slots=True)
class Body:
    """A patient's size as the data set states it.

    Attributes:
        sex: "M", "F", or anything else where formulas by sex have nothing to say.
    """

    weight_kg: float | None = None
    height_m: float | None = None
    sex: str = ""


def lean_mass_james(body: Body) -> float | None:
    """Return the lean body mass in kg by James' formula with 120 for men, as SUVlbm (DCM 126402) has it."""
    return _james(body, 120.0)


def lean_mass_james_128(body: Body) -> float | None:
    """Return the lean body mass in kg by James' formula with 128 for men, as SUVlbm(James128) (DCM 126406) has it."""
    return _james(body, 128.0)


def lean_mass_janmahasatian(body: Body) -> float | None:
    """Return the lean body mass in kg by Janmahasatian et al. 2005, as SUVlbm(Janma) (DCM 126405) has it."""
    if body.weight_kg is None or body.height_m is None or body.sex not in {"M", "F"}:
        return None
    body_mass_index = body.weight_kg / body.height_m**2
    base, slope = (6680.0, 216.0) if body.sex == "M" else (8780.0, 244.0)
    return 9270.0 * body.weight_kg / (base + slope * body_mass_index)


def surface_cm2(body: Body) -> float | None:
    """Return the body surface in cm² by DuBois and DuBois 1916."""
    if body.weight_kg is None or body.height_m is None:
        return None
    return float(body.weight_kg**0.425 * (body.height_m * 100.0) ** 0.725 * 71.84)


def ideal_weight(body: Body) -> float | None:
    """Return the ideal body weight in kg as Sugawara et al. 1999 used it for SUV; None where it is not positive."""
    if body.height_m is None or body.sex not in {"M", "F"}:
        return None
    over_cm = body.height_m * 100.0 - 152.0
    weight = 48.0 + 1.06 * over_cm if body.sex == "M" else 45.5 + 0.91 * over_cm
    return weight if weight > 0 else None


def _james(body: Body, men: float) -> float | None:
    if body.weight_kg is None or body.height_m is None or body.sex not in {"M", "F"}:
        return None
    ratio = (body.weight_kg / (body.height_m * 100.0)) ** 2
    mass = 1.10 * body.weight_kg - men * ratio if body.sex == "M" else 1.07 * body.weight_kg - 148.0 * ratio
    return mass if mass > 0 else None


def _grams(measure: Callable[[Body], float | None]) -> Callable[[Body], float | None]:
    def in_grams(body: Body) -> float | None:
        found = measure(body)
        return None if found is None else found * _GRAMS_PER_KG

    return in_grams


@dataclass(frozen=True, slots=True)
class SuvType:
    """One way of standardising uptake.

    Attributes:
        id: As commands and settings write it.
        title: As it is shown: "SUVbw".
        unit: Of the values.
        code: The DCM code of the quantity.
        ucum: What UCUM's g/ml or cm2/ml carries in braces (PS3.16 CID 85).
        formula: Of what the weight is replaced with; W in kg, H in cm, BMI in kg/m².
        size: What stands over the dose, in g or cm²; None where the body does not say.
        needs: Inputs, by key.
    """

    id: str
    title: str
    unit: str
    code: str
    ucum: str
    formula: str
    size: Callable[[Body], float | None]
    needs: tuple[str, ...]


_BY_SEX = ("patient_weight", "patient_size", "patient_sex")
SUV_TYPES: tuple[SuvType, ...] = (
    SuvType("bw", "SUVbw", "g/ml", "126401", "SUVbw", "W", _grams(lambda body: body.weight_kg), ("patient_weight",)),
    SuvType(
        "lbm",
        "SUVlbm",
        "g/ml",
        "126402",
        "SUVlbm",
        "James: M 1.10·W − 120·(W/H)², F 1.07·W − 148·(W/H)²",
        _grams(lean_mass_james),
        _BY_SEX,
    ),
    SuvType(
        "lbm-james128",
        "SUVlbm(James128)",
        "g/ml",
        "126406",
        "SUVlbm(James128)",
        "James: M 1.10·W − 128·(W/H)², F 1.07·W − 148·(W/H)²",
        _grams(lean_mass_james_128),
        _BY_SEX,
    ),
    SuvType(
        "lbm-janma",
        "SUVlbm(Janma)",
        "g/ml",
        "126405",
        "SUVlbm(Janma)",
        "Janmahasatian: M 9270·W/(6680 + 216·BMI), F 9270·W/(8780 + 244·BMI)",
        _grams(lean_mass_janmahasatian),
        _BY_SEX,
    ),
    SuvType(
        "bsa",
        "SUVbsa",
        "cm2/ml",
        "126403",
        "SUVbsa",
        "DuBois: 71.84·W^0.425·H^0.725 cm²",
        surface_cm2,
        ("patient_weight", "patient_size"),
    ),
    SuvType(
        "ibw",
        "SUVibw",
        "g/ml",
        "126404",
        "SUVibw",
        "Sugawara: M 48 + 1.06·(H − 152), F 45.5 + 0.91·(H − 152)",
        _grams(ideal_weight),
        ("patient_size", "patient_sex"),
    ),
)
"""In the order they are offered."""

_BY_ID = {each.id: each for each in SUV_TYPES}


def suv_type(type_id: str) -> SuvType | None:
    """Return a type by its id; None when there is none."""
    return _BY_ID.get(type_id)
