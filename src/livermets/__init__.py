"""Per-lesion response prediction for colorectal liver metastases on CT, and what an automatic mask changes.

Conventions used everywhere: image arrays are ``zyx`` in canonical LPS axes (index 0 is the axial slice);
units are part of every name (``spacing_mm``, ``volume_ml``); 1 means responder (R+), 0 non-responder (R-).
"""

__version__ = "0.1.0"
