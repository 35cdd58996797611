"""Negatoscope: a desktop viewer for medical images (DICOM).

Data flows one way: from a source (disc, folder, archive file) through pure imaging code to finished pixels; Qt only
shows them. The layers and what each may import are listed in README.md and held by import-linter.
"""

__version__ = "0.6.0"
