"""The Standard's vocabulary over pydicom: headers, character sets, names, geometry, directories. May import base."""
