"""`tf.data`: rows of the table (see table.py for their form)."""

from __future__ import annotations

_READERS = "TextLineDataset TFRecordDataset FixedLengthRecordDataset"
_ITERATORS = (
    "Iterator make_one_shot_iterator make_initializable_iterator get_output_types get_output_shapes get_output_classes"
)
_APPLIED = (
    "Counter RandomDataset copy_to_device dense_to_sparse_batch enumerate_dataset get_single_element ignore_errors "
    "map_and_batch parallel_interleave prefetch_to_device scan shuffle_and_repeat unbatch"
)

_EXPERIMENTAL: dict[str, str] = {
    "recell.data.experimental": f"{_APPLIED} take_while get_structure to_variant from_variant "
    "cardinality INFINITE_CARDINALITY UNKNOWN_CARDINALITY "
    "map_and_batch_with_legacy_function=map_and_batch",
    "recell.data.csv": "CsvDataset make_csv_dataset",
    "recell.data.examples": "make_batched_features_dataset parse_example_dataset",
    "recell.data.grouping": "bucket_by_sequence_length group_by_window",
    "recell.data.reducers": "Reducer group_by_reducer",
    "recell.data.resampling": "rejection_resample",
    "recell.data.selecting": "choose_from_datasets sample_from_datasets unique",
    "recell.data.threads": "AUTOTUNE",
    "recell.data.writers": "TFRecordWriter",
    "recell.data.options": (
        "DistributeOptions MapVectorizationOptions OptimizationOptions StatsOptions ThreadingOptions"
    ),
    "recell.data.spec": "DatasetStructure=DatasetSpec Structure=TypeSpec",
}
_CONTRIB: dict[str, str] = {
    "recell.data.contrib": f"Dataset {_READERS}",
    "recell.data.iterator": "Iterator",
    "recell.data.experimental": (
        f"{_APPLIED} batch_and_drop_remainder padded_batch_and_drop_remainder sliding_window_batch sloppy_interleave"
    ),
    "recell.data.csv": "CsvDataset make_csv_dataset",
    "recell.data.examples": "make_batched_features_dataset parse_example_dataset read_batch_features",
    "recell.data.grouping": "bucket_by_sequence_length group_by_window",
    "recell.data.reducers": "Reducer group_by_reducer reduce_dataset",
    "recell.data.resampling": "rejection_resample",
    "recell.data.selecting": "choose_from_datasets sample_from_datasets unique",
    "recell.data.threads": "AUTOTUNE",
    "recell.data.writers": "TFRecordWriter",
}

ROWS: dict[str, dict[str, str]] = {
    "": {
        "recell.data.spec": "TensorSpec SparseTensorSpec TypeSpec",
    },
    "data": {
        "recell.data.dataset": "Dataset",
        "recell.data.readers": _READERS,
        "recell.data.iterator": _ITERATORS,
        "recell.data.options": "Options",
        "recell.data.spec": "DatasetSpec",
    },
    "data.experimental": _EXPERIMENTAL,
    "contrib.data": _CONTRIB,
    "contrib.data.python.ops.dataset_ops": _CONTRIB,
    "contrib.data.python.ops.grouping": {"recell.data.grouping": "bucket_by_sequence_length group_by_window"},
    "python.data": {
        "recell.data.dataset": "Dataset",
        "recell.data.readers": _READERS,
        "recell.data.iterator": "Iterator",
    },
    "python.data.ops.dataset_ops": {
        "recell.data.dataset": "Dataset DatasetV1=Dataset DatasetV2=Dataset",
        "recell.data.iterator": _ITERATORS.replace("Iterator ", "", 1),
        "recell.data.options": "Options",
    },
    "python.data.ops.iterator_ops": {"recell.data.iterator": "Iterator"},
    "python.data.ops.readers": {"recell.data.readers": _READERS},
    "python.data.util.nest": {
        "recell.data.nest": ("assert_same_structure flatten is_sequence map_structure pack_sequence_as flatten_up_to"),
    },
}
