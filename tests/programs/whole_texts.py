"""A character model over whole text files: WholeFileReader, then strings taken apart in the graph."""
import os
import tempfile

import tensorflow as tf

folder = tempfile.mkdtemp()
TEXTS = {"a.txt": "hello world\nsecond line\n", "b.txt": "", "c.txt": "the last text"}
for name, text in sorted(TEXTS.items()):
    with open(os.path.join(folder, name), "w") as f:
        f.write(text)

names = tf.matching_files(os.path.join(folder, "*.txt"))
queue = tf.train.string_input_producer(names, num_epochs=1, shuffle=False, name="texts")
reader = tf.WholeFileReader(name="files")
path, text = reader.read(queue)
lines = tf.string_split([text], "\n").values
characters = tf.string_split([text], "").values
codes = tf.cast(tf.reshape(tf.decode_raw(characters, tf.uint8), [-1]), tf.int32)
state = reader.serialize_state()
again = tf.read_file(path)

with tf.Session() as sess:
    sess.run(tf.local_variables_initializer())
    print([os.path.basename(n.decode()) for n in sess.run(names)])
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess, coord)
    while True:
        try:
            p, t, l, c, a = sess.run([path, text, lines, codes, again])
        except tf.errors.OutOfRangeError:
            break
        print(os.path.basename(p.decode()), t, l.tolist(), c[:5].tolist(), len(c), a == t)
    print(*sess.run([reader.num_records_produced(), reader.num_work_units_completed(), state]))
    sess.run(reader.reset())
    print(sess.run(reader.num_records_produced()))
    coord.request_stop()
    coord.join(threads)
    out = os.path.join(folder, "sub", "out.txt")
    sess.run(tf.write_file(out, tf.string_join(["one", "two"], separator="\n")))
    print(sess.run(tf.read_file(out)))
    try:
        sess.run(tf.read_file(os.path.join(folder, "missing.txt")))
    except tf.errors.NotFoundError as e:
        print("NotFoundError", os.path.basename(e.message.split(";")[0]), e.message.split(";")[1].split("\n")[0])
