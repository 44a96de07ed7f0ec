"""Detects the kind of a file by its first bytes, and suggests how to make a dataset of it."""

from __future__ import annotations

from typing import NamedTuple

HEAD_BYTES = 512
"""Number of bytes to read for `kind_of`."""

_SAVED = "np.savez('data.npz', images={images})"
_UNPACKED = "unpack it and give the folder: try `{command}`"


class FileKind(NamedTuple):
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

NPZ = FileKind("a zip archive", "try `np.savez('data.npz', images=images)`")
NPY = FileKind("a .npy array", "")
IDX = FileKind("an IDX file", "")
HDF5 = FileKind("an HDF5 file", _BY_ITSELF)
PARQUET = FileKind("a Parquet file", _BY_ITSELF)
GZIP = FileKind("a gzip file", _by_code("gunzip '{name}'"))
EMPTY = FileKind(
    "an empty file", "copy or save it again: try `np.savez('data.npz', images=images)`"
)
UNKNOWN = FileKind("of no known format", _by_code(_SAVED.format(images="images")))
CSV = FileKind("a CSV table", _BY_ITSELF)
JSON = FileKind(
    "a JSON file",
    _by_code(_SAVED.format(images="np.array(json.load(open('{name}')), 'uint8')")),
)
HTML = FileKind(
    "a web page (HTML or XML)", "download the file itself: try the page's download link"
)
_SVG = FileKind("an SVG drawing", _by_code("rsvg-convert -w 64 -h 64 '{name}' -o image.png"))
TEXT = FileKind("a text file", UNKNOWN.remedy)
NUMBERS = FileKind("a table of numbers", _BY_ITSELF)
_LFS = FileKind("a Git LFS pointer, not the file itself", _by_code("git lfs pull"))
_PICKLE = FileKind(
    "a pickle, which can run code and is never loaded",
    "where you trust it, " + _by_code(_SAVED.format(images="pickle.load(open('{name}', 'rb'))")),
)

_MAGIC: tuple[tuple[bytes, FileKind], ...] = (
    (b"PK\x03\x04", NPZ),
    (b"PK\x05\x06", NPZ),
    (b"\x93NUMPY", NPY),
    (b"\x1f\x8b", GZIP),
    (b"\x89PNG\r\n\x1a\n", FileKind("a PNG image", _FOLDER, image=True)),
    (b"\xff\xd8\xff", FileKind("a JPEG image", _FOLDER, image=True)),
    (b"GIF87a", FileKind("a GIF image", _FOLDER, image=True)),
    (b"GIF89a", FileKind("a GIF image", _FOLDER, image=True)),
    (b"II*\0", FileKind("a TIFF image", _FOLDER, image=True)),
    (b"MM\0*", FileKind("a TIFF image", _FOLDER, image=True)),
    (b"\x89HDF\r\n\x1a\n", HDF5),
    (
        b"MATLAB 5.0",
        FileKind(
            "a MATLAB file",
            _by_code(_SAVED.format(images="scipy.io.loadmat('{name}')['images']")),
        ),
    ),
    (
        # An HDF5 file behind a header; MATLAB stores rows and columns the other way round.
        b"MATLAB 7.3",
        FileKind(
            "a MATLAB 7.3 file",
            _by_code(_SAVED.format(images="h5py.File('{name}')['images'][:].swapaxes(1, 2)")),
        ),
    ),
    (b"PAR1", PARQUET),
    (
        b"ARROW1",
        FileKind(
            "an Arrow file",
            _by_code(
                "t = pd.read_feather('{name}'); " + _SAVED.format(images="np.stack(t['image'])")
            ),
        ),
    ),
    (b"SQLite format 3\0", FileKind("an SQLite database", UNKNOWN.remedy)),
    (b"BZh", FileKind("a bzip2 file", _by_code("bunzip2 '{name}'"))),
    (b"\xfd7zXZ\0", FileKind("an xz file", _by_code("unxz '{name}'"))),
    (b"\x28\xb5\x2f\xfd", FileKind("a zstd file", _by_code("unzstd '{name}'"))),
    (b"7z\xbc\xaf\x27\x1c", FileKind("a 7z archive", _UNPACKED.format(command="7z x '{name}'"))),
    (b"Rar!\x1a\x07", FileKind("a RAR archive", _UNPACKED.format(command="unrar x '{name}'"))),
    (b"%PDF", FileKind("a PDF file", "wanted images: try `pdfimages -png '{name}' page`")),
    (b"version https://git-lfs", _LFS),
    (
        b"SIMPLE  =",
        FileKind(
            "a FITS file", _by_code(_SAVED.format(images="astropy.io.fits.getdata('{name}')"))
        ),
    ),
    (b"\0\0\0\x0cjP  ", FileKind("a JPEG 2000 image", _CONVERTED)),
    (b"\xff\x4f\xff\x51", FileKind("a JPEG 2000 image", _CONVERTED)),
    (b"\xff\x0a", FileKind("a JPEG XL image", _CONVERTED)),
    (b"\0\0\0\x0cJXL ", FileKind("a JPEG XL image", _CONVERTED)),
    (b"\0\0\x01\0", FileKind("an icon file", _CONVERTED)),
    (b"8BPS", FileKind("a Photoshop file", _CONVERTED)),
    (b"DDS ", FileKind("a DDS texture", _CONVERTED)),
    (b"\x76\x2f\x31\x01", FileKind("an OpenEXR image", _CONVERTED)),
    (b"\x7fELF", FileKind("a program", UNKNOWN.remedy)),
)
_ZIP_OF_FILES = FileKind(
    "a zip archive of files, not an .npz", _UNPACKED.format(command="unzip -d data '{name}'")
)
_ZIP_OF_TORCH = FileKind(
    "a PyTorch file, which can run code and is never loaded",
    "where you trust it, " + _by_code(_SAVED.format(images="torch.load('{name}').numpy()")),
)
_CONTAINER = FileKind("a HEIC or AVIF image, or a video", _CONVERTED)
_TAR_GZ = FileKind("a gzipped tar archive", _UNPACKED.format(command="tar xf '{name}'"))
_TAR = FileKind("a tar archive", _UNPACKED.format(command="tar xf '{name}'"))
_IDX_TYPES = (0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E)


def kind_of(head: bytes) -> FileKind:
    """The kind of a file that begins with these bytes."""
    if not head:
        return EMPTY
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:2] == b"\0\0" and len(head) >= 4 and head[2] in _IDX_TYPES and 1 <= head[3] <= 4:
        return IDX
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FileKind("a WebP image", _FOLDER, image=True)
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return FileKind("a BMP image", _FOLDER, image=True)
    if head[:2] in (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6") and head[2:3].isspace():
        return FileKind("a PNM image", _FOLDER, image=True)
    if head[4:8] == b"ftyp":
        return _CONTAINER
    if head[257:262] == b"ustar":
        return _TAR
    if head[0] == 0x80 and len(head) > 1 and 2 <= head[1] <= 5:
        return _PICKLE
    return _text_kind(head)


def kind_of_gzip(head: bytes) -> FileKind:
    """The kind of a gzip file whose contents begin with these bytes."""
    return _TAR_GZ if kind_of(head) is _TAR else GZIP


def kind_of_zip(names: list[str]) -> FileKind:
    """The kind of a zip archive without a .npy array, by the names in it."""
    if any(name.endswith("data.pkl") for name in names):
        return _ZIP_OF_TORCH
    return _ZIP_OF_FILES


def _text_kind(head: bytes) -> FileKind:
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
