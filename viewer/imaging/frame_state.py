"""The one rendering truth of a frame: everything but its pixels, worked out once and never changed."""
