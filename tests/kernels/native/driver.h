// What the exercises of the C interface share: a stand-in for OpenMP's runtime, arrays of exact size, comparisons.
//
// The sanitizers know nothing of OpenMP's runtimes, whose synchronisation they would take for none. They do know
// std::thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "recell.h"

using Floats = std::vector<float>;

// Hands the library a runtime that is made of std::thread.
void bind_threads();

// `count` numbers in [-1, 1], always the same ones for one seed. A vector's memory ends where its numbers do, so that
// the address sanitizer sees a step beyond.
Floats numbers(int64_t count, unsigned seed);

// Ends the program unless what one thread computed and what several did are finite and alike.
void expect_alike(const Floats& one, const Floats& several, const std::string& what);

// Several arrays one after another.
Floats joined(std::initializer_list<const Floats*> arrays);

// The array, or null for one that is empty: what is not there.
inline float* if_any(Floats& values) { return values.empty() ? nullptr : values.data(); }

// The shapes that every recurrence goes through: one of everything, numbers that fill no vector, and enough rows or
// units for each way to share them out.
struct Shape {
  int64_t time, batch, depth, units;
  bool lengths, reverse;

  std::vector<int64_t> row_lengths() const;
  std::string text() const;
};

extern const std::vector<Shape> kShapes;

// The exercises.
void exercise_lstm();
void exercise_training();
void exercise_rowwise();

// What the sanitizers must reject: an output that is too short, written by two callers at once.
void misuse();
