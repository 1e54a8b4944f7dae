"""Variable-length sequences in TFRecords, read by queues, padded batch by batch, and classified by a dynamic RNN."""
import os
import shutil
import tempfile

import numpy as np
import tensorflow as tf

flags = tf.app.flags
flags.DEFINE_integer("batch_size", 4, "Batch size.")
flags.DEFINE_integer("num_epochs", 2, "How often to go through the data.")
FLAGS = flags.FLAGS

VOCAB, CLASSES, HIDDEN = 12, 3, 5


def make_example(sequence, labels, weight):
    ex = tf.train.SequenceExample()
    ex.context.feature["length"].int64_list.value.append(len(sequence))
    ex.context.feature["weight"].float_list.value.append(weight)
    ex.context.feature["source"].bytes_list.value.append(b"part-%d" % len(sequence))
    fl_tokens = ex.feature_lists.feature_list["tokens"]
    fl_labels = ex.feature_lists.feature_list["labels"]
    for token, label in zip(sequence, labels):
        fl_tokens.feature.add().int64_list.value.append(token)
        fl_labels.feature.add().int64_list.value.append(label)
    return ex


def write_data(directory):
    rng = np.random.RandomState(7)
    for shard in range(2):
        path = os.path.join(directory, "train-%05d-of-00002.tfrecord" % shard)
        writer = tf.python_io.TFRecordWriter(path)
        for _ in range(9):
            length = rng.randint(1, 8)
            tokens = rng.randint(0, VOCAB, length)
            writer.write(make_example(tokens, tokens % CLASSES, 1.0 + length / 8.0).SerializeToString())
        writer.close()


def read_and_decode(filename_queue):
    reader = tf.TFRecordReader()
    key, serialized = reader.read(filename_queue)
    context, sequence = tf.parse_single_sequence_example(
        serialized=serialized,
        context_features={
            "length": tf.FixedLenFeature([], dtype=tf.int64),
            "weight": tf.FixedLenFeature([1], dtype=tf.float32),
            "source": tf.FixedLenFeature([], dtype=tf.string, default_value=""),
        },
        sequence_features={
            "tokens": tf.FixedLenSequenceFeature([], dtype=tf.int64),
            "labels": tf.FixedLenSequenceFeature([], dtype=tf.int64),
        })
    return key, context, sequence, reader


def main(_):
    directory = tempfile.mkdtemp()
    write_data(directory)
    files = sorted(tf.gfile.Glob(os.path.join(directory, "train-*")))
    print([os.path.basename(f) for f in files])
    print(sum(1 for f in files for _ in tf.python_io.tf_record_iterator(f)), "records")

    filename_queue = tf.train.string_input_producer(files, num_epochs=FLAGS.num_epochs, shuffle=False)
    key, context, sequence, reader = read_and_decode(filename_queue)
    print(context["length"].shape, context["weight"].shape, sequence["tokens"].shape)
    keys, lengths, weights, tokens, labels = tf.train.batch(
        [key, context["length"], context["weight"], sequence["tokens"], sequence["labels"]],
        batch_size=FLAGS.batch_size, num_threads=1, capacity=32, dynamic_pad=True, allow_smaller_final_batch=True)
    print(keys.shape, lengths.shape, weights.shape, tokens.shape)

    with tf.variable_scope("model", initializer=tf.random_uniform_initializer(-0.3, 0.3, seed=3)):
        embedding = tf.get_variable("embedding", [VOCAB, HIDDEN])
        cell = tf.nn.rnn_cell.GRUCell(HIDDEN)
        outputs, _ = tf.nn.dynamic_rnn(cell, tf.nn.embedding_lookup(embedding, tokens), lengths, dtype=tf.float32)
        logits = tf.layers.dense(outputs, CLASSES, name="logits")
    mask = tf.sequence_mask(lengths, tf.shape(tokens)[1], dtype=tf.float32) * weights
    loss = tf.contrib.seq2seq.sequence_loss(logits, labels, mask)
    global_step = tf.train.get_or_create_global_step()
    train_op = tf.train.AdamOptimizer(0.05).minimize(loss, global_step)

    init = tf.group(tf.global_variables_initializer(), tf.local_variables_initializer())
    with tf.Session() as sess:
        sess.run(init)
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess=sess, coord=coord)
        try:
            while not coord.should_stop():
                value, shape, seen, first, _ = sess.run([loss, tf.shape(tokens), lengths, keys, train_op])
                name, offset = os.path.basename(first[0].decode()).split(":")
                print("step %d loss %.4f" % (sess.run(global_step), value), shape, seen.tolist(), name, offset)
        except tf.errors.OutOfRangeError:
            print("Done training for %d epochs." % FLAGS.num_epochs)
        finally:
            coord.request_stop()
        coord.join(threads)
        print(*sess.run([reader.num_records_produced(), reader.num_work_units_completed()]))
    shutil.rmtree(directory)


if __name__ == "__main__":
    tf.app.run()
