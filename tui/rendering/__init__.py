"""Render images and charts as terminal cells: pure functions of arrays.

Images go through three steps: `blocks` fits a glyph and two greys to every cell, `palettes` says
which colours the terminal has for them, and `runs` joins cells of equal style into Rich segments.
"""
