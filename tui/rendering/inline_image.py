"""Images by iTerm2's protocol for inline images (iterm2.com/documentation-images.html)."""

from __future__ import annotations

import base64


def inline_image(png: bytes, columns: int, rows: int) -> str:
    """Show an image at the cursor, `columns` x `rows` cells large."""
    data = base64.standard_b64encode(png).decode()
    options = f"inline=1;size={len(png)};width={columns};height={rows};preserveAspectRatio=0"
    return f"\x1b]1337;File={options}:{data}\x07"
