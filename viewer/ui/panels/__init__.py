"""Side panels: information, tags, problems, display."""
