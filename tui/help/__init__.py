"""Help: keys of a screen, command palette, glossary, and test patterns of glyphs."""
