"""A recurrent model's losses and gradients in TensorBoard's logs: families, values from Python, text, a second graph."""
import glob
import os
import tempfile
import numpy as np
import tensorflow as tf

logdir = os.path.join(tempfile.mkdtemp(), 'run1')
rng = np.random.RandomState(3)
inputs = rng.standard_normal((6, 5, 3)).astype(np.float32)
targets = inputs.sum(axis=(1, 2), keepdims=False)[:, None]

x = tf.placeholder(tf.float32, [None, 5, 3], name='x')
t = tf.placeholder(tf.float32, [None, 1], name='t')
global_step = tf.Variable(0, name='global_step', trainable=False)
with tf.variable_scope('model', initializer=tf.constant_initializer(0.2)):
    cell = tf.nn.rnn_cell.BasicLSTMCell(4)
    outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    pred = tf.layers.dense(outputs[:, -1], 1, name='out')
with tf.name_scope('loss'):
    loss = tf.reduce_mean(tf.square(pred - t))
    loss_summary = tf.summary.scalar('mse', loss, family='losses')
optimizer = tf.train.GradientDescentOptimizer(0.05)
grads_and_vars = optimizer.compute_gradients(loss)
grad_summaries = []
for g, v in grads_and_vars:
    if g is not None:
        grad_summaries.append(tf.summary.histogram('{}/grad/hist'.format(v.name), g))
        grad_summaries.append(tf.summary.scalar('{}/grad/sparsity'.format(v.name), tf.nn.zero_fraction(g)))
train_op = optimizer.apply_gradients(grads_and_vars, global_step=global_step)
train_summary_op = tf.summary.merge([loss_summary, tf.summary.merge(grad_summaries)])
dev_summary_op = tf.summary.merge([loss_summary])
print([s.name for s in grad_summaries], train_summary_op.name, dev_summary_op.name)

with tf.Session() as sess:
    with tf.summary.FileWriter(logdir, sess.graph, flush_secs=1) as writer:
        sess.run(tf.global_variables_initializer())
        for epoch in range(4):
            _, step, summaries, l = sess.run([train_op, global_step, train_summary_op, loss], {x: inputs, t: targets})
            writer.add_summary(summaries, step)
            value = tf.Summary(value=[tf.Summary.Value(tag='epoch/loss', simple_value=float(l))])
            writer.add_summary(value, epoch)
            summary = tf.Summary()
            summary.value.add(tag='epoch/perplexity', simple_value=np.exp(l))
            writer.add_summary(summary, global_step=epoch)
            print(epoch, step, '%.5f' % l)
        text = sess.run(tf.summary.text('notes', tf.convert_to_tensor(['first run', '**done**'])))
        writer.add_summary(text, 4)
        audio = sess.run(tf.summary.audio('tone', np.sin(np.arange(80) * .3)[None].astype(np.float32), 8000))
        writer.add_summary(audio, 4)
        writer.flush()
        print('files', len(os.listdir(logdir)))

for path in glob.glob(os.path.join(logdir, 'events.out.tfevents.*')):
    for e in tf.train.summary_iterator(path):
        for v in e.summary.value:
            if v.HasField('simple_value'):
                print(e.step, v.tag, '%.4f' % v.simple_value)
            elif v.HasField('histo'):
                print(e.step, v.tag, v.histo.num, '%.4f' % v.histo.sum)
            elif v.HasField('tensor'):
                print(e.step, v.tag, tf.make_ndarray(v.tensor).tolist(), v.metadata.plugin_data.plugin_name)
            elif v.HasField('audio'):
                print(e.step, v.tag, v.audio.sample_rate, v.audio.length_frames, len(v.audio.encoded_audio_string), v.audio.content_type)

try:
    with tf.Session() as sess:
        sess.run(tf.summary.histogram('bad', tf.log(tf.constant([-1., 1.]))))
except tf.errors.InvalidArgumentError as error:
    print(error.message.split('\n')[0])
with tf.Graph().as_default():
    print(tf.summary.merge_all())
