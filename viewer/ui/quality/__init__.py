"""The quality of the monitors: the panel, constancy tests on the full screen, history, plots and the report.

May import everything below ui; what the window does for it comes as callables (quality_panel.QualityActions).
"""
