// How weights are packed for the recurrences: by blocks of units forward, by inputs or units on the way back.
#pragma once

#include "parts.h"
#include "product.h"

namespace recell {
namespace RECELL_ISA {

// Weights `[depth, G * units]` whose panels hold the G gates of one block each.
template <int G>
struct GateWeights {
  float* packed;
  int depth, units;

  static long floats(int depth, int units) { return static_cast<long>(depth) * blocks_of(units) * G * kLanes; }

  RECELL_INLINE float* panel(int block) const { return packed + static_cast<long>(block) * depth * G * kLanes; }

  // A few of the matrix's rows at a time: each is a stream of its own, of which a processor foresees only so many.
  RECELL_INLINE void pack(const float* matrix, Range blocks) const {
    constexpr int kRows = 4;
    for (int begin = 0; begin < depth; begin += kRows) {
      const int end = smaller(depth, begin + kRows);
      for (int block = blocks.begin; block < blocks.end; ++block) {
        const int unit = block * kLanes, width = width_at(unit, units);
        for (int k = begin; k < end; ++k) {
          const float* from = matrix + static_cast<long>(k) * G * units + unit;
          float* to = panel(block) + static_cast<long>(k) * G * kLanes;
          for (int gate = 0; gate < G; ++gate) store(to + gate * kLanes, load(from + gate * units, width));
        }
      }
    }
  }
};

// The same weights' rows from one on, transposed: what leads gradients of gates back to `columns` inputs or units.
template <int G>
struct BackWeights {
  float* packed;
  int columns, units;

  // Consecutive vectors of columns whose weights make one panel.
  struct Panel {
    int first, vectors;
  };

  static long floats(int columns, int units) {
    return static_cast<long>(blocks_of(columns)) * kLanes * blocks_of(units) * G * kLanes;
  }

  static int panels(Range vectors) { return (vectors.end - vectors.begin + kMaxVectors - 1) / kMaxVectors; }

  // As equal as can be: 21 vectors are 3 + 4 + 3 + 4 + 3 + 4, not 5 x 4 + 1.
  static Panel panel(Range vectors, int k) {
    const Range part = share(vectors.end - vectors.begin, k, panels(vectors));
    return {vectors.begin + part.begin, part.end - part.begin};
  }

  RECELL_INLINE float* weights(const Panel& panel) const {
    return packed + static_cast<long>(panel.first) * kLanes * blocks_of(units) * G * kLanes;
  }

  RECELL_INLINE void pack(const float* matrix, const Panel& panel) const {
    const int width = panel.vectors * kLanes;
    for (int gate = 0; gate < G; ++gate) {
      for (int n = 0; n < panel.vectors; ++n) {
        const int column = (panel.first + n) * kLanes, count = width_at(column, columns);
        const float* rows = matrix + (static_cast<long>(column) * G + gate) * units;
        for (int block = 0; block < blocks_of(units); ++block) {
          const int unit = block * kLanes;
          float* to = weights(panel) + static_cast<long>(block * G + gate) * kLanes * width + n * kLanes;
          pack_transposed(rows + unit, static_cast<long>(G) * units, count, width_at(unit, units), to, width);
        }
      }
    }
  }
};

// Packs one thread's share of the weights that lead back from gates.
template <int G>
RECELL_INLINE void pack_back(const BackWeights<G>& weights, const float* matrix, const Part& part, bool by_rows,
                             int thread, int team) {
  const int panels = weights.panels(part.blocks);
  const Range own = by_rows ? share(panels, thread, team) : Range{0, panels};
  for (int k = own.begin; k < own.end; ++k) weights.pack(matrix, weights.panel(part.blocks, k));
}

// The same of those that lead to the inputs, which are shared out by inputs.
template <int G>
RECELL_INLINE void pack_back(const BackWeights<G>& weights, const float* matrix, Range inputs) {
  for (int k = 0; k < weights.panels(inputs); ++k) weights.pack(matrix, weights.panel(inputs, k));
}

// Packs biases `[G * units]` as the gates' blocks want them, for some blocks; `extra` goes to gate `to`.
template <int G>
RECELL_INLINE void pack_biases(const float* bias, int units, Range blocks, float* packed, int to = -1,
                               float extra = 0.0f) {
  for (int block = blocks.begin; block < blocks.end; ++block) {
    const int unit = block * kLanes;
    for (int gate = 0; gate < G; ++gate) {
      Vec value = load(bias + gate * units + unit, width_at(unit, units));
      if (gate == to) value += extra;
      store(packed + (block * G + gate) * kLanes, value);
    }
  }
}

}  // namespace RECELL_ISA
}  // namespace recell
