#include "workspace.h"

#include <cstdio>
#include <cstdlib>

namespace recell {
namespace {

struct Memory {
  ~Memory() { std::free(floats); }

  float* floats = nullptr;
  size_t count = 0;
};

}  // namespace

float* workspace(size_t count) {
  thread_local Memory own;
  if (count > own.count) {
    std::free(own.floats);
    const size_t bytes = (count * sizeof(float) + 63) / 64 * 64;
    own.floats = static_cast<float*>(std::aligned_alloc(64, bytes));
    if (own.floats == nullptr) {
      std::fprintf(stderr, "recell: no memory for %zu bytes of packed weights\n", bytes);
      std::abort();
    }
    own.count = count;
  }
  return own.floats;
}

}  // namespace recell
