"""Segmentations and contours in the window. May import what ui may."""
