"""Distributed training: several workers train one session, led by the first one, the chief."""
