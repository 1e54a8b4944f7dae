"""Cells, wrappers and drivers: rows of the table (see table.py for their form)."""

from __future__ import annotations

ROWS: dict[str, dict[str, str]] = {
    "nn.rnn_cell": {
        "recell.rnn.cell": "RNNCell",
        "recell.rnn.basic_rnn_cell": "BasicRNNCell",
        "recell.rnn.basic_lstm_cell": "BasicLSTMCell",
        "recell.rnn.state": "LSTMStateTuple",
    },
    "nn": {
        "recell.rnn.dynamic_rnn": "dynamic_rnn",
    },
}
