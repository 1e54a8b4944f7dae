// The order in which a batch of sequences is worked through, and where each step's numbers lie.
//
// Rows are sorted, the longest first: those still alive in a step come before all others, and a row keeps its number
// from step to step. A *place* counts through the steps, and in each through the rows that are alive: what the kernels
// keep for themselves is laid out by places, so that rows past their length take neither time nor memory.
#pragma once

#include "recell.h"

namespace recell {

struct Steps {
  explicit Steps(const RecellSequence& sequence);
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;
  ~Steps();

  int count;    // steps until the longest row ends
  int rows;     // all rows, empty ones too
  long places;  // first[count]
  int* alive;   // [count]: rows that take part in a step
  long* first;  // [count + 1]: the place of a step's first row
  int* row;     // [rows]: which row of the batch the k-th one is
  int* length;  // [rows]: steps of the k-th row
  long* at;     // [places]: the position along [time, batch] of each place
};

}  // namespace recell
