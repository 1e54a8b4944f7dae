"""Names that TensorFlow's releases gave to one and the same variable.

The cells' variables were renamed three times: `RNN/BasicLSTMCell/Linear/Matrix` before 1.0 is
`rnn/basic_lstm_cell/weights` in 1.0 and 1.1 and `rnn/basic_lstm_cell/kernel` since 1.2. `RENAMES` lists all of it, as
releases 0.12.1 to 1.15.0 name the variables of every cell and driver. `key` brings a name of any of them to one form:
two names are the same variable's when their keys are equal.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple


class Rename(NamedTuple):
    """One renaming: in names, the path `old` became `new`. `#` in them is a number.

    Args:
      since: the first release with the new name; of what is before 0.12, the first one that was asked.
      old, new: whole components of a name.
      within: the scopes that it happened directly below; () for anywhere.
    """

    since: str
    old: str
    new: str
    within: tuple[str, ...] = ()


_CELLS = {
    "BasicRNNCell": "basic_rnn_cell",
    "BasicLSTMCell": "basic_lstm_cell",
    "LSTMCell": "lstm_cell",
    "LSTMBlockCell": "lstm_cell",
    "GRUCell": "gru_cell",
    "LSTMBlockFusedCell": "lstm_block_wrapper",
    "LayerNormBasicLSTMCell": "layer_norm_basic_lstm_cell",
    "CoupledInputForgetGateLSTMCell": "coupled_input_forget_gate_lstm_cell",
    "TimeFreqLSTMCell": "time_freq_lstm_cell",
    "GridLSTMCell": "grid_lstm_cell",
    "BidirectionalGridLSTMCell": "bidirectional_grid_lstm_cell",
    "AttentionCellWrapper": "attention_cell_wrapper",
    "InputProjectionWrapper": "input_projection_wrapper",
    "OutputProjectionWrapper": "output_projection_wrapper",
    "EmbeddingWrapper": "embedding_wrapper",
}
_KERNEL_SCOPES = (
    "basic_rnn_cell",
    "basic_lstm_cell",
    "lstm_cell",
    "projection",
    "gru_cell",
    "gates",
    "candidate",
    "lstm_block_wrapper",
    "layer_norm_basic_lstm_cell",
    "ugrnn_cell",
    "nas_rnn",
    "intersection_rnn_cell",
    "in_projection",
    "mask_gates",
    "new_input",
    "output_gate",
    "attention_cell_wrapper",
    "attention",
    "attn_output_projection",
    "input_projection_wrapper",
    "output_projection_wrapper",
    "attention_decoder",
    "Attention_#",
    "AttnOutputProjection",
)
_WRAPPERS = ("input_projection_wrapper", "output_projection_wrapper", "embedding_wrapper")

RENAMES: tuple[Rename, ...] = (
    Rename("0.12", "BiRNN_FW/RNN", "BiRNN_FW"),
    Rename("0.12", "BiRNN_BW/RNN", "BiRNN_BW"),
    Rename("0.12", "BiRNN_FW", "BiRNN/FW"),
    Rename("0.12", "BiRNN_BW", "BiRNN/BW"),
    Rename("1.0", "RNN", "rnn"),
    Rename("1.0", "BiRNN", "bidirectional_rnn"),
    Rename("1.0", "FW", "fw"),
    Rename("1.0", "BW", "bw"),
    Rename("1.0", "MultiRNNCell/Cell#", "multi_rnn_cell/cell_#"),
    *(Rename("1.0", old, new) for old, new in _CELLS.items()),
    Rename("1.0", "Gates", "gates"),
    Rename("1.0", "Candidate", "candidate"),
    Rename("1.0", "W_0", "weights", ("lstm_cell", "lstm_block_wrapper")),
    Rename("1.0", "B", "biases", ("lstm_cell", "lstm_block_wrapper")),
    Rename("1.0", "W_I_diag", "w_i_diag", ("lstm_cell", "lstm_block_wrapper")),
    Rename("1.0", "W_F_diag", "w_f_diag", ("lstm_cell", "lstm_block_wrapper")),
    Rename("1.0", "W_O_diag", "w_o_diag", ("lstm_cell", "lstm_block_wrapper")),
    Rename("1.0", "W_P_0", "projection/weights", ("lstm_cell",)),
    Rename("1.0", "W", "weights", ("lstm_cell",)),
    Rename("1.0", "b", "biases", ("lstm_cell",)),
    Rename("1.0", "wci", "w_i_diag", ("lstm_cell",)),
    Rename("1.0", "wcf", "w_f_diag", ("lstm_cell",)),
    Rename("1.0", "wco", "w_o_diag", ("lstm_cell",)),
    Rename("1.0", "linear/weights", "weights", ("layer_norm_basic_lstm_cell",)),
    Rename("1.0", "Attention", "attention", ("attention_cell_wrapper",)),
    Rename("1.0", "AttnOutputProjection", "attn_output_projection", ("attention_cell_wrapper",)),
    Rename("1.0", "AttnW", "attn_w", ("attention",)),
    Rename("1.0", "AttnV", "attn_v", ("attention",)),
    Rename("1.1", "StackRNN", "stack_bidirectional_rnn"),
    Rename("1.1", "Layer#/bidirectional_rnn", "cell_#/bidirectional_rnn"),
    Rename("1.2", "Linear/Matrix", "kernel"),
    Rename("1.2", "Linear/Bias", "bias"),
    Rename("1.2", "Matrix", "kernel"),
    Rename("1.2", "Bias", "bias"),
    Rename("1.2", "weights", "kernel", _KERNEL_SCOPES),
    Rename("1.2", "biases", "bias", _KERNEL_SCOPES),
    Rename("1.2", "recurrent_weights", "recurrent_kernel", ("nas_rnn",)),
    Rename("1.2", "nas_rnn", "nas_cell"),
    Rename("1.5", "lstm_block_wrapper", "rnn/lstm_cell"),
    Rename("1.5", "GRUBlockCell", "gru_cell"),
    Rename("1.5", "w_ru", "gates/kernel", ("gru_cell",)),
    Rename("1.5", "b_ru", "gates/bias", ("gru_cell",)),
    Rename("1.5", "w_c", "candidate/kernel", ("gru_cell",)),
    Rename("1.5", "b_c", "candidate/bias", ("gru_cell",)),
)
"""In the order in which they happened: the result of one is what the next is about."""

# Where a newer name says less than an older one, or more: such names have the one form in a key that both can be
# brought to. The wrappers' own scopes enclose the cell inside them since 1.2 only; `stack_bidirectional_rnn` names its
# directions' driver or not, by the driver; LSTMBlockFusedCell is `rnn/lstm_cell` in 1.5, as a cell under a driver
# is, and `lstm_fused_cell` since 1.6.
_LEVELLED = (
    *(("wrapper/", rf"(?<![^/]){wrapper}/(?!(?:kernel|bias|embedding)(?:/|$))", "") for wrapper in _WRAPPERS),
    ("/bidirectional_rnn/", r"(?<![^/])(cell_\d+)/bidirectional_rnn/(fw|bw)(?=/)", r"\g<1>/\g<2>"),
    ("lstm_fused_cell", r"(?<![^/])lstm_fused_cell(?=/|$)", "rnn/lstm_cell"),
)


@cache
def _compiled() -> list[tuple[str, re.Pattern[str], str]]:
    """For each rule a text that is in every name that it changes, what it matches and what it puts there."""
    rules = []
    for rename in RENAMES:
        old = re.escape(rename.old).replace(r"\#", r"(\d+)")
        within = "|".join(scope.replace("#", r"\d+") for scope in rename.within)
        before = rf"((?:{within})/)" if within else "()"
        new = r"\g<1>" + rename.new.replace("#", r"\g<2>")
        rules.append((rename.old.partition("#")[0], re.compile(rf"(?<![^/]){before}{old}(?=/|$)"), new))
    return rules + [(text, re.compile(old), new) for text, old, new in _LEVELLED]


def key(name: str) -> str:
    """One form for the names that a variable had in all releases. It need not be a name itself."""
    for text, old, new in _compiled():
        if text in name:
            name = old.sub(new, name)
    return name


def renamed_in(name: str) -> str | None:
    """The first release that gives another name to the variable of a cell; None where 1.15 gives this one.

    Only what is a cell's by its name tells: programs have scopes called `RNN` and variables called `weights` to this
    day.
    """
    if _OF_A_CELL.search(name) is None:
        return None
    for rename, (text, old, _) in zip(RENAMES, _compiled(), strict=False):
        tells = rename.within or _OF_A_CELL.search(rename.old)
        # GRUBlockCell has the names `w_ru` and so on to this day; it is GRUBlockCellV2 that has others.
        stays = rename.since == "1.5" and rename.within
        if tells and not stays and text in name and old.search(name):
            return rename.since
    return None


_OF_A_CELL = re.compile(r"Cell|_cell|Wrapper|_wrapper|nas_rnn|Linear")


__all__ = ["RENAMES", "Rename", "key", "renamed_in"]
