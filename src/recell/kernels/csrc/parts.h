// How a team of threads shares out a recurrence, and where its numbers lie.
#pragma once

#include "steps.h"
#include "vec.h"

namespace recell {
namespace RECELL_ISA {

// Rows for which the products over several steps are made at once: enough of them to be worth reading the weights, few
// enough that what they give stays in the cache until it is used.
constexpr int kChunkRows = 96;

// The most places that a chunk can have.
RECELL_INLINE long chunk_places(const Steps& steps) { return kChunkRows + steps.rows; }

// What one thread of a team does. Either it has rows of its own, all units of them, and waits for nobody, or it has
// units of its own and waits for the others in every step, who need what it gives.
struct Part {
  int first_row, stride;  // of the rows of a step
  Range blocks;
  int waits_for;  // threads at the barrier of each step: 1 is nobody

  RECELL_INLINE int rows(int alive) const { return alive > first_row ? (alive - first_row + stride - 1) / stride : 0; }
  RECELL_INLINE int row(int k) const { return first_row + k * stride; }
};

RECELL_INLINE Part part_of(bool by_rows, int blocks, int thread, int team) {
  if (by_rows) return {thread, team, {0, blocks}, 1};
  return {0, 1, share(blocks, thread, team), team};
}

// Rows of their own are better while each thread has enough of them to use what it reads of the weights, of which there
// are `weights` floats, and these stay in its cache.
RECELL_INLINE bool splits_by_rows(const RecellSequence& sequence, long weights) {
  constexpr long kCached = 256 * 1024;
  constexpr int kEnough = 12;
  return sequence.threads == 1 || (weights <= kCached && sequence.batch >= kEnough * sequence.threads);
}

// Where `vectors` vectors of a row lie in a buffer that is laid out by steps, blocks and rows.
RECELL_INLINE float* find(float* buffer, const Steps& steps, int step, int blocks, int block, int row, int vectors) {
  const long place = steps.first[step] * blocks + static_cast<long>(block) * steps.alive[step] + row;
  return buffer + place * vectors * kLanes;
}

}  // namespace RECELL_ISA
}  // namespace recell
