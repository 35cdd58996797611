"""Windows that make a monitor known: its response, measured or matched by eye, and what it is corrected by."""
