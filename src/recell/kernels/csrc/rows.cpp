#include "rows.h"

#include <algorithm>
#include <numeric>

namespace recell {

Rows::Rows(const RecellSequence& sequence, int part, int parts) : sequence_(sequence) {
  std::vector<int> all(static_cast<size_t>(sequence.batch));
  std::iota(all.begin(), all.end(), 0);
  if (sequence.lengths != nullptr) {
    std::stable_sort(all.begin(), all.end(), [&](int a, int b) { return length(a) > length(b); });
  }
  for (size_t k = static_cast<size_t>(part); k < all.size(); k += static_cast<size_t>(parts)) rows_.push_back(all[k]);
}

int Rows::size() const { return static_cast<int>(rows_.size()); }
int Rows::number(int k) const { return rows_[static_cast<size_t>(k)]; }

int Rows::length(int row) const {
  return static_cast<int>(sequence_.lengths == nullptr ? sequence_.time : sequence_.lengths[row]);
}

int Rows::steps() const { return rows_.empty() ? 0 : length(rows_[0]); }

int Rows::alive(int step) const {
  if (step < 0 || step >= steps()) return 0;
  if (sequence_.lengths == nullptr) return size();
  const auto ended = std::partition_point(rows_.begin(), rows_.end(), [&](int row) { return length(row) > step; });
  return static_cast<int>(ended - rows_.begin());
}

long Rows::place(int row, int step) const {
  const long t = sequence_.reverse ? length(row) - 1 - step : step;
  return t * static_cast<long>(sequence_.batch) + row;
}

bool split_by_rows(const RecellSequence& sequence, long weights) {
  constexpr long kCached = 400 * 1024;  // floats, of a processor's own cache
  constexpr int kEnough = 8;
  return sequence.threads == 1 || (weights <= kCached && sequence.batch >= kEnough * sequence.threads);
}

}  // namespace recell
