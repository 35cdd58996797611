"""The viewport grid: shows finished pixels and turns the hand's movements into viewport states."""
