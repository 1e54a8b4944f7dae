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

// `count` numbers between -scale and scale, always the same ones for one seed. A vector's memory ends where its numbers
// do, so that the address sanitizer sees a step beyond.
Floats numbers(int64_t count, unsigned seed, float scale = 1.0f);

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

  // None, or one for each row: a row that is empty, and one that is full, among them.
  std::vector<int64_t> row_lengths() const;

  // Units, with those that fill the last block of a vector's width.
  int64_t whole_blocks() const;

  std::string text() const;
};

extern const std::vector<Shape> kShapes;

// What all recurrences take: `lengths` are the shape's, and stay alive as long as the result is used.
RecellSequence sequence_of(const Shape& shape, const std::vector<int64_t>& lengths, int threads);

// The exercises, one for each part of the interface.
void exercise_lstm();
void exercise_gru();
void exercise_rnn();
void exercise_training();
void exercise_random();
void exercise_rowwise();

// What the sanitizers must reject: an output that is too short, written by two callers at once.
void misuse();
