"""One-hot, argmax, top_k, in_top_k, confusion matrix and the like, as evaluation code used them."""
import numpy as np
import tensorflow as tf

r = np.random.RandomState(6)
logits = tf.constant(r.randn(6, 5), tf.float32)
labels = tf.constant(r.randint(0, 5, 6))
print(labels.dtype)
oh = tf.one_hot(labels, depth=5, on_value=1.0, off_value=0.0)
pred = tf.argmax(logits, 1)
top = tf.nn.top_k(logits, k=3)
in2 = tf.nn.in_top_k(logits, tf.cast(labels, tf.int32), 2)
acc = tf.reduce_mean(tf.cast(tf.equal(pred, labels), "float"))
conf = tf.confusion_matrix(labels, pred, 5)
seqs = tf.constant([[3, 1, 2, 0, 0], [4, 4, 0, 0, 0], [1, 2, 3, 4, 1]])
mask = tf.sign(seqs)
lens = tf.reduce_sum(mask, 1)
rev = tf.reverse_sequence(seqs, lens, seq_dim=1, batch_dim=0)
per = tf.nn.softmax_cross_entropy_with_logits(labels=oh, logits=logits)
per2 = tf.nn.softmax_cross_entropy_with_logits_v2(labels=oh * .9 + .02, logits=logits)
sig = tf.nn.sigmoid_cross_entropy_with_logits(labels=oh, logits=logits)
wsig = tf.nn.weighted_cross_entropy_with_logits(targets=oh, logits=logits, pos_weight=2.)
uniq, idx, cnt = tf.unique_with_counts(tf.reshape(seqs, [-1]))
segs = tf.segment_sum(logits, [0, 0, 1, 2, 2, 2])
usegs = tf.unsorted_segment_mean(logits, [1, 0, 1, 0, 3, 3], 4)
where = tf.where(tf.greater(logits, 1.))
picked = tf.gather_nd(logits, where)
mom = tf.nn.moments(logits, axes=[0])
l2 = tf.nn.l2_normalize(logits, dim=1)
cos = tf.matmul(l2, l2, transpose_b=True)
scat = tf.scatter_nd([[1], [3], [1]], [1., 2., 3.], [5])
strided = logits[1:-1:2, ::-1][:, :3]
band = tf.matrix_band_part(cos, 1, 0)
ein = tf.einsum("ij,kj->ik", logits, logits)
dots = tf.tensordot(logits, tf.ones([5, 2]), axes=[[1], [0]])
padded = tf.pad(seqs, [[0, 1], [2, 0]], constant_values=9)
cum = tf.cumsum(logits, axis=1, exclusive=True, reverse=True)
tiled = tf.tile(tf.expand_dims(lens, 1), [1, 2])
lse = tf.reduce_logsumexp(logits, axis=1, keep_dims=True)
sorted_ = tf.sort(logits, direction="DESCENDING")
bools = tf.logical_and(logits > 0, tf.logical_not(logits > 1))
spd = tf.sparse_tensor_to_dense(tf.SparseTensor([[0, 1], [2, 3]], [7, 8], [3, 4]))
edit = tf.edit_distance(tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [1, 2, 3], [2, 2]), tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [1, 3, 3], [2, 2]))
perp = tf.exp(tf.reduce_mean(per))
bm = tf.boolean_mask(seqs, tf.cast(mask, tf.bool))
with tf.Session() as sess:
    sess.run(tf.local_variables_initializer())
    for name, t in [("oh", oh), ("pred", pred), ("topv", top.values), ("topi", top.indices), ("in2", in2), ("acc", acc), ("conf", conf), ("lens", lens),
                    ("rev", rev), ("per", per), ("per2", per2), ("sig", sig), ("wsig", wsig), ("uniq", uniq), ("idx", idx), ("cnt", cnt), ("segs", segs), ("usegs", usegs),
                    ("where", where), ("picked", picked), ("mean", mom[0]), ("var", mom[1]), ("cos", cos), ("scat", scat), ("strided", strided), ("band", band), ("ein", ein),
                    ("dots", dots), ("padded", padded), ("cum", cum), ("tiled", tiled), ("lse", lse), ("sorted", sorted_), ("bools", bools), 
                    ("spd", spd), ("edit", edit), ("perp", perp), ("bm", bm)]:
        v = sess.run(t)
        print(name, t.dtype.name, t.shape, v.dtype, v.shape, " ".join("%.4f" % q for q in np.ravel(v)[:12].astype(float)))
    print(top, tf.shape(logits).eval(), tf.rank(seqs).eval(), tf.size(seqs).eval())
