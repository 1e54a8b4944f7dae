"""What `run` costs an operation: chains of k multiplications and additions of fed scalars, k as given.

A TensorFlow 1 program that every engine runs as it stands. Prints one line of JSON: seconds per run for each k.
Nothing can be folded or merged: every operand is fed, and each operation needs the one before.
"""

import json
import sys
import time

import numpy as np
import tensorflow as tf

result = {}
for k in [int(argument) for argument in sys.argv[1:]]:
    with tf.Graph().as_default(), tf.Session() as sess:
        a = tf.placeholder(tf.float32, [])
        b = tf.placeholder(tf.float32, [])
        y = a
        for number in range(k):
            y = y * a if number % 2 else y + b
        feed = {a: np.float32(0.5), b: np.float32(0.25)}
        runs = max(30, 20000 // k)
        for _ in range(max(3, runs // 10)):
            sess.run(y, feed_dict=feed)
        seconds = []
        for _ in range(runs):
            before = time.perf_counter()
            sess.run(y, feed_dict=feed)
            seconds.append(time.perf_counter() - before)
        result[k] = float(np.median(seconds))

print(json.dumps(result))
