"""Data sets that the tutorials download: where they are, and in the batches TensorFlow 1 made of them.

May import `graph` only.
"""
