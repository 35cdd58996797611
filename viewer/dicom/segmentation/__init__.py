"""Segmentations (PS3.3 A.51, C.8.20) and structure sets (A.19, C.8.8.6). May import dicom and base."""
