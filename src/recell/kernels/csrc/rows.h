// Which rows of a batch are at work in a step, and where a step's numbers lie.
#pragma once

#include <vector>

#include "recell.h"

namespace recell {

// Rows with the longest first: those still alive in a step come before all others. `part` of `parts` takes every
// parts-th of them, so that long and short ones are shared out evenly.
class Rows {
 public:
  Rows(const RecellSequence& sequence, int part, int parts);

  int size() const;
  int number(int k) const;  // which row of the batch the k-th one is
  int length(int row) const;
  int steps() const;  // until the last of them ends

  // How many of them take part in step number `step`: none before the first and after the last.
  int alive(int step) const;

  // The place along [time, batch] of step number `step` of a row of the batch.
  long place(int row, int step) const;

 private:
  const RecellSequence& sequence_;
  std::vector<int> rows_;
};

// Whether the threads of a team share out the rows, and go through the steps independently, or the units, and wait for
// each other in every step. Rows are better while each thread has enough of them to use what it reads of the weights,
// of which there are `weights` floats, and these stay in its cache.
bool split_by_rows(const RecellSequence& sequence, long weights);

}  // namespace recell
