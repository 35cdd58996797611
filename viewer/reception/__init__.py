"""The receiver: what comes over the network goes into the library, and what the library holds is given to who may ask.

A process of its own, started by the window or headless. May import library, network, media, display and what is below;
knows no Qt and no window.
"""
