"""Distributed training: several workers train one session, led by the first of them, the chief."""
