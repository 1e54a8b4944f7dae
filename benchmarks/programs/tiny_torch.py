"""The same chains as tiny_ops.py in bare PyTorch calls: what an operation costs before any graph is involved."""

import json
import sys
import time

import numpy as np
import torch

result = {}
with torch.no_grad():
    for k in [int(argument) for argument in sys.argv[1:]]:
        calls = [(torch.mul, 0) if number % 2 else (torch.add, 1) for number in range(k)]
        runs = max(30, 20000 // k)
        seconds = []
        for _ in range(runs + runs // 10):
            before = time.perf_counter()
            fed = torch.tensor(0.5), torch.tensor(0.25)
            y = fed[0]
            for call, operand in calls:
                y = call(y, fed[operand])
            y.numpy()
            seconds.append(time.perf_counter() - before)
        result[k] = float(np.median(seconds[runs // 10 :]))

print(json.dumps(result))
