"""Masks of segmentations and structure sets: packed, placed in the patient, sampled at device pixels."""
