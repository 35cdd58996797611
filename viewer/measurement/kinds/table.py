"""All measuring tools, in the order of menus within their group."""

from viewer.measurement.kinds.angle import Angle
from viewer.measurement.kinds.arrow import Arrow
from viewer.measurement.kinds.bidirectional import Bidirectional
from viewer.measurement.kinds.brush import Brush
from viewer.measurement.kinds.callout import Callout
from viewer.measurement.kinds.cardiothoracic_ratio import CardiothoracicRatio
from viewer.measurement.kinds.circle import Circle
from viewer.measurement.kinds.cobb import Cobb
from viewer.measurement.kinds.ecg_caliper import EcgCaliper
from viewer.measurement.kinds.ellipse import Ellipse
from viewer.measurement.kinds.freehand import Freehand
from viewer.measurement.kinds.hip_alpha_angle import HipAlphaAngle
from viewer.measurement.kinds.hip_ce_angle import HipCeAngle
from viewer.measurement.kinds.histogram import Histogram
from viewer.measurement.kinds.kind import Kind
from viewer.measurement.kinds.leg_length import LegLength
from viewer.measurement.kinds.length import Length
from viewer.measurement.kinds.line_profile import LineProfile
from viewer.measurement.kinds.marker import Marker
from viewer.measurement.kinds.open_angle import OpenAngle
from viewer.measurement.kinds.perpendicular_distance import PerpendicularDistance
from viewer.measurement.kinds.point import Point
from viewer.measurement.kinds.polygon import Polygon
from viewer.measurement.kinds.polyline import Polyline
from viewer.measurement.kinds.rectangle import Rectangle
from viewer.measurement.kinds.rib_label import RibLabel
from viewer.measurement.kinds.spine_label import SpineLabel
from viewer.measurement.kinds.spline import Spline
from viewer.measurement.kinds.stacked_volume import StackedVolume
from viewer.measurement.kinds.text import Text
from viewer.measurement.kinds.threshold_region import ThresholdRegion
from viewer.measurement.kinds.us_heart_rate import UsHeartRate
from viewer.measurement.kinds.us_resistive_index import UsResistiveIndex
from viewer.measurement.kinds.us_slope import UsSlope
from viewer.measurement.kinds.us_time import UsTime
from viewer.measurement.kinds.us_velocity import UsVelocity

KINDS: tuple[Kind, ...] = (
    Length(),
    Polyline(),
    Bidirectional(),
    PerpendicularDistance(),
    Angle(),
    OpenAngle(),
    Cobb(),
    Rectangle(),
    Ellipse(),
    Circle(),
    Polygon(),
    Freehand(),
    Spline(),
    Arrow(),
    Text(),
    Callout(),
    Marker(),
    SpineLabel(),
    RibLabel(),
    UsVelocity(),
    UsTime(),
    UsSlope(),
    UsResistiveIndex(),
    UsHeartRate(),
    EcgCaliper(),
    CardiothoracicRatio(),
    LegLength(),
    HipCeAngle(),
    HipAlphaAngle(),
    Point(),
    Histogram(),
    LineProfile(),
    Brush(),
    ThresholdRegion(),
    StackedVolume(),
)

_BY_ID = {kind.id: kind for kind in KINDS}


def is_known(kind_id: str) -> bool:
    """Return whether this version has a kind of that id."""
    return kind_id in _BY_ID


def kind_of(kind_id: str) -> Kind:
    """Return a kind by its id.

    Raises:
        KeyError: If this version does not know it; ask is_known about what comes from outside.
    """
    return _BY_ID[kind_id]
