"""Detects the kind of a file by its first bytes, and suggests how to make a dataset of it."""

from __future__ import annotations

from typing import NamedTuple

HEAD_BYTES = 512
"""Number of bytes to read for `kind_of`."""

_SAVED = "np.savez('data.npz', images={images})"
_UNPACKED = "unpack it and give the folder: try `{command}`"


class Kind(NamedTuple):
    """A kind of file.

    Attributes:
        name: in words, with its article.
        remedy: how to make a dataset of it; `{name}` stands for the file.
        image: it holds an image that can be read.
    """

    name: str
    remedy: str
    image: bool = False


def _by_code(code: str) -> str:
    return f"try `{code}`"


_CONVERTED = "convert it: try `magick mogrify -format png '{name}'`"
_FOLDER = "one image is not a dataset: try its folder,"
_BY_ITSELF = "try '{name}' in place of its folder"

NPZ = Kind("a zip archive", "try `np.savez('data.npz', images=images)`")
NPY = Kind("a .npy array", "")
IDX = Kind("an IDX file", "")
HDF5 = Kind("an HDF5 file", _BY_ITSELF)
PARQUET = Kind("a Parquet file", _BY_ITSELF)
GZIP = Kind("a gzip file", _by_code("gunzip '{name}'"))
EMPTY = Kind("an empty file", "copy or save it again: try `np.savez('data.npz', images=images)`")
UNKNOWN = Kind("of no known format", _by_code(_SAVED.format(images="images")))
CSV = Kind("a CSV table", _BY_ITSELF)
JSON = Kind(
    "a JSON file",
    _by_code(_SAVED.format(images="np.array(json.load(open('{name}')), 'uint8')")),
)
HTML = Kind("a web page (HTML or XML)", "download the file itself: try the page's download link")
_SVG = Kind("an SVG drawing", _by_code("rsvg-convert -w 64 -h 64 '{name}' -o image.png"))
TEXT = Kind("a text file", UNKNOWN.remedy)
NUMBERS = Kind("a table of numbers", _BY_ITSELF)
_LFS = Kind("a Git LFS pointer, not the file itself", _by_code("git lfs pull"))
_PICKLE = Kind(
    "a pickle, which can run code and is never loaded",
    "where you trust it, " + _by_code(_SAVED.format(images="pickle.load(open('{name}', 'rb'))")),
)

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"PK\x03\x04", NPZ),
    (b"PK\x05\x06", NPZ),
    (b"\x93NUMPY", NPY),
    (b"\x1f\x8b", GZIP),
    (b"\x89PNG\r\n\x1a\n", Kind("a PNG image", _FOLDER, image=True)),
    (b"\xff\xd8\xff", Kind("a JPEG image", _FOLDER, image=True)),
    (b"GIF87a", Kind("a GIF image", _FOLDER, image=True)),
    (b"GIF89a", Kind("a GIF image", _FOLDER, image=True)),
    (b"II*\0", Kind("a TIFF image", _FOLDER, image=True)),
    (b"MM\0*", Kind("a TIFF image", _FOLDER, image=True)),
    (b"\x89HDF\r\n\x1a\n", HDF5),
    (
        b"MATLAB 5.0",
        Kind(
            "a MATLAB file",
            _by_code(_SAVED.format(images="scipy.io.loadmat('{name}')['images']")),
        ),
    ),
    (
        # An HDF5 file behind a header; MATLAB stores rows and columns the other way round.
        b"MATLAB 7.3",
        Kind(
            "a MATLAB 7.3 file",
            _by_code(_SAVED.format(images="h5py.File('{name}')['images'][:].swapaxes(1, 2)")),
        ),
    ),
    (b"PAR1", PARQUET),
    (
        b"ARROW1",
        Kind(
            "an Arrow file",
            _by_code(
                "t = pd.read_feather('{name}'); " + _SAVED.format(images="np.stack(t['image'])")
            ),
        ),
    ),
    (b"SQLite format 3\0", Kind("an SQLite database", UNKNOWN.remedy)),
    (b"BZh", Kind("a bzip2 file", _by_code("bunzip2 '{name}'"))),
    (b"\xfd7zXZ\0", Kind("an xz file", _by_code("unxz '{name}'"))),
    (b"\x28\xb5\x2f\xfd", Kind("a zstd file", _by_code("unzstd '{name}'"))),
    (b"7z\xbc\xaf\x27\x1c", Kind("a 7z archive", _UNPACKED.format(command="7z x '{name}'"))),
    (b"Rar!\x1a\x07", Kind("a RAR archive", _UNPACKED.format(command="unrar x '{name}'"))),
    (b"%PDF", Kind("a PDF file", "wanted images: try `pdfimages -png '{name}' page`")),
    (b"version https://git-lfs", _LFS),
    (
        b"SIMPLE  =",
        Kind("a FITS file", _by_code(_SAVED.format(images="astropy.io.fits.getdata('{name}')"))),
    ),
    (b"\0\0\0\x0cjP  ", Kind("a JPEG 2000 image", _CONVERTED)),
    (b"\xff\x4f\xff\x51", Kind("a JPEG 2000 image", _CONVERTED)),
    (b"\xff\x0a", Kind("a JPEG XL image", _CONVERTED)),
    (b"\0\0\0\x0cJXL ", Kind("a JPEG XL image", _CONVERTED)),
    (b"\0\0\x01\0", Kind("an icon file", _CONVERTED)),
    (b"8BPS", Kind("a Photoshop file", _CONVERTED)),
    (b"DDS ", Kind("a DDS texture", _CONVERTED)),
    (b"\x76\x2f\x31\x01", Kind("an OpenEXR image", _CONVERTED)),
    (b"\x7fELF", Kind("a program", UNKNOWN.remedy)),
)
_ZIP_OF_FILES = Kind(
    "a zip archive of files, not an .npz", _UNPACKED.format(command="unzip -d data '{name}'")
)
_ZIP_OF_TORCH = Kind(
    "a PyTorch file, which can run code and is never loaded",
    "where you trust it, " + _by_code(_SAVED.format(images="torch.load('{name}').numpy()")),
)
_CONTAINER = Kind("a HEIC or AVIF image, or a video", _CONVERTED)
_TAR_GZ = Kind("a gzipped tar archive", _UNPACKED.format(command="tar xf '{name}'"))
_TAR = Kind("a tar archive", _UNPACKED.format(command="tar xf '{name}'"))
_IDX_TYPES = (0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E)


def kind_of(head: bytes) -> Kind:
    """The kind of a file that begins with these bytes."""
    if not head:
        return EMPTY
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:2] == b"\0\0" and len(head) >= 4 and head[2] in _IDX_TYPES and 1 <= head[3] <= 4:
        return IDX
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Kind("a WebP image", _FOLDER, image=True)
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return Kind("a BMP image", _FOLDER, image=True)
    if head[:2] in (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6") and head[2:3].isspace():
        return Kind("a PNM image", _FOLDER, image=True)
    if head[4:8] == b"ftyp":
        return _CONTAINER
    if head[257:262] == b"ustar":
        return _TAR
    if head[0] == 0x80 and len(head) > 1 and 2 <= head[1] <= 5:
        return _PICKLE
    return _text_kind(head)


def kind_of_gzip(head: bytes) -> Kind:
    """The kind of a gzip file whose contents begin with these bytes."""
    return _TAR_GZ if kind_of(head) is _TAR else GZIP


def kind_of_zip(names: list[str]) -> Kind:
    """The kind of a zip archive without a .npy array, by the names in it."""
    if any(name.endswith("data.pkl") for name in names):
        return _ZIP_OF_TORCH
    return _ZIP_OF_FILES


def _text_kind(head: bytes) -> Kind:
    try:
        # A character may be cut at the end.
        text = head[: len(head) - 3 if len(head) == HEAD_BYTES else None].decode()
    except UnicodeDecodeError:
        return UNKNOWN
    if not all(character.isprintable() or character in "\r\n\t\ufeff" for character in text):
        return UNKNOWN
    start = text.lstrip("\ufeff \r\n\t")
    if start[:1] in ("{", "["):
        return JSON
    if start[:1] == "<":
        return _SVG if "<svg" in start and "<html" not in start.lower() else HTML
    first = start.split("\n", 1)[0]
    if first.count(",") > 1 or first.count(";") > 1 or first.count("\t") > 1:
        return CSV
    return NUMBERS if first[:1].isdigit() and first.count(" ") > 1 else TEXT
