"""The monitor: what was measured on it, what is tested on it, and the pictures that test it (PS3.14, AAPM TG18/TG270).

May import imaging, dicom and base. Knows no Qt: the window tells it which monitors there are, and shows what it draws.
"""
