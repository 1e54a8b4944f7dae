"""Flags, files, logging, data sets, versions: rows of the table (see table.py for their form)."""

from __future__ import annotations

ROWS: dict[str, dict[str, str]] = {
    "": {
        "recell.platform.logging": "get_logger",
        "recell.platform.decorators": "executing_eagerly",
        "recell.platform.behavior": (
            "control_flow_v2_enabled disable_control_flow_v2 disable_eager_execution disable_resource_variables "
            "disable_tensor_equality disable_v2_behavior disable_v2_tensorshape resource_variables_enabled"
        ),
        "recell.v1._release": (
            "VERSION GIT_VERSION COMPILER_VERSION GRAPH_DEF_VERSION CXX11_ABI_FLAG MONOLITHIC_BUILD "
            "__version__=VERSION __git_version__=GIT_VERSION __compiler_version__=COMPILER_VERSION "
            "__cxx11_abi_flag__=CXX11_ABI_FLAG "
            "__monolithic_build__=MONOLITHIC_BUILD"
        ),
    },
    "python.eager.context": {"recell.platform.decorators": "executing_eagerly"},
    "python.util.deprecation": {"recell.platform.decorators": "deprecated"},
    "python.util.tf_export": {"recell.platform.decorators": "tf_export"},
    "keras.utils.tf_utils": {"recell.platform.decorators": "shape_type_conversion"},
    "version": {"recell.v1._release": "VERSION GIT_VERSION COMPILER_VERSION GRAPH_DEF_VERSION"},
    "examples.tutorials.mnist.input_data": {"recell.datasets.mnist": "read_data_sets"},
    "contrib.learn.python.learn.datasets.mnist": {
        "recell.datasets.mnist": "DataSet read_data_sets load_mnist dense_to_one_hot extract_images extract_labels",
    },
    "contrib.learn.python.learn.datasets.base": {"recell.datasets.mnist": "Datasets"},
    "contrib.learn.datasets": {"recell.datasets.mnist": "Datasets"},
    "app": {"recell.platform.app": "run"},
    "flags": {
        "recell.platform.flags": (
            "FLAGS DEFINE DEFINE_alias DEFINE_bool DEFINE_boolean DEFINE_enum DEFINE_enum_class DEFINE_flag "
            "DEFINE_float DEFINE_integer DEFINE_list DEFINE_multi DEFINE_multi_enum DEFINE_multi_enum_class "
            "DEFINE_multi_float DEFINE_multi_integer DEFINE_multi_string DEFINE_spaceseplist DEFINE_string "
            "ArgumentParser ArgumentSerializer BaseListParser BooleanFlag BooleanParser CantOpenFlagFileError "
            "CsvListSerializer DuplicateFlagError EnumClassFlag EnumClassListSerializer EnumClassParser "
            "EnumClassSerializer EnumFlag EnumParser Error Flag FlagHolder FlagNameConflictsWithMethodError "
            "FlagValues FloatParser IllegalFlagValueError IntegerParser ListParser ListSerializer "
            "MultiEnumClassFlag MultiFlag UnparsedFlagAccessError UnrecognizedFlagError ValidationError "
            "WhitespaceSeparatedListParser adopt_module_key_flags declare_key_flag disclaim_key_flags doc_to_help "
            "flag_dict_to_args get_help_width mark_bool_flags_as_mutual_exclusive mark_flag_as_required "
            "mark_flags_as_mutual_exclusive mark_flags_as_required multi_flags_validator override_value "
            "register_multi_flags_validator register_validator set_default text_wrap validator"
        ),
    },
    "gfile": {
        "recell.platform.gfile": (
            "Copy DeleteRecursively Exists FastGFile GFile Glob IsDirectory ListDirectory MakeDirs MkDir Open Remove "
            "Rename Stat Walk"
        ),
    },
    "logging": {
        "recell.platform.logging": (
            "DEBUG INFO WARN ERROR FATAL debug info warn warning error fatal log vlog log_if log_every_n log_first_n "
            "get_verbosity set_verbosity TaskLevelStatusMessage flush"
        ),
    },
    "compat": {
        "recell.platform.text": (
            "as_bytes as_str as_str_any as_text path_to_str bytes_or_text_types complex_types integral_types real_types"
        ),
        "recell.graph.dimensions": "dimension_value",
    },
    "io.gfile": {
        "recell.platform.gfile": (
            "GFile copy=Copy exists=Exists glob=Glob isdir=IsDirectory listdir=ListDirectory makedirs=MakeDirs "
            "mkdir=MkDir remove=Remove rename=Rename rmtree=DeleteRecursively stat=Stat walk=Walk"
        ),
    },
    "python.lib.io.file_io": {
        "recell.platform.gfile": (
            "FileIO=GFile copy=Copy create_dir=MkDir delete_file=Remove delete_recursively=DeleteRecursively "
            "file_exists=Exists get_matching_files=Glob is_directory=IsDirectory list_directory=ListDirectory "
            "recursive_create_dir=MakeDirs rename=Rename stat=Stat walk=Walk"
        ),
    },
    "test": {
        "recell.session.testing": (
            "TestCase get_temp_dir gpu_device_name is_built_with_cuda is_gpu_available main mock test_src_dir_path"
        ),
    },
}
