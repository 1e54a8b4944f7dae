"""`tensorflow.examples.tutorials.mnist.input_data`: MNIST in shuffled batches, in TensorFlow 1.15's order."""

from __future__ import annotations

import gzip
import zlib
from typing import Any, NamedTuple

import numpy as np

from recell.datasets import mnist_files as files
from recell.graph import dtypes
from recell.graph.core import get_default_graph
from recell.graph.seeds import get_seed

CLASSES = 10
_IMAGES_MAGIC = 2051
_LABELS_MAGIC = 2049
_FAKE_EXAMPLES = 10000
_FAKE_PIXELS = 784


class DataSet:
    """Images with their labels, handed out in batches (`tensorflow.contrib.learn` calls it `DataSet` too).

    Args:
        images: uint8 `[examples, rows, columns, 1]`.
        labels: `[examples]` or, one-hot, `[examples, classes]`.
        fake_data: hold nothing and hand out ones.
        one_hot: only with `fake_data`: fake labels are lists of ten.
        dtype: `tf.uint8` leaves pixels in 0..255, `tf.float32` makes them 0..1. TypeError for others.
        reshape: make images `[examples, rows * columns]`.
        seed: seed of the shuffling. It goes into `np.random`, whose state the batches then follow.
    """

    def __init__(
        self,
        images: Any,
        labels: Any,
        fake_data: bool = False,
        one_hot: bool = False,
        dtype: Any = dtypes.float32,
        reshape: bool = True,
        seed: int | None = None,
    ) -> None:
        graph_seed, op_seed = get_seed(get_default_graph().seed, seed, 0)
        np.random.seed(graph_seed if seed is None else op_seed)
        dtype = dtypes.as_dtype(dtype).base_dtype
        if dtype not in (dtypes.uint8, dtypes.float32):
            raise TypeError(f"Invalid image dtype {dtype!r}, expected uint8 or float32")
        self.one_hot = one_hot
        self._num_examples = _FAKE_EXAMPLES
        self._images: Any = None
        self._labels: Any = None
        if not fake_data:
            self._images, self._labels = _checked(images, labels, reshape), labels
            self._num_examples = images.shape[0]
        # Pixels become numbers when somebody looks at them: all of them at once would take as long as a start of torch.
        self._unscaled = not fake_data and dtype == dtypes.float32
        self._epochs_completed = 0
        self._index_in_epoch = 0

    @property
    def images(self) -> Any:
        """The images, in the order of the present epoch."""
        self._images, self._unscaled = self._seen(self._images), False
        return self._images

    @property
    def labels(self) -> Any:
        """The labels, in the order of the present epoch."""
        return self._labels

    @property
    def num_examples(self) -> int:
        return self._num_examples

    @property
    def epochs_completed(self) -> int:
        """How many times all examples have been handed out."""
        return self._epochs_completed

    def next_batch(self, batch_size: int, fake_data: bool = False, shuffle: bool = True) -> tuple[Any, Any]:
        """The next `batch_size` images and labels.

        A batch that crosses the end of an epoch holds what was left of it, then the first examples of the next one,
        which is shuffled anew in between. The first epoch is shuffled when its first batch is asked for.
        """
        if fake_data:
            label = [1] + [0] * (CLASSES - 1) if self.one_hot else 0
            return [[1] * _FAKE_PIXELS for _ in range(batch_size)], [label for _ in range(batch_size)]
        start = self._index_in_epoch
        if self._epochs_completed == 0 and start == 0 and shuffle:
            self._shuffle()
        if start + batch_size <= self._num_examples:
            self._index_in_epoch = start + batch_size
            return self._seen(self._images[start : self._index_in_epoch]), self._labels[start : self._index_in_epoch]
        self._epochs_completed += 1
        left_images, left_labels = self._images[start:], self._labels[start:]
        if shuffle:
            self._shuffle()
        self._index_in_epoch = batch_size - len(left_images)
        new_images, new_labels = self._images[: self._index_in_epoch], self._labels[: self._index_in_epoch]
        images = self._seen(np.concatenate((left_images, new_images), axis=0))
        return images, np.concatenate((left_labels, new_labels), axis=0)

    def _seen(self, images: Any) -> Any:
        """`images`, some of those that are held, as the caller sees them."""
        return np.multiply(images.astype(np.float32), 1.0 / 255.0) if self._unscaled else images

    def _shuffle(self) -> None:
        order = np.arange(self._num_examples)
        np.random.shuffle(order)
        self._images = self._images[order]
        self._labels = self._labels[order]


def _checked(images: Any, labels: Any, reshape: bool) -> Any:
    assert images.shape[0] == labels.shape[0], f"images.shape: {images.shape} labels.shape: {labels.shape}"
    if not reshape:
        return images
    assert images.shape[3] == 1, f"images.shape: {images.shape}: one channel is expected"
    return images.reshape(images.shape[0], images.shape[1] * images.shape[2])


class Datasets(NamedTuple):
    """The three parts of a data set."""

    train: DataSet
    validation: DataSet | None
    test: DataSet


def read_data_sets(
    train_dir: str,
    fake_data: bool = False,
    one_hot: bool = False,
    dtype: Any = dtypes.float32,
    reshape: bool = True,
    validation_size: int = 5000,
    seed: int | None = None,
    source_url: str = files.DEFAULT_SOURCE_URL,
) -> Datasets:
    """MNIST as 55,000 training, 5,000 validation and 10,000 test examples.

    TF symbol: `tensorflow.examples.tutorials.mnist.input_data.read_data_sets`. The files are looked for in
    `train_dir`, then in `$RECELL_DATA/MNIST_data`, and are downloaded into `train_dir` if they are in neither.

    Args:
        validation_size: how many of the 60,000 training examples, the first ones, are for validation.
        The others are those of `DataSet`.

    Raises:
        FileNotFoundError: no files and no way to download them.
        ValueError: a damaged file, or a `validation_size` outside the training examples.
    """
    if fake_data:
        fake = [DataSet([], [], fake_data=True, one_hot=one_hot, dtype=dtype, seed=seed) for _ in range(3)]
        return Datasets(*fake)
    paths = files.locate(train_dir, source_url or files.DEFAULT_SOURCE_URL)
    train_images = _read(extract_images, paths[files.TRAIN_IMAGES])
    train_labels = _read(extract_labels, paths[files.TRAIN_LABELS], one_hot=one_hot)
    test_images = _read(extract_images, paths[files.TEST_IMAGES])
    test_labels = _read(extract_labels, paths[files.TEST_LABELS], one_hot=one_hot)
    if not 0 <= validation_size <= len(train_images):
        raise ValueError(f"Validation size should be between 0 and {len(train_images)}. Received: {validation_size}.")
    cut = validation_size
    train = DataSet(train_images[cut:], train_labels[cut:], dtype=dtype, reshape=reshape, seed=seed)
    validation = DataSet(train_images[:cut], train_labels[:cut], dtype=dtype, reshape=reshape, seed=seed)
    return Datasets(train, validation, DataSet(test_images, test_labels, dtype=dtype, reshape=reshape, seed=seed))


def load_mnist(train_dir: str = "MNIST-data") -> Datasets:
    """`read_data_sets` with everything at its default."""
    return read_data_sets(train_dir)


def _read(extract: Any, path: str, **options: Any) -> np.ndarray:
    with open(path, "rb") as file:
        return extract(file, **options)


def extract_images(f: Any) -> np.ndarray:
    """Images of an open gzipped IDX file: uint8 `[examples, rows, columns, 1]`. ValueError if it is damaged."""
    print("Extracting", f.name)
    data = _unzip(f)
    count, rows, columns = _header(data, f.name, _IMAGES_MAGIC, "image", 3)
    return _body(data, f.name, 16, (count, rows, columns, 1))


def extract_labels(f: Any, one_hot: bool = False, num_classes: int = CLASSES) -> np.ndarray:
    """Labels of an open gzipped IDX file: uint8 `[examples]`, or one-hot. ValueError if it is damaged."""
    print("Extracting", f.name)
    data = _unzip(f)
    (count,) = _header(data, f.name, _LABELS_MAGIC, "label", 1)
    labels = _body(data, f.name, 8, (count,))
    return dense_to_one_hot(labels, num_classes) if one_hot else labels


def dense_to_one_hot(labels_dense: Any, num_classes: int) -> np.ndarray:
    """Class numbers `[examples]` as rows of one 1: float64 `[examples, num_classes]`."""
    one_hot = np.zeros((labels_dense.shape[0], num_classes))
    one_hot[np.arange(labels_dense.shape[0]), np.ravel(labels_dense)] = 1
    return one_hot


def _unzip(f: Any) -> bytes:
    try:
        with gzip.GzipFile(fileobj=f) as stream:
            return stream.read()
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(
            f"{f.name} is damaged or no gzip file ({error}): delete it, it will be fetched again"
        ) from error


def _header(data: bytes, name: str, magic: int, kind: str, sizes: int) -> list[int]:
    if len(data) < 4 * (1 + sizes):
        raise ValueError(f"{name} is damaged: it ends inside its header; delete it, it will be fetched again")
    found, *numbers = (int(number) for number in np.frombuffer(data, ">u4", count=1 + sizes))
    if found != magic:
        raise ValueError(f"Invalid magic number {found} in MNIST {kind} file: {name}")
    return numbers


def _body(data: bytes, name: str, offset: int, shape: tuple[int, ...]) -> np.ndarray:
    expected = int(np.prod(shape))
    if len(data) != offset + expected:
        raise ValueError(
            f"{name} is damaged: {expected} bytes expected for shape {list(shape)}, {len(data) - offset} found; "
            "delete it, it will be fetched again"
        )
    return np.frombuffer(data, np.uint8, offset=offset).reshape(shape).copy()
