"""Peers: associations, and the services spoken over them (PS3.7, PS3.8). Only here are sockets of DICOM opened.

May import imaging, dicom and base; never library, media or display: what a service stores into or answers from is
handed to it (ports). Runs without Qt.
"""
