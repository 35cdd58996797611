"""What people hand over: folders, discs, DICOMDIR, ZIP and ISO images. May import imaging, dicom and base."""
