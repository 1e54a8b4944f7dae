"""Data as the summarizers (textsum, pointer-generator) keep it: Examples behind 8-byte lengths, read by Python threads."""
import collections
import glob
import os
import struct
import tempfile
from threading import Thread
try:
    import queue as Queue
except ImportError:
    import Queue

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.example import example_pb2

SENTENCE_START, SENTENCE_END = "<s>", "</s>"
folder = tempfile.mkdtemp()
ARTICLES = [("the cat sat on the mat .", "<s> cat on mat . </s>"), ("a dog ran far away .", "<s> dog ran . </s> <s> far . </s>"),
            ("", ""), ("rain in the north , sun in the south .", "<s> rain and sun . </s>")]


def write_chunk(path, pairs):
    with open(path, "wb") as writer:
        for article, abstract in pairs:
            tf_example = example_pb2.Example()
            tf_example.features.feature["article"].bytes_list.value.extend([article.encode()])
            tf_example.features.feature["abstract"].bytes_list.value.extend([abstract.encode()])
            tf_example_str = tf_example.SerializeToString()
            writer.write(struct.pack("q", len(tf_example_str)))
            writer.write(struct.pack("%ds" % len(tf_example_str), tf_example_str))


write_chunk(os.path.join(folder, "train_000.bin"), ARTICLES[:2])
write_chunk(os.path.join(folder, "train_001.bin"), ARTICLES[2:])


def example_generator(data_path):
    filelist = sorted(glob.glob(data_path))
    assert filelist, "Error: Empty filelist at %s" % data_path
    for f in filelist:
        reader = open(f, "rb")
        while True:
            len_bytes = reader.read(8)
            if not len_bytes:
                break
            str_len = struct.unpack("q", len_bytes)[0]
            example_str = struct.unpack("%ds" % str_len, reader.read(str_len))[0]
            yield example_pb2.Example.FromString(example_str)
        reader.close()


def text_generator():
    for e in example_generator(os.path.join(folder, "train_*.bin")):
        article_text = e.features.feature["article"].bytes_list.value[0]
        abstract_text = e.features.feature["abstract"].bytes_list.value[0]
        if len(article_text) == 0:
            tf.logging.warning("Found an example with empty article text. Skipping it.")
        else:
            yield article_text.decode(), abstract_text.decode()


def abstract2sents(abstract):
    cur, sents = 0, []
    while True:
        try:
            start_p = abstract.index(SENTENCE_START, cur)
            end_p = abstract.index(SENTENCE_END, start_p + 1)
            cur = end_p + len(SENTENCE_END)
            sents.append(abstract[start_p + len(SENTENCE_START):end_p])
        except ValueError:
            return sents


counts = collections.Counter(w for article, _ in text_generator() for w in article.split())
vocab = ["[UNK]", "[PAD]"] + [w for w, n in sorted(counts.items(), key=lambda x: (-x[1], x[0]))]
word_to_id = {w: i for i, w in enumerate(vocab)}
print(len(vocab), vocab[:6])

examples = Queue.Queue(10)


def fill_example_queue():
    for article, abstract in text_generator():
        ids = [word_to_id.get(w, 0) for w in article.split()]
        target = [word_to_id.get(w, 0) for s in abstract2sents(abstract) for w in s.split()]
        examples.put((article, ids, target))


thread = Thread(target=fill_example_queue)
thread.daemon = True
thread.start()
batch = [examples.get() for _ in range(3)]
thread.join()
longest = max(len(ids) for _, ids, _ in batch)
enc = np.array([ids + [1] * (longest - len(ids)) for _, ids, _ in batch])
lens = np.array([len(ids) for _, ids, _ in batch])
print(enc, lens, [t for _, _, t in batch])

with tf.variable_scope("seq2seq", initializer=tf.constant_initializer(.05)):
    enc_batch = tf.placeholder(tf.int32, [3, None], name="enc_batch")
    enc_lens = tf.placeholder(tf.int32, [3], name="enc_lens")
    embedding = tf.get_variable("embedding", [len(vocab), 4],
                                initializer=tf.constant_initializer(np.sin(np.arange(len(vocab) * 4.).reshape(-1, 4))))
    cell_fw = tf.contrib.rnn.LSTMCell(3, initializer=tf.constant_initializer(.2), state_is_tuple=True)
    cell_bw = tf.contrib.rnn.LSTMCell(3, initializer=tf.constant_initializer(-.1), state_is_tuple=True)
    outputs, (fw_st, bw_st) = tf.nn.bidirectional_dynamic_rnn(
        cell_fw, cell_bw, tf.nn.embedding_lookup(embedding, enc_batch), dtype=tf.float32,
        sequence_length=enc_lens, swap_memory=True)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    fw, bw = sess.run([fw_st.h, bw_st.c], {enc_batch: enc, enc_lens: lens})
    print(fw.round(4)[:, 0].tolist(), bw.round(4)[:, 0].tolist())

e = example_pb2.Example()
e.features.feature["n"].int64_list.value.append(3)
print(text_format.MessageToString(e, as_one_line=True))
print(text_format.Parse(text_format.MessageToString(e), example_pb2.Example()) == e, e.features.feature["n"])
