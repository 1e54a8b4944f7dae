"""Programs to learn from, as a TensorFlow 1 program would be written, and the picture that they draw.

They import `recell.v1` and what `pip install 'recell[demo]'` brings, nothing else of ours.
"""
