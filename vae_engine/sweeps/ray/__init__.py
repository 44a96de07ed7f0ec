"""Sweeps on a Ray cluster: trials as tasks, their sessions in the driver's folder as they train."""
