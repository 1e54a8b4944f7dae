"""Cases for the operations of tf.nn: see tests/figures.py."""

X = "x = tf.constant(ramp(3, 4)); y = tf.constant(ramp(3, 4, shift=0.3)); "
P = "x = tf.placeholder(tf.float32, [None, 4]); feed[x] = ramp(3, 4); "

CASES = {
    **{
        f"{name}": X + f"z = tf.nn.{name}(3 * x); result = [z, grad(z, x)]"
        for name in "relu relu6 elu selu leaky_relu softplus softsign swish sigmoid tanh softmax log_softmax crelu".split()
    },
    **{
        f"{name}_float64": f"x = tf.constant(ramp(3, 4).astype(np.float64) * 9); z = tf.nn.{name}(x); result = [z, grad(z, x)]"
        for name in "elu softplus softmax".split()
    },
    "relu_at_zero": "x = tf.constant([0., -0., 6.]); result = [f(x) for f in (tf.nn.relu, tf.nn.relu6, tf.nn.elu)]"
    " + [grad(f(x), x) for f in (tf.nn.relu, tf.nn.relu6, tf.nn.elu, tf.nn.leaky_relu, tf.nn.softplus)]",
    "relu_integers": "result = [tf.nn.relu(tf.constant([1, -2])), tf.nn.relu6([7, -2]), tf.nn.leaky_relu(tf.constant([1, -2]))]",
    "elu_integers": "tf.nn.elu(tf.constant([1, -2]))",
    "softmax_axis": X + "z = tf.nn.softmax(x, axis=0); result = [z, tf.nn.softmax(x, dim=0), grad(z * y, x)]",
    "softmax_names": "x = tf.constant([1.]); result = [tf.nn.softmax(x).name, tf.nn.softmax(x, name='p').name, tf.nn.relu(x).name]",
    "softmax_scalar": "tf.nn.softmax(tf.constant(1.))",
    "softmax_axis_out_of_range": X + "tf.nn.softmax(x, axis=5)",
    "softmax_integers": "tf.nn.softmax([1, 2])",
    "log_softmax_rank3": "x = tf.constant(ramp(2, 3, 4)); z = tf.nn.log_softmax(x); result = [z, grad(z * z, x)]",
    "softmax_unknown_rank": "x = tf.placeholder(tf.float32); feed[x] = ramp(2, 3); result = tf.nn.softmax(x)",
    # -- cross entropies ------------------------------------------------------------------------------------------
    "xent": X + "z = tf.nn.softmax_cross_entropy_with_logits_v2(labels=tf.nn.softmax(y), logits=3 * x); result = [z, grad(z, x, y), z.name]",
    "xent_v1_stops": X + "z = tf.nn.softmax_cross_entropy_with_logits(labels=tf.nn.softmax(y), logits=x); result = [z, grad(z, x, y), z.name]",
    "xent_unnormalised_labels": X + "l = tf.constant(np.abs(ramp(3, 4))); z = tf.nn.softmax_cross_entropy_with_logits_v2(labels=l, logits=x); result = [z, grad(z, x, l)]",
    "xent_zero_labels": X + "z = tf.nn.softmax_cross_entropy_with_logits(labels=tf.zeros([3, 4]), logits=x); result = [z, grad(z, x)]",
    "xent_axis": X + "z = tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=x, dim=0); result = [z, grad(z, x, y)]",
    "xent_second_order": X + "z = tf.nn.softmax_cross_entropy_with_logits_v2(labels=tf.nn.softmax(ramp(3, 4)), logits=x); g = grad(z, x)[0]; result = grad(g * g, x)",
    "xent_rank3": "x = tf.constant(ramp(2, 3, 4)); z = tf.nn.softmax_cross_entropy_with_logits(labels=tf.one_hot([[0, 1, 2], [3, 0, 1]], 4), logits=x); result = [z, grad(z, x)]",
    "xent_integer_labels": X + "result = tf.nn.softmax_cross_entropy_with_logits(labels=tf.one_hot([0, 1, 3], 4, dtype=tf.int32), logits=x)",
    "xent_float16": "x = tf.constant(ramp(3, 4).astype(np.float16)); result = tf.nn.softmax_cross_entropy_with_logits(labels=tf.cast(tf.one_hot([0, 1, 3], 4), tf.float16), logits=x).dtype.name",
    "xent_broadcast": X + "result = tf.nn.softmax_cross_entropy_with_logits_v2(labels=tf.constant([[0., 1., 0., 0.]]), logits=x)",
    "xent_unknown_batch": P + "result = tf.nn.softmax_cross_entropy_with_logits(labels=tf.nn.softmax(x), logits=x)",
    "xent_positional": X + "tf.nn.softmax_cross_entropy_with_logits(x, y)",
    "xent_missing": X + "tf.nn.softmax_cross_entropy_with_logits(labels=x)",
    "xent_mismatch": X + "tf.nn.softmax_cross_entropy_with_logits(labels=tf.zeros([3, 5]), logits=x)",
    "sparse_xent": X + "z = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 3, 1], logits=3 * x); result = [z, grad(z * [1., 2., 3.], x), z.name]",
    "sparse_xent_rank3": "x = tf.constant(ramp(2, 3, 4)); l = tf.constant([[0, 1, 2], [3, 0, 1]], tf.int64); z = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=l, logits=x); result = [z, grad(z, x), z.name]",
    "sparse_xent_scalar_label": "result = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=1, logits=tf.constant(ramp(4)))",
    "sparse_xent_unknown": "x = tf.placeholder(tf.float32); l = tf.placeholder(tf.int32); feed.update({x: ramp(2, 3), l: [1, 2]}); result = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=l, logits=x)",
    "sparse_xent_empty": "result = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.zeros([0], tf.int32), logits=tf.zeros([0, 4]))",
    "sparse_xent_positional": X + "tf.nn.sparse_softmax_cross_entropy_with_logits([0, 1, 2], x)",
    "sparse_xent_rank": X + "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[[0], [1], [2]], logits=x)",
    "sparse_xent_shape": X + "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 1], logits=x)",
    "sparse_xent_float_labels": X + "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0., 1., 2.], logits=x)",
    "sparse_xent_scalar_logits": "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=1, logits=tf.constant(1.))",
    "sparse_xent_too_large": X + "result = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 1, 4], logits=x)",
    "sparse_xent_negative": X + "result = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 1, -1], logits=x)",
    "sparse_xent_run_time_shape": P + "l = tf.placeholder(tf.int32, [None]); feed[l] = [1, 2]; result = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=l, logits=x)",
    "sigmoid_xent": X + "z = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.sigmoid(y), logits=20 * x); result = [z, grad(z, x, y), z.name]",
    "sigmoid_xent_at_zero": "x = tf.zeros([3]); z = tf.nn.sigmoid_cross_entropy_with_logits(labels=[0., 0.5, 1.], logits=x); result = [z, grad(z, x)]",
    "sigmoid_xent_mismatch": X + "tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.zeros([4]), logits=x)",
    "sigmoid_xent_positional": X + "tf.nn.sigmoid_cross_entropy_with_logits(x, y)",
    "sigmoid_xent_dtypes": X + "tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.zeros([3, 4], tf.int32), logits=x)",
    "weighted_xent": X + "z = tf.nn.weighted_cross_entropy_with_logits(targets=tf.sigmoid(y), logits=9 * x, pos_weight=2.5); result = [z, grad(z, x, y)]",
    "weighted_xent_at_zero": "x = tf.zeros([3]); z = tf.nn.weighted_cross_entropy_with_logits([0., 0.5, 1.], x, 3.); result = [z, grad(z, x)]",
    "log_poisson": X + "t = tf.constant(np.abs(3 * ramp(3, 4))); result = [tf.nn.log_poisson_loss(t, x), tf.nn.log_poisson_loss(t, x, True), grad(tf.nn.log_poisson_loss(t, x), x)]",
    # -- bias and products ----------------------------------------------------------------------------------------
    "bias_add": X + "b = tf.constant(ramp(4)); z = tf.nn.bias_add(x, b); result = [z, grad(z * y, x, b), z.name]",
    "bias_add_nchw": "x = tf.constant(ramp(2, 3, 2, 2)); b = tf.constant(ramp(3)); z = tf.nn.bias_add(x, b, 'NCHW'); result = [z, grad(z * x, b)]",
    "bias_add_infers": "x = tf.placeholder(tf.float32, [2, None]); feed[x] = ramp(2, 3); result = tf.nn.bias_add(x, tf.zeros([3]))",
    "bias_add_mismatch": X + "tf.nn.bias_add(x, tf.zeros([3]))",
    "bias_add_rank_of_bias": X + "tf.nn.bias_add(x, tf.zeros([4, 1]))",
    "bias_add_rank": "tf.nn.bias_add(tf.zeros([3]), tf.zeros([3]))",
    "bias_add_nchw_rank": X + "tf.nn.bias_add(x, tf.zeros([4]), 'NCHW')",
    "bias_add_format": X + "tf.nn.bias_add(x, tf.zeros([4]), 'foo')",
    "bias_add_run_time": "x = tf.placeholder(tf.float32, [None, None]); feed[x] = ramp(3, 2); result = tf.nn.bias_add(x, tf.zeros([3]))",
    "xw_plus_b": X + "w = tf.constant(ramp(4, 2)); z = tf.nn.xw_plus_b(x, w, [0.5, -0.5]); result = [z, grad(z * z, x, w), z.name]",
    "xw_plus_b_mismatch": X + "tf.nn.xw_plus_b(x, tf.zeros([3, 2]), tf.zeros([2]))",
    "relu_layer": X + "z = tf.nn.relu_layer(x, ramp(4, 2), [0.5, -0.5]); result = [z, z.name]",
    "l2_loss": X + "z = tf.nn.l2_loss(x); result = [z, grad(z, x), z.name]",
    "l2_loss_empty": "result = tf.nn.l2_loss(tf.zeros([0]))",
    "l2_normalize": X + "z = tf.nn.l2_normalize(x, 1); result = [z, grad(z * y, x), tf.nn.l2_normalize(x, dim=0), tf.nn.l2_normalize(x), tf.nn.l2_normalize(x, [0, 1], epsilon=10.)]",
    "l2_normalize_zero": "x = tf.zeros([2, 2]); z = tf.nn.l2_normalize(x, 1); result = [z, grad(z, x)]",
    "zero_fraction": "z = tf.nn.zero_fraction([0., 1., 0.]); result = [z, z.name, tf.nn.zero_fraction(tf.constant([0, 1]))]",
    # -- dropout --------------------------------------------------------------------------------------------------
    "dropout_seeded": "x = tf.ones([4, 5]); z = tf.nn.dropout(x, 0.5, seed=7); result = [z, tf.nn.dropout(x, rate=0.3, seed=7), z.name]",
    "dropout_graph_and_op_seed": "tf.set_random_seed(3); x = tf.ones([4, 5]); result = tf.nn.dropout(x, 0.8, seed=1)",
    "dropout_noise_shape": "x = tf.ones([4, 5]); result = [tf.nn.dropout(x, 0.5, noise_shape=[4, 1], seed=7), tf.nn.dropout(x, 0.5, noise_shape=[None, 1], seed=7), tf.nn.dropout(x, 0.5, noise_shape=tf.constant([1, 5]), seed=9)]",
    "dropout_tensor": "x = tf.ones([4, 5]); k = tf.placeholder(tf.float32); feed[k] = 0.5; result = [tf.nn.dropout(x, k, seed=7), tf.nn.dropout(x, rate=k, seed=8)]",
    "dropout_tensor_one": "x = tf.ones([4, 5]); k = tf.placeholder_with_default(1.0, []); result = tf.nn.dropout(x, k, seed=7)",
    "dropout_gradient": "x = tf.constant(ramp(4, 5)); z = tf.nn.dropout(x, 0.5, seed=7); result = grad(z * z, x)",
    "dropout_float64": "result = tf.nn.dropout(np.ones([4, 5]), 0.5, seed=7)",
    "dropout_whole": "x = tf.ones([2]); result = [tf.nn.dropout(x, k) is x for k in (1, 1.0)] + [tf.nn.dropout(x, rate=0.) is x]",
    "dropout_list": "result = tf.nn.dropout([1., 2.], 1.0)",
    **{
        f"dropout_error_{number}": f"x = tf.ones([2, 3]); tf.nn.dropout(x, {arguments})"
        for number, arguments in enumerate(
            [
                "0.", "1.5", "-0.5", "rate=1.0", "rate=-1", "rate=0.5, keep_prob=0.5", "tf.constant([0.5])",
                "tf.constant(0.5, tf.float64)", "0.5, noise_shape=[2, 2]",
            ]
        )
    },
    "dropout_missing": "tf.nn.dropout(tf.ones([2]))",
    "dropout_integers": "tf.nn.dropout(tf.constant([1, 2]), 0.5)",
    # -- normalisation --------------------------------------------------------------------------------------------
    "moments": X + "m, v = tf.nn.moments(x, [0]); result = [m, v, m.name, grad(v * ramp(4), x), list(tf.nn.moments(x, [0, 1], keep_dims=True)), list(tf.nn.moments(x, -1))]",
    "moments_unknown": P + "result = list(tf.nn.moments(x, [0]))",
    "weighted_moments": X + "result = list(tf.nn.weighted_moments(x, [0], tf.constant(np.abs(ramp(3, 1))))) + list(tf.nn.weighted_moments(x, [1], 2., keep_dims=True))",
    "sufficient_statistics": X + "result = [None if t is None else t for t in tf.nn.sufficient_statistics(x, [0])]",
    "normalize_moments": X + "c, m, v, s = tf.nn.sufficient_statistics(x, [0], shift=0.5); result = list(tf.nn.normalize_moments(c, m, v, s))",
    "batch_normalization": X + "m, v = tf.nn.moments(x, [0]); z = tf.nn.batch_normalization(x, m, v, ramp(4), ramp(4, shift=1.), 1e-3); result = [z, grad(z * y, x), z.name]",
    "batch_normalization_bare": X + "m, v = tf.nn.moments(x, [0]); result = [tf.nn.batch_normalization(x, m, v, None, None, 1e-3), tf.nn.batch_normalization(x, m, v, ramp(4), None, 1e-3), tf.nn.batch_normalization(x, m, v, None, ramp(4), 1e-3)]",
    "fused_batch_norm": "x = tf.constant(ramp(2, 2, 3, 4)); z = tf.nn.fused_batch_norm(x, ramp(4, shift=1.), ramp(4)); result = [list(z), grad(z[0] * x, x)]",
    "fused_batch_norm_inference": "x = tf.constant(ramp(2, 2, 3, 4)); z = tf.nn.fused_batch_norm(x, ramp(4, shift=1.), ramp(4), ramp(4, scale=.1), ramp(4, scale=.1, shift=1.), is_training=False); result = z[0]",
    "fused_batch_norm_rank": "tf.nn.fused_batch_norm(tf.zeros([2, 4]), tf.ones([4]), tf.zeros([4]))",
    "lrn": "x = tf.constant(ramp(1, 2, 2, 7)); result = [tf.nn.lrn(x), tf.nn.local_response_normalization(x, 2, 2., 1e-2, 0.75)]",
}
