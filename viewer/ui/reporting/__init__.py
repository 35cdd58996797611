"""Structured reports in the window. May import what ui may."""
