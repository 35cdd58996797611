"""What the reader is doing: study tree, display sets, layout, viewport state, tools, commands. Runs without Qt."""
