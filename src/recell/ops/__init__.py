"""The operations, one family a file: each a plain function of tensors made an operation by one decorator.

May import `graph` and `kernels`.
"""
