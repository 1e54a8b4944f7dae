"""Programs as data: operations, tensors, shapes, dtypes, scopes, collections, variables.

Imports nothing of ours and no torch.
"""
