"""Sweeps on a Ray cluster: trials as tasks, with live sessions in the driver's folder."""
