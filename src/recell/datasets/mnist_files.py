"""The four files of MNIST: found in a folder, or downloaded and checked."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import tempfile
import urllib.request
import zlib

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"

SHA256 = {
    TRAIN_IMAGES: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    TRAIN_LABELS: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    TEST_IMAGES: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    TEST_LABELS: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""Of what the files hold: the mirrors have compressed the same bytes differently."""

DEFAULT_SOURCE_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
MIRRORS = (DEFAULT_SOURCE_URL, "https://ossci-datasets.s3.amazonaws.com/mnist/")
TIMEOUT_SECONDS = 20


def locate(train_dir: str, source_url: str = DEFAULT_SOURCE_URL) -> dict[str, str]:
    """Paths of the four files by name: those of `train_dir`, else of `$RECELL_DATA/MNIST_data`, else downloaded.

    With a `source_url` of the program's own the files are other ones (Fashion-MNIST has the same names): only
    `train_dir` is looked at, and nothing is known of their checksums.

    Raises:
        FileNotFoundError: they are nowhere and cannot be downloaded; says what to put where.
    """
    folders = [train_dir]
    root = os.environ.get("RECELL_DATA")
    if root and source_url == DEFAULT_SOURCE_URL:
        folders.append(os.path.join(root, "MNIST_data"))
    for folder in folders:
        if all(os.path.isfile(os.path.join(folder, name)) for name in SHA256):
            return {name: os.path.join(folder, name) for name in SHA256}
    for name in SHA256:
        if not os.path.isfile(os.path.join(train_dir, name)):
            _download(name, train_dir, source_url)
    return {name: os.path.join(train_dir, name) for name in SHA256}


def _download(name: str, folder: str, source_url: str) -> None:
    known = source_url == DEFAULT_SOURCE_URL
    failures = []
    for address in MIRRORS if known else (source_url,):
        url = address + name
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as reply:
                data = reply.read()
        except (OSError, ValueError) as error:
            failures.append(f"{url}: {getattr(error, 'reason', error)}")
            continue
        if known and _checksum(data) != SHA256[name]:
            failures.append(f"{url}: what came is not the file of the known checksum")
            continue
        os.makedirs(folder, exist_ok=True)
        _write_whole(os.path.join(folder, name), data)
        print("Successfully downloaded", name, len(data), "bytes.")
        return
    root = os.environ.get("RECELL_DATA")
    places = [os.path.abspath(folder), *([os.path.join(root, "MNIST_data")] if root and known else [])]
    hint = "" if root else " (or set RECELL_DATA to a folder that holds MNIST_data)"
    raise FileNotFoundError(
        f"MNIST is not there and cannot be downloaded ({'; '.join(failures)}). "
        f"Put {', '.join(SHA256)} into {' or '.join(places)}{hint}."
    )


def _checksum(data: bytes) -> str:
    try:
        return hashlib.sha256(gzip.decompress(data)).hexdigest()
    except (OSError, EOFError, zlib.error):
        return "damaged"


def _write_whole(path: str, data: bytes) -> None:
    """Writes `path` so that it is never there in part."""
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=os.path.basename(path))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        raise
