"""Cells, wrappers and drivers: rows of the table (see table.py for their form)."""

from __future__ import annotations

_CUDNN_CONSTANTS = (
    "CUDNN_GRU CUDNN_GRU_PARAMS_PER_LAYER CUDNN_INPUT_AUTO_MODE CUDNN_INPUT_LINEAR_MODE CUDNN_INPUT_SKIP_MODE "
    "CUDNN_LSTM CUDNN_LSTM_PARAMS_PER_LAYER CUDNN_RNN_BIDIRECTION CUDNN_RNN_RELU CUDNN_RNN_RELU_PARAMS_PER_LAYER "
    "CUDNN_RNN_TANH CUDNN_RNN_TANH_PARAMS_PER_LAYER CUDNN_RNN_UNIDIRECTION"
)

ROWS: dict[str, dict[str, str]] = {
    "nn.rnn_cell": {
        "recell.rnn.cell": "RNNCell",
        "recell.rnn.basic_rnn_cell": "BasicRNNCell",
        "recell.rnn.basic_lstm_cell": "BasicLSTMCell",
        "recell.rnn.gru_cell": "GRUCell",
        "recell.rnn.lstm_cell": "LSTMCell",
        "recell.rnn.multi_rnn_cell": "MultiRNNCell",
        "recell.rnn.state": "LSTMStateTuple",
        "recell.rnn.device_wrapper": "DeviceWrapper",
        "recell.rnn.residual_wrapper": "ResidualWrapper",
        "recell.rnn.dropout_wrapper": "DropoutWrapper",
        "recell.rnn.linear": "_linear=linear linear",
        # until 0.12 they were here:
        "recell.rnn.embedding_wrapper": "EmbeddingWrapper",
        "recell.rnn.projection_wrappers": "InputProjectionWrapper OutputProjectionWrapper",
    },
    "nn": {
        "recell.rnn.dynamic_rnn": "dynamic_rnn",
        "recell.rnn.static_rnn": "rnn static_rnn",
        "recell.rnn.static_state_saving_rnn": "state_saving_rnn=static_state_saving_rnn static_state_saving_rnn",
        "recell.rnn.raw_rnn": "raw_rnn",
        "recell.rnn.bidirectional": "bidirectional_dynamic_rnn bidirectional_rnn static_bidirectional_rnn",
    },
    "contrib.rnn": {
        "recell.rnn.attention_cell_wrapper": "AttentionCellWrapper",
        "recell.rnn.compiled_wrapper": "CompiledWrapper",
        "recell.rnn.embedding_wrapper": "EmbeddingWrapper",
        "recell.rnn.highway_wrapper": "HighwayWrapper",
        "recell.rnn.projection_wrappers": "InputProjectionWrapper OutputProjectionWrapper",
        "recell.rnn.cell": "LayerRNNCell",
        "recell.rnn.conv_lstm_cell": "Conv1DLSTMCell Conv2DLSTMCell Conv3DLSTMCell ConvLSTMCell",
        "recell.rnn.ind_rnn_cell": "IndRNNCell",
        "recell.rnn.indy_gru_cell": "IndyGRUCell",
        "recell.rnn.intersection_rnn_cell": "IntersectionRNNCell",
        "recell.rnn.nas_cell": "NASCell",
        "recell.rnn.sru_cell": "SRUCell",
        "recell.rnn.ugrnn_cell": "UGRNNCell",
        "recell.rnn.coupled_lstm_cell": "CoupledInputForgetGateLSTMCell",
        "recell.rnn.layer_norm_basic_lstm_cell": "LayerNormBasicLSTMCell",
        "recell.rnn.glstm_cell": "GLSTMCell",
        "recell.rnn.phased_lstm_cell": "PhasedLSTMCell",
        "recell.rnn.indy_lstm_cell": "IndyLSTMCell",
        "recell.rnn.time_freq_lstm_cell": "TimeFreqLSTMCell",
        "recell.rnn.grid_lstm_cell": "GridLSTMCell",
        "recell.rnn.bidirectional_grid_lstm_cell": "BidirectionalGridLSTMCell",
        "recell.rnn.lstm_block_cell": "LSTMBlockCell",
        "recell.rnn.lstm_block_fused_cell": "LSTMBlockFusedCell LSTMBlockWrapper",
        "recell.rnn.gru_block_cell": "GRUBlockCell GRUBlockCellV2",
        "recell.rnn.fused_rnn_cell": "FusedRNNCell FusedRNNCellAdaptor TimeReversedFusedRNN",
        "recell.rnn.static_rnn": "static_rnn",
        "recell.rnn.static_state_saving_rnn": "static_state_saving_rnn",
        "recell.rnn.bidirectional": "static_bidirectional_rnn",
        "recell.rnn.stack_bidirectional": "stack_bidirectional_dynamic_rnn stack_bidirectional_rnn",
        "recell.rnn.batch_time": "best_effort_input_batch_size transpose_batch_time",
    },
    "contrib.compiler.jit": {"recell.ops.jit_scope": "experimental_jit_scope"},
    "contrib.rnn.python.ops.rnn_cell": {
        "recell.rnn.layer_norm_lstm_cell": "LayerNormLSTMCell",
        "recell.rnn.weight_norm_lstm_cell": "WeightNormLSTMCell",
        "recell.rnn.cfn_cell": "CFNCell",
        "recell.rnn.minimal_rnn_cell": "MinimalRNNCell",
        "recell.rnn.ntm_cell": "NTMCell NTMControllerState",
        "recell.rnn.linear": "_Linear=Linear",
        "recell.rnn.borrowed": "_get_concat_variable=concat_variable _get_sharded_variable=sharded_variable",
    },
    "contrib.rnn.python.ops.lstm_ops": {
        "recell.rnn.cell": "LayerRNNCell",
        "recell.rnn.lstm_block_cell": "LSTMBlockCell",
        "recell.rnn.lstm_block_fused_cell": "LSTMBlockFusedCell LSTMBlockWrapper",
        "recell.rnn.lstm_block_ops": "_block_lstm=block_lstm _lstm_block_cell=lstm_block_cell",
    },
    "contrib.rnn.python.ops.gru_ops": {
        "recell.rnn.cell": "LayerRNNCell",
        "recell.rnn.gru_block_cell": "GRUBlockCell GRUBlockCellV2",
    },
    "contrib.rnn.python.ops.fused_rnn_cell": {
        "recell.rnn.fused_rnn_cell": "FusedRNNCell FusedRNNCellAdaptor TimeReversedFusedRNN",
    },
    "contrib.rnn.python.tools.checkpoint_convert": {
        "recell.train.checkpoint_convert": "RNN_NAME_REPLACEMENTS convert_names main"
    },
    "contrib.grid_rnn": {
        "recell.rnn.grid_rnn_cell": "GridRNNCell",
        "recell.rnn.grid_rnn_cells": (
            "Grid1BasicLSTMCell Grid1BasicRNNCell Grid1LSTMCell Grid2BasicLSTMCell Grid2BasicRNNCell Grid2GRUCell "
            "Grid2LSTMCell Grid3LSTMCell"
        ),
    },
    "python.ops.rnn_cell": {
        "recell.rnn.cell": "LayerRNNCell _RNNCell=RNNCell assert_like_rnncell",
        "recell.rnn.linear": "_Linear=Linear _linear=linear linear",
        "recell.rnn.state": "_zero_state_tensors=zero_state_of",
        "recell.rnn.borrowed": (
            "ASSERT_LIKE_RNNCELL_ERROR_REGEXP=NOT_A_CELL _BIAS_VARIABLE_NAME=BIAS _WEIGHTS_VARIABLE_NAME=WEIGHTS "
            "_check_rnn_cell_input_dtypes=check_dtypes _check_supported_dtypes=check_supported_dtype "
            "_concat=join_sizes _get_concat_variable=concat_variable _get_sharded_variable=sharded_variable"
        ),
    },
    "contrib.recurrent": {
        "recell.rnn.functional_rnn": "bidirectional_functional_rnn functional_rnn",
        "recell.rnn.recurrent": "Recurrent",
    },
    "python.ops.rnn": {
        "recell.rnn.batch_time": (
            "_best_effort_input_batch_size=best_effort_input_batch_size _transpose_batch_time=transpose_batch_time"
        ),
        "recell.rnn.borrowed": (
            "_concat=join_sizes _infer_state_dtype=infer_state_dtype _is_keras_rnn_cell=is_keras_cell "
            "_maybe_tensor_shape_from_tensor=known_shape _reverse_seq=reversed_steps _rnn_step=rnn_step "
            "_should_cache=should_cache"
        ),
    },
    "contrib.cudnn_rnn": {
        "recell.rnn.cudnn_layers": "CudnnGRU CudnnLSTM CudnnRNNRelu CudnnRNNTanh",
        "recell.rnn.cudnn_cells": "CudnnCompatibleGRUCell CudnnCompatibleLSTMCell",
        "recell.rnn.cudnn_saveable": "CudnnGRUSaveable CudnnLSTMSaveable CudnnRNNReluSaveable CudnnRNNTanhSaveable "
        "RNNParamsSaveable",
        "recell.rnn.cudnn_format": "CudnnParamsFormatConverterGRU CudnnParamsFormatConverterLSTM "
        "CudnnParamsFormatConverterRelu CudnnParamsFormatConverterTanh",
    },
    "contrib.cudnn_rnn.python.layers.cudnn_rnn": {
        "recell.rnn.cudnn_layers": "CudnnGRU CudnnLSTM CudnnRNNRelu CudnnRNNTanh _CudnnRNN=CudnnLayer",
        "recell.rnn.cudnn_params": _CUDNN_CONSTANTS,
    },
    "contrib.cudnn_rnn.python.ops.cudnn_rnn_ops": {
        "recell.rnn.cudnn_params": f"{_CUDNN_CONSTANTS} check_direction check_input_mode "
        "_check_rnn_mode=check_rnn_mode",
        "recell.rnn.cudnn_models": "CudnnGRU CudnnLSTM CudnnRNNRelu CudnnRNNTanh _CudnnRNN=CudnnNetwork "
        "_CudnnRNNNoInputC=CudnnNetworkNoInputC",
        "recell.rnn.cudnn_functions": "cudnn_gru cudnn_lstm cudnn_rnn_relu cudnn_rnn_tanh _cudnn_rnn=cudnn_rnn "
        "_cudnn_rnn_no_input_c=cudnn_rnn_no_input_c",
        "recell.rnn.cudnn_ops": "_get_seed=get_seed",
        "recell.rnn.cudnn_opaque": "cudnn_rnn_canonical_to_opaque_params cudnn_rnn_opaque_params_size "
        "cudnn_rnn_opaque_params_to_canonical _get_num_params=get_num_params",
        "recell.rnn.cudnn_cells": "CudnnCompatibleGRUCell CudnnCompatibleLSTMCell",
        "recell.rnn.cudnn_saveable": "CudnnGRUSaveable CudnnLSTMSaveable CudnnOpaqueParamsSaveable "
        "CudnnRNNReluSaveable CudnnRNNTanhSaveable RNNParamsSaveable",
        "recell.rnn.cudnn_format": "CudnnParamsFormatConverter CudnnParamsFormatConverterBasic "
        "CudnnParamsFormatConverterGRU CudnnParamsFormatConverterLSTM CudnnParamsFormatConverterRelu "
        "CudnnParamsFormatConverterTanh",
    },
}
