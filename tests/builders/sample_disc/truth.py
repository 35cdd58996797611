"""What is known of the sample disc because it was made so; tests compare measurements with it.

Positions are patient coordinates in mm (DICOM: x to the left, y to the back, z to the head).
"""

import math
from dataclasses import dataclass

SEED = 20240305
FRAME_NOISE_HU = 2.5


@dataclass(frozen=True, slots=True)
class Rod:
    """A cylinder along z, through every axial slice, under the patient's back."""

    x_mm: float
    y_mm: float
    radius_mm: float
    hu: float


@dataclass(frozen=True, slots=True)
class Sphere:
    """A ball of one HU inside the chest; its radius at each examination."""

    name: str
    center_mm: tuple[float, float, float]
    radius_mm: float
    prior_radius_mm: float
    hu: float
    around_hu: float

    @property
    def volume_mm3(self) -> float:
        """Volume at the later examination."""
        return 4 / 3 * math.pi * self.radius_mm**3

    @property
    def prior_volume_mm3(self) -> float:
        """Volume at the earlier examination."""
        return 4 / 3 * math.pi * self.prior_radius_mm**3


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter in the pixels at the side it names; reads upright in a standard axial view."""

    name: str
    center_mm: tuple[float, float]


@dataclass(frozen=True, slots=True)
class CoronalLetter:
    """A letter standing in a coronal plane, a slab in y; reads upright in a standard coronal view."""

    name: str
    center_mm: tuple[float, float, float]
    thickness_mm: float


ROD_Y_MM = 150.0
RODS = (
    Rod(-112.0, ROD_Y_MM, 9.0, -800.0),
    Rod(-67.0, ROD_Y_MM, 9.0, -100.0),
    Rod(-22.0, ROD_Y_MM, 9.0, 60.0),
    Rod(22.0, ROD_Y_MM, 9.0, 200.0),
    Rod(67.0, ROD_Y_MM, 9.0, 500.0),
    Rod(112.0, ROD_Y_MM, 9.0, 1000.0),
)
WATER_HU = 0.0
WATER_CENTER_MM, WATER_RADII_MM = (0.0, ROD_Y_MM), (145.0, 16.0)  # the flat vessel the rods stand in

SPHERES = (
    Sphere("right upper lobe", (-62.0, 28.0, -62.0), 8.0, 5.0, 40.0, -860.0),
    Sphere("left lower lobe", (82.0, 30.0, -150.0), 6.0, 6.0, 40.0, -860.0),
    Sphere("liver", (-75.0, 5.0, -228.0), 12.0, 12.0, 30.0, 110.0),
)

LETTER_HU, LETTER_DOT_MM = 1000.0, 3.0
AXIAL_LETTERS = (
    Letter("R", (-196.0, -120.0)),
    Letter("L", (196.0, -120.0)),
    Letter("A", (0.0, -196.0)),
    Letter("P", (0.0, 196.0)),
)
CORONAL_LETTER_DOT_MM = 6.0
CORONAL_LETTERS = (
    CoronalLetter("H", (-140.0, 0.0, 205.0), 9.0),
    CoronalLetter("F", (-192.0, 0.0, -215.0), 9.0),
)

CT_COUNT, CT_STEP_MM, CT_FIRST_Z_MM = 164, 3.0, -246.0
CT_SIZE, CT_SPACING_MM = 512, 0.84
PRIOR_COUNT, PRIOR_STEP_MM, PRIOR_FIRST_Z_MM = 40, 5.0, -245.0
PRIOR_SIZE, PRIOR_SPACING_MM = 256, 1.68

TILT_DEG = 18.0  # signed as real scanners sign it: rows run downwards (-z) as they go back; the couch moves along z
TILT_COUNT, TILT_STEP_MM, TILT_SIZE, TILT_SPACING_MM = 30, 4.0, 256, 0.94
TILT_FIRST_Z_MM = 96.0
TILT_PADDING = -2000

DX_SPACING_MM = 0.4
MG_ROWS, MG_COLUMNS, MG_SPACING_MM = 1152, 864, 0.17
MG_MASS_MM = (52.0, 84.0)  # from the chest wall, from the top; right breast
MG_CALCIFICATIONS_MM = (60.0, 110.0)  # the middle of the cluster; left breast


@dataclass(frozen=True, slots=True)
class Region:
    """An ultrasound region (PS3.3 C.8.5.5): bounds in pixels, meaning of a step in x and y."""

    bounds: tuple[int, int, int, int]  # min x, min y, max x, max y
    spatial_format: int
    data_type: int
    units: tuple[int, int]
    deltas: tuple[float, float]
    reference_pixel: tuple[int, int] = (0, 0)
    flags: int = 0


US_ROWS, US_COLUMNS, US_FRAMES, US_FRAME_TIME_MS = 360, 480, 24, 50.0
US_CM_PER_PIXEL = 0.02
US_TISSUE = Region((90, 12, 389, 211), 1, 1, (3, 3), (US_CM_PER_PIXEL, US_CM_PER_PIXEL))
US_FLOW = Region((180, 70, 309, 169), 1, 2, (3, 3), (US_CM_PER_PIXEL, US_CM_PER_PIXEL), flags=1)
US_SPECTRUM = Region((40, 236, 439, 345), 3, 3, (4, 7), (0.003, -1.0), reference_pixel=(0, 80))
US_VESSEL_TOP_CM, US_VESSEL_RADIUS_CM = 2.2, 0.3  # depth of the middle, radius at rest
US_PEAK_VELOCITY_CM_S = 72.0
US_BEATS = 2  # whole beats in the cine, whose 1.2 s the spectrum is wide

XA_SIZE, XA_FRAMES, XA_FRAME_TIME_MS, XA_MASK_FRAME = 320, 20, 133.0, 1
XA_IMAGER_SPACING_MM, XA_MAGNIFICATION = 0.37, 1.5
