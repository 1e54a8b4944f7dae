"""Input pipelines of before `tf.data`: producers and batches behind queues, readers of files, Penn Treebank.

May import: train (queue runners), datasets, ops, graph.
"""
