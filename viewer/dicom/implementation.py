"""How this program names itself to other stations and in the files it writes (PS3.7 D.3.3.2, PS3.10 7.1)."""

from viewer import __version__

IMPLEMENTATION_CLASS_UID = "2.25.181939838088702076035538280307894617966"
"""Ours alone: made from a random UUID (PS3.5 B.2)."""
IMPLEMENTATION_VERSION_NAME = f"NEGATOSCOPE_{'.'.join(__version__.split('.')[:2])}"[:16]
"""At most 16 characters (PS3.7 D.3.3.2.4): there is room for versions up to 0.99 or 9.9."""
