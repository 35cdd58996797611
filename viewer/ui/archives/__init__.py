"""Archives in windows: the list of them, what is on its way, what is sent."""
