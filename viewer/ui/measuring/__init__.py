"""Measuring with the hand: drawing, handles, the measurements panel. May import what ui may."""
