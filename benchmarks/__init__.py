"""Measurements behind the figures in the README and in the decisions; run each as a module."""
