"""Segmentations and contours of the open studies: shown over images, and edited.

Knows no Qt; may import what workspace may.
"""
