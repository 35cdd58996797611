"""The library of studies: instances kept bit-exact under the hash of their bytes, and an index that finds them.

The files are the truth: the index can be made again from them alone. May import dicom and base. Only this package opens
SQLite.
"""
