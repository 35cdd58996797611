"""From encoded frames to display values: decoding, LUTs, GSDF, colour, overlays. May import dicom and base."""
