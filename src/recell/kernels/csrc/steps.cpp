#include "steps.h"

#include <algorithm>
#include <numeric>

namespace recell {

Steps::Steps(const RecellSequence& sequence) : count(0), rows(static_cast<int>(sequence.batch)), places(0) {
  const auto steps_of = [&](int b) { return static_cast<int>(sequence.lengths ? sequence.lengths[b] : sequence.time); };
  row = new int[static_cast<size_t>(rows)];
  length = new int[static_cast<size_t>(rows)];
  std::iota(row, row + rows, 0);
  if (sequence.lengths) std::stable_sort(row, row + rows, [&](int a, int b) { return steps_of(a) > steps_of(b); });
  for (int k = 0; k < rows; ++k) length[k] = steps_of(row[k]);
  count = rows ? length[0] : 0;
  alive = new int[static_cast<size_t>(count)];
  first = new long[static_cast<size_t>(count) + 1];
  int still = rows;
  for (int step = 0; step < count; ++step) {
    while (length[still - 1] <= step) --still;
    alive[step] = still;
    first[step] = places;
    places += still;
  }
  first[count] = places;
  at = new long[static_cast<size_t>(places)];
  for (int step = 0; step < count; ++step) {
    for (int k = 0; k < alive[step]; ++k) {
      const long time = sequence.reverse ? length[k] - 1 - step : step;
      at[first[step] + k] = time * static_cast<long>(sequence.batch) + row[k];
    }
  }
}

Steps::~Steps() {
  delete[] row;
  delete[] length;
  delete[] alive;
  delete[] first;
  delete[] at;
}

}  // namespace recell
