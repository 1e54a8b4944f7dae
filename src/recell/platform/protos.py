"""Protocol buffers of TensorFlow's: classes of messages made from tables of fields, when they are first asked for.

Names, numbers and types of the fields are TensorFlow's, so the bytes are too. The messages live in a pool of their
own: an installed TensorFlow or TensorBoard may register the same names beside them. google.protobuf is imported on
first use.
TF symbols: `tf.train.Example`, `tf.train.SequenceExample` and what they are made of.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto

_FIELD = re.compile(r"(?:(repeated) )?(?:map<(\w+), ([\w.]+)>|([\w.]+)) (\w+) = (\d+)(?: in (\w+))?(?: (unpacked))?")
_POOLS: list[Any] = []
_LOCK = threading.RLock()

if hasattr(os, "register_at_fork"):
    # A process that is forked while another thread makes a class would find the lock held for ever.
    os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)


class ProtoFile:
    """Messages and enumerations that refer to each other.

    Args:
      path: the name of the .proto file that TensorFlow has them in.
      messages: the fields of each message, as `[repeated ]TYPE NAME = NUMBER[ in ONEOF]`, where TYPE is a scalar type
        of protocol buffers, `map<KEY, TYPE>`, or a message or enumeration of this file or of `uses`; for an
        enumeration the number of each of its names. `Outer.Inner` is inside of `Outer`, which stands before it.
      uses: other files whose messages these refer to.
      module: where pickles look for the classes.
    """

    def __init__(
        self,
        path: str,
        messages: Mapping[str, Sequence[str] | Mapping[str, int]],
        *,
        uses: Sequence[ProtoFile] = (),
        package: str = "tensorflow",
        module: str = __name__,
    ) -> None:
        self.path = path
        self.messages = messages
        self.uses = tuple(uses)
        self.package = package
        self._module = module
        self._classes: dict[str, Any] = {}

    def message(self, name: str) -> Any:
        """The class of the messages called `name`, the same one every time. AttributeError when there is none."""
        if not isinstance(self.messages.get(name), (list, tuple)):
            raise AttributeError(f"{self.path} has no message {name!r}; it has {', '.join(self.messages)}")
        with _LOCK:
            if name not in self._classes:
                from google.protobuf import message_factory

                found = self._pool().FindMessageTypeByName(f"{self.package}.{name}")
                made: Any = message_factory.GetMessageClass(found)
                made.__module__ = self._module
                self._classes[name] = made
            return self._classes[name]

    def _pool(self) -> Any:
        """The pool of all files, with this one and those that it uses in it."""
        from google.protobuf import descriptor_pool

        if not _POOLS:
            _POOLS.append(descriptor_pool.DescriptorPool())
        try:
            _POOLS[0].FindFileByName(self.path)
        except KeyError:
            for other in self.uses:
                other._pool()
            _POOLS[0].AddSerializedFile(self._descriptor().SerializeToString())
        return _POOLS[0]

    def _descriptor(self) -> FileDescriptorProto:
        from google.protobuf import descriptor_pb2

        file = descriptor_pb2.FileDescriptorProto(name=self.path, package=self.package, syntax="proto3")
        file.dependency.extend(other.path for other in self.uses)
        made: dict[str, DescriptorProto] = {}
        for full, content in self.messages.items():
            outer, _, name = full.rpartition(".")
            if isinstance(content, Mapping):
                enum = made[outer].enum_type.add(name=name) if outer else file.enum_type.add(name=name)
                for label, number in content.items():
                    enum.value.add(name=label, number=number)
                continue
            message = made[outer].nested_type.add(name=name) if outer else file.message_type.add(name=name)
            made[full] = message
            for line in content:
                self._add_field(message, full, line)
        return file

    def _add_field(self, message: DescriptorProto, full: str, line: str) -> None:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise ValueError(f"{self.path}: {full} has a field that cannot be read: {line!r}")
        repeated, key, item, kind, name, number, oneof, unpacked = match.groups()
        field = message.field.add(name=name, number=int(number), label=3 if repeated or key else 1)
        if key:
            entry = message.nested_type.add(name="".join(part.capitalize() for part in name.split("_")) + "Entry")
            entry.options.map_entry = True
            self._set_type(entry.field.add(name="key", number=1, label=1), key)
            self._set_type(entry.field.add(name="value", number=2, label=1), item)
            field.type, field.type_name = field.TYPE_MESSAGE, f".{self.package}.{full}.{entry.name}"
        else:
            self._set_type(field, kind)
        if oneof:
            names = [each.name for each in message.oneof_decl]
            if oneof not in names:
                names.append(oneof)
                message.oneof_decl.add(name=oneof)
            field.oneof_index = names.index(oneof)
        if unpacked:
            field.options.packed = False

    def _set_type(self, field: FieldDescriptorProto, kind: str) -> None:
        scalar = getattr(type(field), f"TYPE_{kind.upper()}", None)
        if scalar is not None:
            field.type = scalar
            return
        owner = next((file for file in (self, *self.uses) if kind in file.messages), None)
        if owner is None:
            raise ValueError(f"{self.path}: {field.name} is a {kind}, which is in none of the files it uses.")
        field.type_name = f".{owner.package}.{kind}"
        field.type = field.TYPE_ENUM if isinstance(owner.messages[kind], Mapping) else field.TYPE_MESSAGE


FEATURE = ProtoFile(
    "tensorflow/core/example/feature.proto",
    {
        "BytesList": ["repeated bytes value = 1"],
        "FloatList": ["repeated float value = 1"],
        "Int64List": ["repeated int64 value = 1"],
        "Feature": [
            "BytesList bytes_list = 1 in kind",
            "FloatList float_list = 2 in kind",
            "Int64List int64_list = 3 in kind",
        ],
        "Features": ["map<string, Feature> feature = 1"],
        "FeatureList": ["repeated Feature feature = 1"],
        "FeatureLists": ["map<string, FeatureList> feature_list = 1"],
    },
)

EXAMPLE = ProtoFile(
    "tensorflow/core/example/example.proto",
    {
        "Example": ["Features features = 1"],
        "SequenceExample": ["Features context = 1", "FeatureLists feature_lists = 2"],
    },
    uses=[FEATURE],
)


def __getattr__(name: str) -> Any:
    for file in (FEATURE, EXAMPLE):
        if name in file.messages:
            return file.message(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
