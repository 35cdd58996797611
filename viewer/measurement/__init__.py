"""Numbers worked out from pixels: standardised uptake values. May import imaging, dicom and base."""
