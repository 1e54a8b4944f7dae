"""Idioms around the coordinator: errors of threads, exc_info, clear_stop, LooperThread, stop_on_exception."""
from __future__ import print_function

import sys
import threading
import time

import tensorflow as tf


def loop(coord, worker_id, lines):
    n = 0
    while not coord.should_stop():
        n += 1
        if worker_id == 1 and n == 3:
            coord.request_stop()
        time.sleep(0.001)
    lines.append("worker %d stops" % worker_id)


coord = tf.train.Coordinator()
lines = []
threads = [threading.Thread(target=loop, args=(coord, i, lines)) for i in range(4)]
for t in threads:
    t.start()
coord.join(threads)
print(sorted(lines), coord.joined, coord.should_stop())

coord = tf.train.Coordinator()


def failing():
    try:
        raise KeyError("lost")
    except Exception:
        coord.request_stop(sys.exc_info())


t = threading.Thread(target=failing)
t.start()
try:
    coord.join([t])
except KeyError as e:
    print("KeyError", e)
coord.clear_stop()
print(coord.should_stop())

coord = tf.train.Coordinator()
with coord.stop_on_exception():
    raise tf.errors.OutOfRangeError(None, None, "end")
print("after", coord.should_stop())
coord.join([])
coord = tf.train.Coordinator()
with coord.stop_on_exception():
    raise ValueError("bad")
try:
    coord.join()
except ValueError as e:
    print("ValueError", e)

calls = []
coord = tf.train.Coordinator()
looper = tf.train.LooperThread.loop(coord, 0.001, target=calls.append, args=(1,))
while len(calls) < 3:
    time.sleep(0.001)
coord.request_stop()
coord.join([looper])
print("looped", len(calls) >= 3, looper.is_alive())

# a stage that fails in the middle of the input
numbers = tf.train.range_input_producer(8, num_epochs=1, shuffle=False).dequeue()
checked = tf.Assert(numbers < 5, ["too large", numbers])
with tf.control_dependencies([checked]):
    numbers = tf.identity(numbers)
batch = tf.train.batch([numbers], 2)
found = []
with tf.Session() as sess:
    sess.run(tf.local_variables_initializer())
    coord = tf.train.Coordinator()
    threads = tf.train.start_queue_runners(sess=sess, coord=coord)
    try:
        while True:
            found.append(sess.run(batch).tolist())
    except Exception as e:
        print("main:", type(e).__name__)
        coord.request_stop(e)
    try:
        coord.join(threads)
    except tf.errors.OpError as e:
        print("join:", type(e).__name__, e.message.split("\n")[0][:40])
print(found[:2])

# threads that do not stop
coord = tf.train.Coordinator()
event = threading.Event()
stuck = threading.Thread(target=event.wait, name="stuck")
stuck.start()
coord.request_stop()
try:
    coord.join([stuck], stop_grace_period_secs=0.1)
except RuntimeError as e:
    print("RuntimeError", e)
event.set()
stuck.join()
