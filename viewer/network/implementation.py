"""How this program names itself to other stations and in the files it writes (PS3.7 D.3.3.2, PS3.10 7.1)."""

from viewer import __version__

IMPLEMENTATION_CLASS_UID = "2.25.181939838088702076035538280307894617966"
"""Ours alone: made from a random UUID (PS3.5 B.2)."""
IMPLEMENTATION_VERSION_NAME = f"NEGATOSC_{__version__}"[:16]
"""At most 16 characters (PS3.7 Table D.3-4), so that a version like 10.20.3 still fits."""
