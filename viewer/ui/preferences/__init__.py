"""Preference pages, generated from the settings sections."""
