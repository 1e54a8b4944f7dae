"""The `reader` module that language models of the Penn Treebank import, for the genuine TensorFlow, which ships none.

Recell brings one of its own. Holds to what both engines and Python 3.7 have.
"""

import collections
import os

import tensorflow as tf


def ptb_raw_data(data_path):
    """Numbers of the words of training, validation and test text, and how many words there are."""
    texts = []
    for part in ("train", "valid", "test"):
        with open(os.path.join(data_path, f"ptb.{part}.txt"), encoding="utf-8") as file:
            texts.append(file.read().replace("\n", " <eos> ").split())
    counted = collections.Counter(texts[0])
    words = sorted(counted, key=lambda word: (-counted[word], word))
    numbers = {word: number for number, word in enumerate(words)}
    return [[numbers[word] for word in text if word in numbers] for text in texts] + [len(words)]


def ptb_producer(raw_data, batch_size, num_steps):
    """The next batch of words and those that follow them, each int32 `[batch_size, num_steps]`, out of a queue."""
    words = tf.convert_to_tensor(raw_data, dtype=tf.int32)
    length = len(raw_data) // batch_size
    rows = tf.reshape(words[: batch_size * length], [batch_size, length])
    start = tf.train.range_input_producer((length - 1) // num_steps, shuffle=False).dequeue() * num_steps
    inputs = tf.slice(rows, [0, start], [batch_size, num_steps])
    targets = tf.slice(rows, [0, start + 1], [batch_size, num_steps])
    return inputs, targets
