"""What is drawn over the pixels: banner, corner texts, orientation letters, scale bar, chips."""
