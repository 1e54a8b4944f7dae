// Philox4x32-10, the counter-based generator of TensorFlow's random operations (Salmon, Moraes, Dror, Shaw: Parallel
// Random Numbers: As Easy as 1, 2, 3; SC 2011). A block of four words is a function of its number and a key.

#include <algorithm>

#include "../parallel.h"
#include "../training.h"
#include "../vec.h"
#include "tables.h"

namespace recell {
namespace RECELL_ISA {
namespace {

constexpr int kRounds = 10;
constexpr uint64_t kFirst = 0xD2511F53u, kSecond = 0xCD9E8D57u;
constexpr uint32_t kFirstStep = 0x9E3779B9u, kSecondStep = 0xBB67AE85u;
constexpr uint64_t kLow = 0xffffffffu;

// One word of some blocks each, in 64 bits: a product then holds both of its halves.
constexpr int kWide = kLanes / 2;
typedef uint64_t Wide __attribute__((vector_size(4 * kLanes)));

// Vectors that are made side by side, since each round waits for the one before it.
constexpr int kChains = 4;
constexpr int kBlocks = kChains * kWide;

// Fewer blocks than this are not worth a second thread.
constexpr int64_t kBlocksPerThread = 1 << 11;

// Of numbers below 2^32.
inline Wide product(Wide a, uint64_t b) {
  const Wide both = Wide{} + b;
#if defined(__AVX512F__)
  return (Wide)_mm512_mul_epu32((__m512i)a, (__m512i)both);
#elif defined(__AVX2__)
  return (Wide)_mm256_mul_epu32((__m256i)a, (__m256i)both);
#elif defined(__SSE2__)
  return (Wide)_mm_mul_epu32((__m128i)a, (__m128i)both);
#else
  return a * both;
#endif
}

// The words, four a block, of kBlocks blocks from number `low` + `high` * 2^64 on.
void make_blocks(uint64_t key, uint64_t low, uint64_t high, uint32_t* to) {
  Wide a[kChains], b[kChains], c[kChains], d[kChains];
  Wide offset;
  for (int n = 0; n < kWide; ++n) offset[n] = static_cast<uint64_t>(n);
  for (int chain = 0; chain < kChains; ++chain) {
    const Wide number = low + offset + static_cast<uint64_t>(chain * kWide);
    const Wide upper = high + ((Wide)(number < low) & 1);
    a[chain] = number & kLow;
    b[chain] = number >> 32;
    c[chain] = upper & kLow;
    d[chain] = upper >> 32;
  }
  uint32_t first_key = static_cast<uint32_t>(key), second_key = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 4
    for (int chain = 0; chain < kChains; ++chain) {
      const Wide first = product(a[chain], kFirst), second = product(c[chain], kSecond);
      a[chain] = (second >> 32) ^ b[chain] ^ static_cast<uint64_t>(first_key);
      b[chain] = second & kLow;
      c[chain] = (first >> 32) ^ d[chain] ^ static_cast<uint64_t>(second_key);
      d[chain] = first & kLow;
    }
    first_key += kFirstStep;
    second_key += kSecondStep;
  }
  for (int chain = 0; chain < kChains; ++chain) {
    uint64_t left[kWide], right[kWide], block[2 * kWide];
    const Wide pairs[2] = {a[chain] | b[chain] << 32, c[chain] | d[chain] << 32};
    std::memcpy(left, &pairs[0], sizeof left);
    std::memcpy(right, &pairs[1], sizeof right);
    for (int n = 0; n < kWide; ++n) {
      block[2 * n] = left[n];
      block[2 * n + 1] = right[n];
    }
    std::memcpy(to + 4 * chain * kWide, block, sizeof block);  // a word's low half comes first
  }
}

// Calls `take(offset, words, count)` for all words of `count` blocks, a few blocks at a time.
template <class Take>
void each_group(int64_t count, uint64_t key, uint64_t low, uint64_t high, int most, Take&& take) {
  const int64_t worth = count / kBlocksPerThread;
  parallel(worth < most ? static_cast<int>(worth) : most, [&](int thread, int threads) {
    const int64_t groups = (count + kBlocks - 1) / kBlocks;
    alignas(64) uint32_t words[4 * kBlocks];
    for (int64_t group = groups * thread / threads; group < groups * (thread + 1) / threads; ++group) {
      const uint64_t begin = static_cast<uint64_t>(group * kBlocks), start = low + begin;
      make_blocks(key, start, high + (start < low ? 1 : 0), words);
      take(4 * group * kBlocks, words, static_cast<int>(std::min<int64_t>(count - group * kBlocks, kBlocks)) * 4);
    }
  });
}

}  // namespace

void philox_words(uint32_t* to, int64_t blocks, uint64_t key, uint64_t low, uint64_t high, int threads) {
  each_group(blocks, key, low, high, threads, [to](int64_t at, const uint32_t* words, int count) {
    std::memcpy(to + at, words, sizeof(uint32_t) * static_cast<size_t>(count));
  });
}

void philox_uniform(float* to, int64_t count, uint64_t key, uint64_t low, uint64_t high, int threads) {
  each_group((count + 3) / 4, key, low, high, threads, [to, count](int64_t at, const uint32_t* words, int made) {
    const int wanted = static_cast<int>(std::min<int64_t>(count - at, made));
    for (int k = 0; k < wanted; k += kLanes) {
      IntVec bits;
      std::memcpy(&bits, words + k, sizeof bits);
      // The low 23 bits, as TensorFlow takes them.
      store(to + at + k, __builtin_convertvector(bits & 0x7fffff, Vec) * 0x1p-23f, std::min(wanted - k, kLanes));
    }
  });
}

}  // namespace RECELL_ISA
}  // namespace recell
