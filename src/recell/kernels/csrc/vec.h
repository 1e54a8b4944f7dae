// Vectors of floats as wide as the instruction set has them, and the functions that gates need of them.
//
// Written with the compilers' vector extensions, so that one text serves AVX-512, AVX2, SSE and NEON. Everything is in
// a namespace named after the instruction set: the library holds one copy for each, and the linker must not mix them.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX512F__) || defined(__SSE__)
#include <immintrin.h>
#endif

namespace recell {
namespace RECELL_ISA {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
constexpr int kRegisters = 24;  // for the sums of a product, of 32
#elif defined(__AVX2__)
constexpr int kLanes = 8;
constexpr int kRegisters = 12;  // of 16
#else
constexpr int kLanes = 4;
constexpr int kRegisters = 12;
#endif

// Every function of a header that is compiled for several instruction sets: one that is not part of its caller would be
// a symbol that the linker merges with its namesake of another set.
#define RECELL_INLINE inline __attribute__((always_inline))

typedef float Vec __attribute__((vector_size(4 * kLanes)));
typedef int32_t IntVec __attribute__((vector_size(4 * kLanes)));

RECELL_INLINE Vec load(const float* from) {
  Vec v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

RECELL_INLINE void store(float* to, Vec v) { std::memcpy(to, &v, sizeof v); }

// The first `count` lanes, the others zero.
RECELL_INLINE Vec load(const float* from, int count) {
#if defined(__AVX512F__)
  return (Vec)_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1u), from);
#else
  if (count >= kLanes) return load(from);
  Vec v{};
  std::memcpy(&v, from, sizeof(float) * static_cast<size_t>(count));
  return v;
#endif
}

RECELL_INLINE void store(float* to, Vec v, int count) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1u), (__m512)v);
#else
  if (count >= kLanes) {
    store(to, v);
  } else {
    std::memcpy(to, &v, sizeof(float) * static_cast<size_t>(count));
  }
#endif
}

RECELL_INLINE int smaller(int a, int b) { return a < b ? a : b; }
RECELL_INLINE int larger(int a, int b) { return a > b ? a : b; }

// The consecutive share of `count` things that falls to one of `parts`.
struct Range {
  int begin, end;
};

RECELL_INLINE Range share(int count, int part, int parts) {
  return {static_cast<int>(static_cast<long>(count) * part / parts),
          static_cast<int>(static_cast<long>(count) * (part + 1) / parts)};
}

// How many vectors hold `count` floats, and how many floats the one that begins with number `first` has.
RECELL_INLINE int blocks_of(int count) { return (count + kLanes - 1) / kLanes; }
RECELL_INLINE int width_at(int first, int count) { return smaller(kLanes, count - first); }

RECELL_INLINE Vec spread(float value) { return value - Vec{}; }  // unlike 0 + value it is folded: -0 stays -0

// NaN stays NaN in all of these: a comparison with it is false, and the instruction gives its second operand.
#if defined(__AVX512F__)
RECELL_INLINE Vec at_most(Vec x, float bound) {
  return (Vec)_mm512_maskz_min_ps(0xffff, (__m512)spread(bound), (__m512)x);
}
RECELL_INLINE Vec at_least(Vec x, float bound) {
  return (Vec)_mm512_maskz_max_ps(0xffff, (__m512)spread(bound), (__m512)x);
}
#else
RECELL_INLINE Vec at_most(Vec x, float bound) { return x > bound ? spread(bound) : x; }
RECELL_INLINE Vec at_least(Vec x, float bound) { return x < bound ? spread(bound) : x; }
#endif
RECELL_INLINE Vec clamp(Vec x, float bound) { return at_least(at_most(x, bound), -bound); }
RECELL_INLINE Vec absolute(Vec x) { return (Vec)((IntVec)x & 0x7fffffff); }

// 1 / x for normal x.
RECELL_INLINE Vec reciprocal(Vec x) {
#if defined(__AVX512F__)
  const Vec guess = (Vec)_mm512_maskz_rcp14_ps(0xffff, (__m512)x);
  return guess * (2.0f - x * guess);
#else
  return 1.0f / x;
#endif
}

// e^x, within 2 units in the last place, for -87 <= x <= 88 and NaN.
RECELL_INLINE Vec exponential_within(Vec x) {
#if defined(__AVX512F__)
  const Vec n = (Vec)_mm512_maskz_roundscale_ps(0xffff, (__m512)(x * 1.44269504088896341f), 8);
#else
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
  const Vec shifted = x * 1.44269504088896341f + 12582912.0f;
  const Vec n = shifted - 12582912.0f;
#endif
  const Vec r = (x - n * 0.693359375f) + n * 2.12194440054690583e-4f;
  Vec p = r * 1.3814695377e-3f + 8.3687736267e-3f;
  p = p * r + 4.1668389410e-2f;
  p = p * r + 1.6666520181e-1f;
  p = p * r + 4.9999993437e-1f;
  p = p * (r * r) + r + 1.0f;
#if defined(__AVX512F__)
  return (Vec)_mm512_maskz_scalef_ps(0xffff, (__m512)p, (__m512)n);
#else
  const Vec power = (Vec)(((IntVec)shifted + (127 - 0x4b400000)) << 23);
  return p * power;
#endif
}

// The same, held at those ends outside.
RECELL_INLINE Vec exponential(Vec x) { return exponential_within(at_least(at_most(x, 88.0f), -87.0f)); }

// Zero, not a denormal number, from where e^x is one on: what is masked by -infinity must be exactly zero.
RECELL_INLINE Vec sigmoid(Vec x) {
  const Vec result = reciprocal(1.0f + exponential(-x));
  return x < -87.3365f ? Vec{} : result;
}

// Near zero by a polynomial, since 1 - e^-2x would lose the digits there.
RECELL_INLINE Vec tanh(Vec x) {
  const Vec size = absolute(x);
  const Vec e = exponential(-2.0f * size);
  const Vec far = (1.0f - e) * reciprocal(1.0f + e);
  const Vec s = x * x;
  Vec p = s * -5.5954162905e-3f + 2.0543505711e-2f;
  p = p * s - 5.3711416197e-2f;
  p = p * s + 1.3331119240e-1f;
  p = p * s - 3.3333270895e-1f;
  const Vec near = size + size * s * p;
  const Vec result = size < 0.625f ? near : far;
  return (Vec)((IntVec)result | ((IntVec)x & static_cast<int32_t>(0x80000000u)));
}

}  // namespace RECELL_ISA
}  // namespace recell
