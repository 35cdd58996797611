"""Presentation states (PS3.3 A.33, C.11): reading, writing. May import dicom and base."""
