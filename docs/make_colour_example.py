r"""Make the dataset of the colour example from the Tango icons, which are in the public domain.

    apt-get install tango-icon-theme librsvg2-bin
    python docs/make_colour_example.py tango-icons
    vae train --dataset tango-icons --latent-dim 16 --epochs 90 --filters 32,64,96 \
        --dense-units 192 --patience 30 --learning-rate 0.002 --batch-size 64 --name example-colour

Categories are classes. Some 210 icons are few, so each is drawn at several sizes and places, and
mirrored, over white at 32x32. Validation and test have the same icons at sizes and places that
training has not: the example shows what training learns of these icons, not of unseen ones.
"""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageOps

ICONS = Path("/usr/share/icons/Tango")
SIDE = 32
# Size of the drawing, and where its corner lies.
PLACES = {
    "train": ((32, 0, 0), (30, 1, 1), (30, 0, 2), (30, 2, 0), (30, 2, 2), (28, 2, 2), (28, 1, 3)),
    "val": ((31, 0, 1),),
    "test": ((29, 2, 1),),
}


def main(target: Path) -> None:
    """Write target/SPLIT/CATEGORY/NAME.png."""
    for drawing in originals("scalable", "svg"):
        vector = over_white(drawn(drawing, 4 * SIDE))
        for split, places in PLACES.items():
            folder = target / split / drawing.parent.name
            for number, (size, left, top) in enumerate(places):
                image = Image.new("RGB", (SIDE, SIDE), "white")
                image.paste(vector.resize((size, size), Image.Resampling.BOX), (left, top))
                save(image, folder / f"{drawing.stem}-{number}.png")
                if split == "train":
                    save(ImageOps.mirror(image), folder / f"{drawing.stem}-{number}-mirrored.png")
    for drawing in originals("32x32", "png"):
        own = over_white(Image.open(drawing))
        folder = target / "train" / drawing.parent.name
        save(own, folder / f"{drawing.stem}-own.png")
        save(ImageOps.mirror(own), folder / f"{drawing.stem}-own-mirrored.png")


def originals(folder: str, ending: str) -> list[Path]:
    """Return the drawings; a link is another name of one, animations are sheets of frames."""
    drawings = sorted((ICONS / folder).glob(f"*/*.{ending}"))
    return [path for path in drawings if not path.is_symlink() and path.parent.name != "animations"]


def drawn(vector: Path, side: int) -> Image.Image:
    """Return an SVG as an image of side x side."""
    command = ["rsvg-convert", "-w", str(side), "-h", str(side), str(vector)]
    return Image.open(io.BytesIO(subprocess.run(command, check=True, capture_output=True).stdout))


def over_white(image: Image.Image) -> Image.Image:
    """Return RGB without transparency."""
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def save(image: Image.Image, path: Path) -> None:
    """Write a PNG, and its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
