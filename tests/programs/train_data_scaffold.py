"""tf.data with initializable iterators inside MonitoredTrainingSession through Scaffold(local_init_op=...)."""

import numpy as np, tempfile, os
import tensorflow as tf

tf.logging.set_verbosity(tf.logging.ERROR)
d = tempfile.mkdtemp()
X = np.arange(24, dtype=np.float32).reshape(8, 3)
for attempt in range(2):
    with tf.Graph().as_default():
        step = tf.train.get_or_create_global_step()
        px = tf.placeholder(tf.float32, [None, 3])
        ds = tf.data.Dataset.from_tensor_slices(px).repeat(2).batch(3)
        it = ds.make_initializable_iterator()
        x = it.get_next()
        w = tf.get_variable("w", [3, 1], initializer=tf.constant_initializer(0.1))
        pred = tf.matmul(x, w)
        loss = tf.reduce_mean(tf.square(pred - 1))
        train = tf.train.AdagradOptimizer(0.1).minimize(loss, global_step=step)
        n_eval = tf.get_variable(
            "count", [], tf.int32, initializer=tf.zeros_initializer(), collections=[tf.GraphKeys.LOCAL_VARIABLES]
        )
        scaffold = tf.train.Scaffold(
            init_fn=lambda scaffold, sess: sess.run(it.initializer, {px: X}) and None,
            local_init_op=tf.group(tf.local_variables_initializer()),
            saver=tf.train.Saver(max_to_keep=1),
        )

        class InitHook(tf.train.SessionRunHook):
            def after_create_session(self, session, coord):
                session.run(it.initializer, feed_dict={px: X})

        with tf.train.MonitoredTrainingSession(
            checkpoint_dir=d, scaffold=scaffold, hooks=[InitHook()], save_checkpoint_steps=3, save_checkpoint_secs=None
        ) as sess:
            while not sess.should_stop():
                l, _ = sess.run([loss, train])
                print("%.4f" % l)

        print(
            os.path.basename(tf.train.latest_checkpoint(d)),
            scaffold.saver is not None,
            type(scaffold.init_op).__name__,
            scaffold.ready_op.name,
        )
# local_init_op with the iterator of constants
with tf.Graph().as_default():
    step = tf.train.get_or_create_global_step()
    ds = tf.data.Dataset.range(7).map(lambda v: v * v).batch(2)
    it = tf.data.Iterator.from_structure(ds.output_types, ds.output_shapes)
    nxt = it.get_next()
    scaffold = tf.train.Scaffold(
        local_init_op=tf.group(tf.local_variables_initializer(), it.make_initializer(ds), tf.tables_initializer())
    )
    up = tf.assign_add(step, 1)
    with tf.train.MonitoredTrainingSession(scaffold=scaffold) as sess:
        while not sess.should_stop():
            print(sess.run(nxt), sess.run(up))
# no initializer run
with tf.Graph().as_default():
    it = tf.data.Dataset.range(3).make_initializable_iterator()
    nxt = it.get_next()
    try:
        with tf.train.MonitoredSession() as sess:
            print(sess.run(nxt))
    except tf.errors.FailedPreconditionError as e:
        print("FailedPreconditionError")
with tf.Graph().as_default():
    it = tf.data.Dataset.range(3).make_initializable_iterator()
    tf.add_to_collection(tf.GraphKeys.TABLE_INITIALIZERS, it.initializer)
    nxt = it.get_next()
    with tf.train.MonitoredSession() as sess:
        while not sess.should_stop():
            print(sess.run(nxt))
