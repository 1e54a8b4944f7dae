"""Sequence to sequence: attention, decoders, beam search, losses (`tf.contrib.seq2seq`, `tf.contrib.legacy_seq2seq`).

May import: layers, and the rooms below it.
"""
