"""MNIST: the batches of TensorFlow 1.15, and files that are elsewhere, damaged or missing."""

from __future__ import annotations

import gzip
import io
import os
import pathlib
import struct
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from recell.datasets import mnist, mnist_files
from recell.graph import dtypes

IMAGES = np.arange(40, dtype=np.uint8).reshape(10, 2, 2, 1)
LABELS = np.arange(10)

# DataSet(IMAGES, LABELS, seed=3) of TensorFlow 1.15.0: batch size, labels, epochs completed, index in epoch.
GENUINE_SHUFFLED = [
    (3, [5, 4, 1], 0, 3),
    (4, [2, 9, 6, 7], 0, 7),
    (5, [0, 3, 8, 2, 3], 1, 2),
    (8, [1, 4, 8, 9, 5, 7, 0, 6], 1, 10),
    (10, [2, 9, 0, 4, 6, 8, 7, 1, 5, 3], 2, 10),
    (3, [6, 3, 1], 3, 3),
    (13, [7, 4, 2, 0, 8, 9, 5, 8, 7, 1, 9, 0, 5], 4, 6),
]


@pytest.fixture(autouse=True)
def _numbers_go_on() -> Iterator[None]:
    state = np.random.get_state()
    yield
    np.random.set_state(state)


def test_batches_come_in_the_genuine_order() -> None:
    data = mnist.DataSet(IMAGES, LABELS, seed=3)
    for size, labels, epochs, index in GENUINE_SHUFFLED:
        images, found = data.next_batch(size)
        assert found.tolist() == labels
        assert (data.epochs_completed, data._index_in_epoch) == (epochs, index)
        np.testing.assert_array_equal(images, IMAGES.reshape(10, 4)[labels].astype(np.float32) * np.float32(1 / 255))


def test_without_shuffling_epochs_follow_each_other() -> None:
    data = mnist.DataSet(IMAGES, LABELS)
    sizes = (3, 4, 5, 8, 10)
    batches = [data.next_batch(size, shuffle=False)[1].tolist() for size in sizes]
    assert batches == [[0, 1, 2], [3, 4, 5, 6], [7, 8, 9, 0, 1], [2, 3, 4, 5, 6, 7, 8, 9], list(range(10))]
    assert data.epochs_completed == 2


def test_shuffling_may_begin_in_the_middle() -> None:
    data = mnist.DataSet(IMAGES, LABELS, seed=3)
    assert data.next_batch(3, shuffle=False)[1].tolist() == [0, 1, 2]
    assert data.next_batch(9)[1].tolist() == [3, 4, 5, 6, 7, 8, 9, 5, 4]
    assert data.next_batch(9, shuffle=False)[1].tolist() == [1, 2, 9, 6, 7, 0, 3, 8, 5]


def test_forms_of_images() -> None:
    assert mnist.DataSet(IMAGES, LABELS).images.dtype == np.float32
    assert mnist.DataSet(IMAGES, LABELS, dtype=dtypes.uint8).images.max() == 39
    assert mnist.DataSet(IMAGES, LABELS, reshape=False).images.shape == (10, 2, 2, 1)
    with pytest.raises(TypeError, match=r"Invalid image dtype tf\.float64, expected uint8 or float32"):
        mnist.DataSet(IMAGES, LABELS, dtype=dtypes.float64)


def test_fake_data() -> None:
    data = mnist.read_data_sets("nowhere", fake_data=True, one_hot=True).train
    images, labels = data.next_batch(2, fake_data=True)
    assert data.num_examples == 10000
    assert (len(images), len(images[0]), labels) == (2, 784, [[1] + [0] * 9] * 2)


def write_files(folder: pathlib.Path, train: int = 12, test: int = 4) -> pathlib.Path:
    """Four files of the true form with few examples: example k is all k, of class k % 10."""
    folder.mkdir(parents=True, exist_ok=True)
    for prefix, count in (("train", train), ("t10k", test)):
        pixels = np.repeat(np.arange(count, dtype=np.uint8), 6).tobytes()
        images = struct.pack(">IIII", 2051, count, 2, 3) + pixels
        labels = struct.pack(">II", 2049, count) + bytes(k % 10 for k in range(count))
        (folder / f"{prefix}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
        (folder / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))
    return folder


def test_reading(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_files(tmp_path / "MNIST_data")
    data = mnist.read_data_sets(str(folder), one_hot=True, dtype=dtypes.uint8, validation_size=5)
    assert [part.num_examples for part in data] == [7, 5, 4]  # type: ignore[union-attr]
    assert data.train.images.tolist() == [[k] * 6 for k in range(5, 12)]
    assert data.train.labels.dtype == np.float64
    assert data.test.labels.argmax(1).tolist() == [0, 1, 2, 3]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Extracting {folder / 'train-images-idx3-ubyte.gz'}"
    assert len(lines) == 4
    with pytest.raises(ValueError, match=r"Validation size should be between 0 and 12\. Received: 13\."):
        mnist.read_data_sets(str(folder), validation_size=13)


def test_files_of_recell_data_stand_in(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path / "data" / "MNIST_data")
    monkeypatch.setenv("RECELL_DATA", str(tmp_path / "data"))
    data = mnist.read_data_sets(str(tmp_path / "nowhere"), validation_size=0)
    assert data.train.num_examples == 12
    assert not (tmp_path / "nowhere").exists()


class Offline:
    """Stands for the network: what each address gives, and what was asked."""

    def __init__(self, **files: bytes) -> None:
        self.files = files
        self.asked: list[str] = []

    def __call__(self, url: str, timeout: float) -> Any:
        self.asked.append(url)
        name = url.rpartition("/")[2].partition("-")[0]
        if name not in self.files:
            raise urllib.error.URLError("no network")
        return io.BytesIO(self.files[name])


def test_offline_says_what_to_put_where(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offline = Offline()
    monkeypatch.setattr(urllib.request, "urlopen", offline)
    monkeypatch.delenv("RECELL_DATA", raising=False)
    with pytest.raises(FileNotFoundError) as caught:
        mnist.read_data_sets(str(tmp_path / "MNIST_data"))
    for words in ("no network", str(tmp_path / "MNIST_data"), "RECELL_DATA", *mnist_files.SHA256):
        assert words in str(caught.value)
    assert len(offline.asked) == len(mnist_files.MIRRORS)
    assert not (tmp_path / "MNIST_data").exists()


def test_a_download_of_another_checksum_is_refused(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", Offline(train=gzip.compress(b"junk")))
    monkeypatch.delenv("RECELL_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match="not the file of the known checksum"):
        mnist.read_data_sets(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_an_address_of_the_programs_own_is_not_digits(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(tmp_path / "data" / "MNIST_data")
    monkeypatch.setenv("RECELL_DATA", str(tmp_path / "data"))
    fashion = write_files(tmp_path / "fashion")
    target = write_files(tmp_path / "here")
    os.remove(target / mnist_files.TEST_LABELS)
    offline = Offline(t10k=(fashion / mnist_files.TEST_LABELS).read_bytes())
    monkeypatch.setattr(urllib.request, "urlopen", offline)
    mnist.read_data_sets(str(target), validation_size=0, source_url="http://fashion.example/")
    assert offline.asked == ["http://fashion.example/t10k-labels-idx1-ubyte.gz"]
    assert "Successfully downloaded t10k-labels-idx1-ubyte.gz" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no gzip", "damaged or no gzip file"),
        (gzip.compress(b"\0\0\0\x05" + bytes(20)), "Invalid magic number 5 in MNIST image file"),
        (gzip.compress(struct.pack(">IIII", 2051, 3, 2, 2) + bytes(11)), "12 bytes expected for shape"),
        (gzip.compress(b"\0\0"), "ends inside its header"),
        (gzip.compress(bytes(10000))[:-9], "damaged or no gzip file"),
    ],
)
def test_damaged_files_are_named(tmp_path: pathlib.Path, content: bytes, message: str) -> None:
    folder = write_files(tmp_path)
    (folder / mnist_files.TRAIN_IMAGES).write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        mnist.read_data_sets(str(folder))
    assert str(folder / mnist_files.TRAIN_IMAGES) in str(caught.value)


@pytest.mark.skipif(
    not os.path.isfile(os.path.join(os.environ.get("RECELL_DATA", ""), "MNIST_data", mnist_files.TRAIN_IMAGES)),
    reason="RECELL_DATA holds no MNIST_data",
)
def test_the_real_files_in_the_genuine_order(tmp_path: pathlib.Path) -> None:
    data = mnist.read_data_sets(str(tmp_path), one_hot=True)
    np.random.seed(0)
    assert data.train.next_batch(12)[1].argmax(1).tolist() == [1, 3, 6, 9, 8, 3, 2, 9, 0, 1, 6, 7]
    assert float(data.train.images.sum(dtype=np.float64)) == pytest.approx(5635803.0, rel=1e-4)
    assert [part.num_examples for part in data] == [55000, 5000, 10000]  # type: ignore[union-attr]
