"""Presentation states and key objects in the window. May import what ui may."""
