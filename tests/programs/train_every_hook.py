"""MonitoredTrainingSession with every hook."""

import glob, os, shutil, tempfile
import numpy as np
import tensorflow as tf

tf.logging.set_verbosity(tf.logging.ERROR)

logdir = tempfile.mkdtemp()


class Recorder(tf.train.SessionRunHook):
    def __init__(self, names):
        self.names = names
        self.log = []

    def begin(self):
        self.log.append("begin")
        self._step = tf.train.get_global_step()

    def after_create_session(self, session, coord):
        self.log.append("created %s %s" % (session.run(self._step), type(coord).__name__))

    def before_run(self, ctx):
        self.log.append("before %s" % [f.name if hasattr(f, "name") else f for f in ctx.original_args.fetches[1:]])
        return tf.train.SessionRunArgs({n: n for n in self.names})

    def after_run(self, ctx, values):
        self.log.append("after " + " ".join("%s=%.3f" % (k, values.results[k]) for k in sorted(values.results)))

    def end(self, session):
        self.log.append("end %d" % session.run(self._step))


class Final(tf.train.FinalOpsHook):
    pass


def train(last):
    with tf.Graph().as_default():
        step = tf.train.get_or_create_global_step()
        x = tf.placeholder(tf.float32, [None])
        w = tf.get_variable("w", [], initializer=tf.constant_initializer(2.0))
        loss = tf.reduce_mean(tf.square(w * x - 3 * x), name="loss")
        lr = tf.train.exponential_decay(0.1, step, 4, 0.5, staircase=True, name="lr")
        op = tf.train.GradientDescentOptimizer(lr).minimize(loss, global_step=step)
        tf.summary.scalar("loss", loss)
        tf.summary.histogram("w", w)
        rec = Recorder(["loss:0", "lr:0"])
        final = tf.train.FinalOpsHook([w, step * 10])
        calls = []
        feed_fn = lambda: calls.append(1) or {x: [1.0, 2.0]}

        class L(tf.train.CheckpointSaverListener):
            def begin(self):
                print("listener begin")

            def before_save(self, s, g):
                print("before_save", g)

            def after_save(self, s, g):
                print("after_save", g)

            def end(self, s, g):
                print("listener end", g)

        saver = tf.train.Saver(max_to_keep=2)
        hooks = [
            rec,
            final,
            tf.train.StopAtStepHook(last_step=last),
            tf.train.NanTensorHook(loss),
            tf.train.LoggingTensorHook({"l": loss}, every_n_iter=2),
            tf.train.StepCounterHook(every_n_steps=3, output_dir=os.path.join(logdir, "counter")),
            tf.train.FeedFnHook(feed_fn),
            tf.train.SummarySaverHook(
                save_steps=2, output_dir=os.path.join(logdir, "sum"), summary_op=tf.summary.merge_all()
            ),
            tf.train.GlobalStepWaiterHook(0),
        ]
        chief = [
            tf.train.CheckpointSaverHook(
                logdir, save_steps=3, saver=saver, listeners=[L()], checkpoint_basename="m.ckpt"
            )
        ]
        with tf.train.MonitoredTrainingSession(
            checkpoint_dir=logdir,
            hooks=hooks,
            chief_only_hooks=chief,
            save_checkpoint_secs=None,
            save_summaries_steps=None,
            log_step_count_steps=None,
        ) as sess:
            n = 0
            while not sess.should_stop():
                (
                    _,
                    l,
                ) = sess.run([op, loss])
                n += 1
            print("ran", n, len(calls))
        print("\n".join(rec.log))
        print([float(round(float(v), 4)) for v in final.final_ops_values])


train(5)
train(9)
print(
    sorted(
        f
        for f in os.listdir(logdir)
        if ".data" not in f
        and not f.startswith("events")
        and not os.path.isdir(os.path.join(logdir, f))
        and f != "graph.pbtxt"
    )
)
for d in ["sum"]:
    for path in sorted(glob.glob(os.path.join(logdir, d, "events*"))):
        for e in tf.train.summary_iterator(path):
            for v in e.summary.value:
                print(d, e.step, v.tag, v.WhichOneof("value"), round(v.simple_value, 4))
print(sorted(os.listdir(os.path.join(logdir, "counter")))[:0], os.path.isdir(os.path.join(logdir, "counter")))
