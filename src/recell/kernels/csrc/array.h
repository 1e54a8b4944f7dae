// A plain array, which starts out as zero bytes.
//
// Not std::vector: its functions would be compiled for each instruction set under one name, and the linker would keep
// any of them.
#pragma once

#include <cstdlib>

namespace recell {
namespace RECELL_ISA {

template <class T>
class Array {
 public:
  explicit Array(long count) : items_(static_cast<T*>(std::aligned_alloc(64, bytes(count)))) {
    __builtin_memset(static_cast<void*>(items_), 0, bytes(count));
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() { std::free(items_); }

  T& operator[](long k) { return items_[k]; }
  const T& operator[](long k) const { return items_[k]; }
  T* data() { return items_; }

 private:
  static size_t bytes(long count) { return (static_cast<size_t>(count) * sizeof(T) + 64) / 64 * 64; }

  T* const items_;
};

}  // namespace RECELL_ISA
}  // namespace recell
