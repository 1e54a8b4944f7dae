// Random numbers: counts that fill no block of words, from a counter that overflows, by one thread and by several.

#include "driver.h"
#include "training.h"

namespace {

constexpr uint64_t kKey = 0x123456789abcdef0u, kLow = ~uint64_t{0} - 5, kHigh = 3;

Floats words(int64_t blocks, int threads) {
  std::vector<uint32_t> result(static_cast<size_t>(4 * blocks));
  recell_philox_words(result.data(), blocks, kKey, kLow, kHigh, threads);
  return Floats(result.begin(), result.end());
}

Floats uniform(int64_t count, int threads) {
  Floats result(static_cast<size_t>(count));
  recell_philox_uniform(result.data(), count, kKey, kLow, kHigh, threads);
  return result;
}

}  // namespace

void exercise_random() {
  for (int64_t count : {1, 3, 67, 100003}) {
    expect_alike(words(count, 1), words(count, 3), "random words");
    expect_alike(uniform(count, 1), uniform(count, 3), "random numbers");
  }
}
