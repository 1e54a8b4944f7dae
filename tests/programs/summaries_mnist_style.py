"""A classifier watched through summaries, as the MNIST tutorial with summaries does, and read back from the logs."""
import os
import shutil
import tempfile
import numpy as np
import tensorflow as tf

rng = np.random.RandomState(0)
data_x = rng.uniform(-1, 1, (120, 8)).astype(np.float32)
data_y = (data_x[:, :3].argmax(1)).astype(np.int64)
log_dir = tempfile.mkdtemp()


def weight_variable(shape):
    initial = np.cos(np.arange(np.prod(shape))).reshape(shape) * 0.3
    return tf.Variable(initial.astype(np.float32))


def variable_summaries(var):
    """Attach a lot of summaries to a Tensor (for TensorBoard visualization)."""
    with tf.name_scope('summaries'):
        mean = tf.reduce_mean(var)
        tf.summary.scalar('mean', mean)
        with tf.name_scope('stddev'):
            stddev = tf.sqrt(tf.reduce_mean(tf.square(var - mean)))
        tf.summary.scalar('stddev', stddev)
        tf.summary.scalar('max', tf.reduce_max(var))
        tf.summary.scalar('min', tf.reduce_min(var))
        tf.summary.histogram('histogram', var)


def nn_layer(input_tensor, input_dim, output_dim, layer_name, act=tf.nn.relu):
    with tf.name_scope(layer_name):
        with tf.name_scope('weights'):
            weights = weight_variable([input_dim, output_dim])
            variable_summaries(weights)
        with tf.name_scope('biases'):
            biases = tf.Variable(tf.constant(0.1, shape=[output_dim]))
            variable_summaries(biases)
        with tf.name_scope('Wx_plus_b'):
            preactivate = tf.matmul(input_tensor, weights) + biases
            tf.summary.histogram('pre_activations', preactivate)
        activations = act(preactivate, name='activation')
        tf.summary.histogram('activations', activations)
        return activations


with tf.name_scope('input'):
    x = tf.placeholder(tf.float32, [None, 8], name='x-input')
    y_ = tf.placeholder(tf.int64, [None], name='y-input')
with tf.name_scope('input_reshape'):
    tf.summary.image('input', tf.reshape(x, [-1, 2, 4, 1]), 2)

hidden1 = nn_layer(x, 8, 6, 'layer1')
with tf.name_scope('dropout'):
    keep_prob = tf.placeholder(tf.float32)
    tf.summary.scalar('dropout_keep_probability', keep_prob)
    dropped = hidden1 * keep_prob
y = nn_layer(dropped, 6, 3, 'layer2', act=tf.identity)
with tf.name_scope('cross_entropy'):
    with tf.name_scope('total'):
        cross_entropy = tf.losses.sparse_softmax_cross_entropy(labels=y_, logits=y)
tf.summary.scalar('cross_entropy', cross_entropy)
with tf.name_scope('train'):
    train_step = tf.train.GradientDescentOptimizer(0.5).minimize(cross_entropy)
with tf.name_scope('accuracy'):
    correct_prediction = tf.equal(tf.argmax(y, 1), y_)
    accuracy = tf.reduce_mean(tf.cast(correct_prediction, tf.float32))
tf.summary.scalar('accuracy', accuracy)
merged = tf.summary.merge_all()
print(merged, len(tf.get_collection(tf.GraphKeys.SUMMARIES)))

sess = tf.InteractiveSession()
train_writer = tf.summary.FileWriter(log_dir + '/train', sess.graph)
test_writer = tf.summary.FileWriter(log_dir + '/test')
tf.global_variables_initializer().run()


def feed_dict(train, i=0):
    if train:
        k = (i * 20) % 100
        return {x: data_x[k:k + 20], y_: data_y[k:k + 20], keep_prob: 0.9}
    return {x: data_x[100:], y_: data_y[100:], keep_prob: 1.0}


for i in range(30):
    if i % 10 == 0:
        summary, acc = sess.run([merged, accuracy], feed_dict=feed_dict(False))
        test_writer.add_summary(summary, i)
        print('Accuracy at step %s: %s' % (i, acc))
    elif i % 10 == 9:
        run_metadata = tf.RunMetadata()
        sess.run(train_step, feed_dict=feed_dict(True, i), run_metadata=run_metadata)
        summary = sess.run(merged, feed_dict=feed_dict(True, i))
        train_writer.add_run_metadata(run_metadata, 'step%03d' % i)
        train_writer.add_summary(summary, i)
        print('Adding run metadata for', i)
    else:
        sess.run(train_step, feed_dict=feed_dict(True, i))
train_writer.close()
test_writer.close()


def kind(value):
    return value.WhichOneof('value')


for part in ('train', 'test'):
    names = os.listdir(os.path.join(log_dir, part))
    print(part, len(names), [n.split('.')[:3] for n in names])
    for event in tf.train.summary_iterator(os.path.join(log_dir, part, names[0])):
        if event.HasField('file_version'):
            print('version', event.file_version)
        elif event.HasField('graph_def'):
            graph = tf.GraphDef.FromString(event.graph_def)
            print('graph', sorted(n.name for n in graph.node if n.op in ('Placeholder', 'ScalarSummary', 'HistogramSummary', 'ImageSummary')))
        elif event.HasField('tagged_run_metadata'):
            print('metadata', event.tagged_run_metadata.tag)
        elif event.HasField('summary'):
            for v in event.summary.value:
                if kind(v) == 'simple_value':
                    print(event.step, v.tag, '%.5f' % v.simple_value)
                elif kind(v) == 'histo':
                    print(event.step, v.tag, v.histo.num, '%.4f %.4f %.4f' % (v.histo.min, v.histo.max, v.histo.sum), len(v.histo.bucket))
                else:
                    print(event.step, v.tag, kind(v), v.image.height, v.image.width, v.image.colorspace)
shutil.rmtree(log_dir)
