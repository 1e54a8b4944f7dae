// Runs the C interface under the sanitizers: alone, then with two callers at once. With an argument, misuses it.

#include "driver.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>

namespace {

thread_local int number = 0;
thread_local int size = 1;

void run_as(int thread, int threads, void (*work)(void*), void* data) {
  number = thread;
  size = threads;
  work(data);
  number = 0;
  size = 1;
}

void run_team(void (*work)(void*), void* data, unsigned threads, unsigned) {
  std::vector<std::thread> others;
  const int team = static_cast<int>(threads);
  for (int thread = 1; thread < team; ++thread) others.emplace_back(run_as, thread, team, work, data);
  run_as(0, team, work, data);
  for (auto& other : others) other.join();
}

int thread_number() { return number; }
int team_size() { return size; }

void exercise_all() {
  exercise_lstm();
  exercise_gru();
  exercise_rnn();
  exercise_training();
  exercise_random();
  exercise_rowwise();
}

}  // namespace

void bind_threads() {
  recell_bind_openmp(reinterpret_cast<void*>(run_team), reinterpret_cast<void*>(thread_number),
                     reinterpret_cast<void*>(team_size));
}

Floats numbers(int64_t count, unsigned seed, float scale) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> uniform(-scale, scale);
  Floats result(static_cast<size_t>(count));
  for (float& value : result) value = uniform(generator);
  return result;
}

Floats joined(std::initializer_list<const Floats*> arrays) {
  Floats result;
  for (const Floats* array : arrays) result.insert(result.end(), array->begin(), array->end());
  return result;
}

void expect_alike(const Floats& one, const Floats& several, const std::string& what) {
  for (size_t k = 0; k < one.size(); ++k) {
    if (std::isfinite(one[k]) && std::fabs(one[k] - several[k]) <= 1e-4f * (1.0f + std::fabs(one[k]))) continue;
    std::printf("%s: number %zu is %g by one thread, %g by several\n", what.c_str(), k, double(one[k]),
                double(several[k]));
    std::exit(1);
  }
}

std::vector<int64_t> Shape::row_lengths() const {
  std::vector<int64_t> result;
  for (int64_t row = 0; lengths && row < batch; ++row) result.push_back((row * 3 + time) % (time + 1));
  return result;
}

int64_t Shape::whole_blocks() const {
  const int64_t lanes = recell_lanes();
  return (units + lanes - 1) / lanes * lanes;
}

std::string Shape::text() const {
  return "time " + std::to_string(time) + " batch " + std::to_string(batch) + " depth " + std::to_string(depth) +
         " units " + std::to_string(units) + (lengths ? " with lengths" : "") + (reverse ? " reversed" : "");
}

RecellSequence sequence_of(const Shape& shape, const std::vector<int64_t>& lengths, int threads) {
  RecellSequence result{};
  result.time = shape.time;
  result.batch = shape.batch;
  result.depth = shape.depth;
  result.units = shape.units;
  result.lengths = lengths.empty() ? nullptr : lengths.data();
  result.reverse = shape.reverse;
  result.threads = threads;
  return result;
}

const std::vector<Shape> kShapes = {
    {1, 1, 1, 1, false, false},   {3, 2, 5, 17, true, false},  {2, 7, 3, 100, true, true},
    {4, 33, 1, 33, false, true},  {3, 26, 18, 16, true, true}, {5, 1, 64, 48, false, false},
};

int main(int count, char**) {
  bind_threads();
  if (count > 1) {
    misuse();
    return 0;
  }
  exercise_all();
  std::thread other(exercise_all);
  exercise_all();
  other.join();
  std::printf("all well on %s\n", recell_instruction_set());
  return 0;
}
