"""Programs that start the runners without a coordinator, read a few batches, and simply end."""
from __future__ import print_function

import numpy as np
import tensorflow as tf

images = np.arange(60, dtype=np.float32).reshape(10, 6)
labels = np.arange(10)
image, label = tf.train.slice_input_producer([images, labels], shuffle=False)
image_batch, label_batch = tf.train.batch([image, label], batch_size=4, num_threads=1, capacity=16)
sess = tf.InteractiveSession()
tf.global_variables_initializer().run()
tf.train.start_queue_runners()
for i in range(6):
    x, y = sess.run([image_batch, label_batch])
    print(i, x[:, 0].tolist(), y.tolist())
print(label_batch.eval().tolist())
