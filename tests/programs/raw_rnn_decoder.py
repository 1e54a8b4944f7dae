"""An encoder and a raw_rnn decoder that embeds the word it chose; trained with the words given, by the same loop function."""
import numpy as np
import tensorflow as tf
from tensorflow.contrib.rnn import LSTMCell, LSTMStateTuple, GRUCell

PAD, EOS = 0, 1
vocab_size, emb, enc_hidden = 10, 6, 5
dec_hidden = enc_hidden * 2

tf.reset_default_graph()
encoder_inputs = tf.placeholder(shape=(None, None), dtype=tf.int32, name="encoder_inputs")
encoder_length = tf.placeholder(shape=(None,), dtype=tf.int32, name="encoder_inputs_length")
decoder_targets = tf.placeholder(shape=(None, None), dtype=tf.int32, name="decoder_targets")
init = tf.random_uniform_initializer(-.5, .5, seed=23)
tf.get_variable_scope().set_initializer(init)
embeddings = tf.Variable(tf.random_uniform([vocab_size, emb], -1.0, 1.0, seed=1), dtype=tf.float32)
embedded = tf.nn.embedding_lookup(embeddings, encoder_inputs)
((fw_out, bw_out), (fw, bw)) = tf.nn.bidirectional_dynamic_rnn(
    cell_fw=LSTMCell(enc_hidden), cell_bw=LSTMCell(enc_hidden), inputs=embedded, sequence_length=encoder_length,
    dtype=tf.float32, time_major=True)
final = LSTMStateTuple(c=tf.concat((fw.c, bw.c), 1), h=tf.concat((fw.h, bw.h), 1))
encoder_max_time, batch_size = tf.unstack(tf.shape(encoder_inputs))
decoder_lengths = encoder_length + 3
W = tf.Variable(tf.random_uniform([dec_hidden, vocab_size], -1, 1, seed=2), dtype=tf.float32)
b = tf.Variable(tf.zeros([vocab_size]), dtype=tf.float32)
eos_step = tf.nn.embedding_lookup(embeddings, EOS * tf.ones([batch_size], dtype=tf.int32, name="EOS"))
pad_step = tf.nn.embedding_lookup(embeddings, PAD * tf.ones([batch_size], dtype=tf.int32, name="PAD"))


def loop_fn_initial():
    return (0 >= decoder_lengths), eos_step, final, None, None


def loop_fn_transition(time, previous_output, previous_state, previous_loop_state):
    def get_next_input():
        output_logits = tf.add(tf.matmul(previous_output, W), b)
        prediction = tf.argmax(output_logits, axis=1)
        return tf.nn.embedding_lookup(embeddings, prediction)
    elements_finished = (time >= decoder_lengths)
    finished = tf.reduce_all(elements_finished)
    inputs = tf.cond(finished, lambda: pad_step, get_next_input)
    return elements_finished, inputs, previous_state, previous_output, None


def loop_fn(time, previous_output, previous_state, previous_loop_state):
    if previous_state is None:
        assert previous_output is None and previous_state is None
        return loop_fn_initial()
    return loop_fn_transition(time, previous_output, previous_state, previous_loop_state)


decoder_cell = LSTMCell(dec_hidden)
outputs_ta, final_state, _ = tf.nn.raw_rnn(decoder_cell, loop_fn)
outputs = outputs_ta.stack()
steps, batch, dim = tf.unstack(tf.shape(outputs))
logits = tf.reshape(tf.add(tf.matmul(tf.reshape(outputs, (-1, dim)), W), b), (steps, batch, vocab_size))
prediction = tf.argmax(logits, 2)
ce = tf.nn.softmax_cross_entropy_with_logits(labels=tf.one_hot(decoder_targets, depth=vocab_size, dtype=tf.float32), logits=logits)
loss = tf.reduce_mean(ce)
train_op = tf.train.AdamOptimizer(0.02).minimize(loss)


def sampler(cell, table, start, limit):
    """Words until each row says EOS: emits a structure, keeps words and a score in the loop's state."""
    def fn(time, output, state, loop_state):
        if output is None:
            words = tf.TensorArray(tf.int32, size=0, dynamic_size=True, name="words")
            emit = (tf.zeros([], tf.int32), tf.zeros([vocab_size]))
            return tf.zeros([batch_size], tf.bool), start, cell.zero_state(batch_size, tf.float32), emit, (words, tf.zeros([batch_size]))
        words, score = loop_state
        scores = tf.nn.log_softmax(tf.layers.dense(output, vocab_size, use_bias=False, name="scores"))
        word = tf.argmax(scores, axis=1, output_type=tf.int32)
        done = tf.logical_or(tf.equal(word, EOS), time >= limit)
        words = words.write(time - 1, word)
        return done, tf.nn.embedding_lookup(table, word), state, (word, scores), (words, score + tf.reduce_max(scores, 1))
    (emit_words, emit_scores), state, (words, score) = tf.nn.raw_rnn(cell, fn, scope="sampler")
    return emit_words.stack(), emit_scores.stack(), state, words.stack(), score


sampled = sampler(GRUCell(4), embeddings, eos_step, 6)
for v in tf.trainable_variables():
    print(v.name, v.get_shape().as_list())
print(outputs.shape, final_state.c.shape, sampled[0].shape, sampled[1].shape, sampled[2].shape)


def batch_of(inputs):
    lengths = [len(s) for s in inputs]
    m = np.zeros([len(inputs), max(lengths)], np.int32)
    for i, s in enumerate(inputs):
        m[i, :len(s)] = s
    return m.swapaxes(0, 1), lengths


rs = np.random.RandomState(4)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for n in range(14):
        seqs = [rs.randint(2, vocab_size, rs.randint(2, 5)).tolist() for _ in range(4)]
        x, lengths = batch_of(seqs)
        y, _ = batch_of([s + [EOS] + [PAD] * 2 for s in seqs])
        feed = {encoder_inputs: x, encoder_length: lengths, decoder_targets: y}
        _, l = sess.run([train_op, loss], feed)
        print("batch %d loss %.5f" % (n, l))
    print(sess.run(prediction, feed).T.tolist())
    o, st = sess.run([outputs, final_state], feed)
    print(o.shape, " ".join("%.5f" % v for v in np.abs(o).sum((1, 2))), "%.5f %.5f" % (st.c.sum(), st.h.sum()))
    w, sc, st, ws, total = sess.run(sampled, feed)
    print(w.tolist(), ws.tolist())
    print(sc.shape, "%.5f" % sc.sum(), "%.5f" % st.sum(), " ".join("%.4f" % t for t in total))
