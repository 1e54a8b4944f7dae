"""The settings of a Saver, and the names of its operations. TF symbol: `tf.train.SaverDef`."""

from __future__ import annotations

from typing import ClassVar


class SaverDef:
    """What `Saver.as_saver_def()` gives; all fields as in TF's message of this name. TF: `tf.train.SaverDef`."""

    LEGACY: ClassVar[int] = 0
    V1: ClassVar[int] = 1
    V2: ClassVar[int] = 2

    def __init__(
        self,
        filename_tensor_name: str = "",
        save_tensor_name: str = "",
        restore_op_name: str = "",
        max_to_keep: int = 0,
        sharded: bool = False,
        keep_checkpoint_every_n_hours: float = 0.0,
        version: int = 0,
    ) -> None:
        self.filename_tensor_name = filename_tensor_name
        self.save_tensor_name = save_tensor_name
        self.restore_op_name = restore_op_name
        self.max_to_keep = max_to_keep
        self.sharded = sharded
        self.keep_checkpoint_every_n_hours = keep_checkpoint_every_n_hours
        self.version = version

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {value!r}" for name, value in self.__dict__.items() if value)
