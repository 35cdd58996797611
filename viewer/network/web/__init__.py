"""DICOMweb (PS3.18) as a client: search, retrieve, store, over one door that guards origins, secrets and sizes."""
