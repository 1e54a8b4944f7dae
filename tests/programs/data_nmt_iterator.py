"""Parallel text through a tf.data pipeline as translation tutorials build it: tables, filters, buckets, padding."""
from __future__ import print_function

import collections
import os
import tempfile

import numpy as np
import tensorflow as tf


class BatchedInput(
        collections.namedtuple("BatchedInput",
                               ("initializer", "source", "target_input",
                                "target_output", "source_sequence_length",
                                "target_sequence_length"))):
    pass


def get_iterator(src_dataset, tgt_dataset, src_vocab_table, tgt_vocab_table, batch_size, sos, eos, random_seed,
                 num_buckets, src_max_len=None, tgt_max_len=None, num_parallel_calls=4, output_buffer_size=None,
                 skip_count=None, num_shards=1, shard_index=0, reshuffle_each_iteration=True):
    if not output_buffer_size:
        output_buffer_size = batch_size * 1000
    src_eos_id = tf.cast(src_vocab_table.lookup(tf.constant(eos)), tf.int32)
    tgt_sos_id = tf.cast(tgt_vocab_table.lookup(tf.constant(sos)), tf.int32)
    tgt_eos_id = tf.cast(tgt_vocab_table.lookup(tf.constant(eos)), tf.int32)

    src_tgt_dataset = tf.data.Dataset.zip((src_dataset, tgt_dataset))
    src_tgt_dataset = src_tgt_dataset.shard(num_shards, shard_index)
    if skip_count is not None:
        src_tgt_dataset = src_tgt_dataset.skip(skip_count)
    src_tgt_dataset = src_tgt_dataset.shuffle(output_buffer_size, random_seed, reshuffle_each_iteration)

    src_tgt_dataset = src_tgt_dataset.map(
        lambda src, tgt: (tf.string_split([src]).values, tf.string_split([tgt]).values),
        num_parallel_calls=num_parallel_calls).prefetch(output_buffer_size)
    src_tgt_dataset = src_tgt_dataset.filter(
        lambda src, tgt: tf.logical_and(tf.size(src) > 0, tf.size(tgt) > 0))
    if src_max_len:
        src_tgt_dataset = src_tgt_dataset.map(
            lambda src, tgt: (src[:src_max_len], tgt), num_parallel_calls=num_parallel_calls).prefetch(output_buffer_size)
    if tgt_max_len:
        src_tgt_dataset = src_tgt_dataset.map(
            lambda src, tgt: (src, tgt[:tgt_max_len]), num_parallel_calls=num_parallel_calls).prefetch(output_buffer_size)
    src_tgt_dataset = src_tgt_dataset.map(
        lambda src, tgt: (tf.cast(src_vocab_table.lookup(src), tf.int32),
                          tf.cast(tgt_vocab_table.lookup(tgt), tf.int32)),
        num_parallel_calls=num_parallel_calls).prefetch(output_buffer_size)
    src_tgt_dataset = src_tgt_dataset.map(
        lambda src, tgt: (src,
                          tf.concat(([tgt_sos_id], tgt), 0),
                          tf.concat((tgt, [tgt_eos_id]), 0)),
        num_parallel_calls=num_parallel_calls).prefetch(output_buffer_size)
    src_tgt_dataset = src_tgt_dataset.map(
        lambda src, tgt_in, tgt_out: (src, tgt_in, tgt_out, tf.size(src), tf.size(tgt_in)),
        num_parallel_calls=num_parallel_calls).prefetch(output_buffer_size)

    def batching_func(x):
        return x.padded_batch(
            batch_size,
            padded_shapes=(tf.TensorShape([None]), tf.TensorShape([None]), tf.TensorShape([None]),
                           tf.TensorShape([]), tf.TensorShape([])),
            padding_values=(src_eos_id, tgt_eos_id, tgt_eos_id, 0, 0))

    if num_buckets > 1:
        def key_func(unused_1, unused_2, unused_3, src_len, tgt_len):
            if src_max_len:
                bucket_width = (src_max_len + num_buckets - 1) // num_buckets
            else:
                bucket_width = 10
            bucket_id = tf.maximum(src_len // bucket_width, tgt_len // bucket_width)
            return tf.to_int64(tf.minimum(num_buckets, bucket_id))

        def reduce_func(unused_key, windowed_data):
            return batching_func(windowed_data)

        batched_dataset = src_tgt_dataset.apply(
            tf.contrib.data.group_by_window(key_func=key_func, reduce_func=reduce_func, window_size=batch_size))
    else:
        batched_dataset = batching_func(src_tgt_dataset)
    batched_iter = batched_dataset.make_initializable_iterator()
    (src_ids, tgt_input_ids, tgt_output_ids, src_seq_len, tgt_seq_len) = batched_iter.get_next()
    return BatchedInput(
        initializer=batched_iter.initializer, source=src_ids, target_input=tgt_input_ids,
        target_output=tgt_output_ids, source_sequence_length=src_seq_len, target_sequence_length=tgt_seq_len)


def write(path, lines):
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")
    return path


def main():
    folder = tempfile.mkdtemp()
    words = ["<unk>", "<s>", "</s>"] + list("abcdefgh")
    vocab = write(os.path.join(folder, "vocab"), words)
    rs = np.random.RandomState(1)
    sources = [" ".join(rs.choice(list("abcdefghz"), rs.randint(0, 8))) for _ in range(40)]
    targets = [" ".join(reversed(s.split())) for s in sources]
    src = write(os.path.join(folder, "train.src"), sources)
    tgt = write(os.path.join(folder, "train.tgt"), targets)

    table = tf.contrib.lookup.index_table_from_file(vocab, default_value=0)
    skip = tf.placeholder(shape=(), dtype=tf.int64)
    it = get_iterator(tf.data.TextLineDataset(src), tf.data.TextLineDataset(tgt), table, table, batch_size=6,
                      sos="<s>", eos="</s>", random_seed=11, num_buckets=3, src_max_len=6, tgt_max_len=5,
                      skip_count=skip)
    print([t.shape.as_list() for t in it[1:]])

    emb = tf.get_variable("emb", [len(words), 5], initializer=tf.constant_initializer(
        np.sin(np.arange(len(words) * 5)).astype(np.float32).reshape(len(words), 5)))
    cell = tf.contrib.rnn.GRUCell(4, kernel_initializer=tf.constant_initializer(0.1))
    _, state = tf.nn.dynamic_rnn(cell, tf.nn.embedding_lookup(emb, it.source), it.source_sequence_length,
                                 dtype=tf.float32)
    summed = tf.reduce_sum(state)

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(tf.tables_initializer())
        for epoch, count in enumerate([0, 25]):
            sess.run(it.initializer, feed_dict={skip: count})
            batches = 0
            while True:
                try:
                    s, o, n, total = sess.run([it.source, it.target_output, it.target_sequence_length, summed])
                    batches += 1
                    print(epoch, s.shape, o.tolist()[0], n.tolist(), "%.4f" % total)
                except tf.errors.OutOfRangeError:
                    break
            print("epoch", epoch, "batches", batches)


if __name__ == "__main__":
    main()
