"""Help: keys of a screen, the command palette, the glossary, glyphs of the font."""
