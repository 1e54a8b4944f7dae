"""Queues, coordinators and what is built of them: rows of the table (see table.py for their form)."""

from __future__ import annotations

_QUEUES = "FIFOQueue PaddingFIFOQueue PriorityQueue QueueBase RandomShuffleQueue"
_RUNNERS = "QueueRunner add_queue_runner start_queue_runners"
_PRODUCERS = "input_producer limit_epochs range_input_producer slice_input_producer string_input_producer"
_BATCHES = (
    "batch batch_join maybe_batch maybe_batch_join maybe_shuffle_batch maybe_shuffle_batch_join shuffle_batch "
    "shuffle_batch_join"
)

ROWS: dict[str, dict[str, str]] = {
    "": {"recell.ops.queues": _QUEUES},
    "queue": {"recell.ops.queues": _QUEUES},
    "train": {
        "recell.train.coordinator": "Coordinator LooperThread",
        "recell.train.queue_runner": _RUNNERS,
        "recell.inputs.producers": _PRODUCERS,
        "recell.inputs.batching": _BATCHES,
    },
    "train.coordinator": {"recell.train.coordinator": "Coordinator LooperThread"},
    "train.queue_runner": {"recell.train.queue_runner": _RUNNERS},
    "train.queue_runner_impl": {"recell.train.queue_runner": _RUNNERS},
    "train.input": {"recell.inputs.producers": _PRODUCERS, "recell.inputs.batching": _BATCHES},
    "io": {"recell.ops.queues": "PaddingFIFOQueue PriorityQueue QueueBase RandomShuffleQueue"},
    "contrib.slim.queues": {"recell.inputs.slim_queues": "NestedQueueRunnerError QueueRunners"},
    "contrib.slim.python.slim.queues": {"recell.inputs.slim_queues": "NestedQueueRunnerError QueueRunners"},
    "contrib.training.python.training.bucket_ops": {"recell.inputs.bucketing": "bucket bucket_by_sequence_length"},
    "contrib.training": {"recell.inputs.bucketing": "bucket bucket_by_sequence_length"},
    "models.rnn.ptb.reader": {
        "recell.inputs.ptb": "ptb_raw_data ptb_producer ptb_iterator _build_vocab _file_to_word_ids _read_words"
    },
}
