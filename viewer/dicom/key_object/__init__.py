"""Key object selection documents (PS3.3 A.35.4, PS3.16 TID 2010). May import dicom and base."""
