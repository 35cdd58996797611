"""Structured reports (PS3.3 A.35, C.17; PS3.16): trees, templates, writing. May import dicom and base."""
