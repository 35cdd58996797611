"""Imports all of pydicom that reading needs, at once, when this module is imported.

pydicom's modules import each other in circles: two threads that begin in different places are each given a half-made
module by Python's deadlock avoidance. Every module that imports pydicom imports this one first; Python's own lock on
it then lets one thread do the work while the others wait.
"""

import pydicom
import pydicom.charset
import pydicom.datadict
import pydicom.dataset
import pydicom.filereader
import pydicom.hooks
import pydicom.sequence
import pydicom.uid
import pydicom.values

LOADED = pydicom.__version__
