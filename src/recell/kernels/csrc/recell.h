// The C interface. All arrays are float32 and contiguous, sequences [time, batch, ...]; a null pointer stands for what
// is not there. Python checks shapes before it calls; nothing is checked here.
#pragma once

#include <cstdint>

#if defined(__GNUC__)
#define RECELL_EXPORT __attribute__((visibility("default")))
#else
#define RECELL_EXPORT
#endif

extern "C" {

// Raised with every change of this file.
enum { RECELL_ABI = 1 };

// What all recurrences share.
struct RecellSequence {
  int64_t time, batch, depth, units;
  const int64_t* lengths;  // [batch], each between 0 and time; null: all are `time`
  int32_t reverse;         // start at each row's last step
  int32_t threads;         // at most this many
};

struct RecellLstm {
  RecellSequence sequence;
  const float* x;           // [time, batch, depth]
  const float* c0;          // [batch, units]
  const float* h0;          // [batch, units]
  const float* kernel;      // [depth + units, 4 * units], columns i, j, f, o
  const float* bias;        // [4 * units]
  const float* peephole_i;  // [units], as the other two
  const float* peephole_f;
  const float* peephole_o;
  float forget_bias;
  float cell_clip;  // infinite: none
  float* y;         // [time, batch, units]
  float* c;         // [batch, units]: after each row's last step
  float* h;         // [batch, units]
  float* kept;      // 5 vectors for each block of units of each place: for the gradient; null: not kept
};

struct RecellLstmGradient {
  RecellSequence sequence;
  const float* x;
  const float* c0;
  const float* h0;
  const float* kernel;
  const float* peephole_i;
  const float* peephole_f;
  const float* peephole_o;
  float cell_clip;
  int32_t straight_through;  // the gradient passes the clip as if there were none
  const float* y;
  float* kept;      // what the forward pass kept; used up
  const float* dy;  // [time, batch, units]; null: zeros
  const float* dc;  // [batch, units], by the final state; null: zeros
  const float* dh;
  float* dx;           // [time, batch, depth]; null: not wanted
  float* dc0;          // [batch, units]
  float* dh0;          // [batch, units]
  float* dkernel;      // [depth + units, 4 * units]; null: not wanted
  float* dbias;        // [4 * units]
  float* dpeephole_i;  // [units], or null
  float* dpeephole_f;
  float* dpeephole_o;
};

struct RecellGru {
  RecellSequence sequence;
  const float* x;                 // [time, batch, depth]
  const float* h0;                // [batch, units]
  const float* gate_kernel;       // [depth + units, 2 * units], columns r, u
  const float* gate_bias;         // [2 * units]
  const float* candidate_kernel;  // [depth + units, units]
  const float* candidate_bias;    // [units]
  float* y;                       // [time, batch, units]
  float* h;                       // [batch, units]: after each row's last step
  float* kept;                    // 4 vectors for each block of units of each place: for the gradient; null: not kept
};

struct RecellGruGradient {
  RecellSequence sequence;
  const float* x;
  const float* h0;
  const float* gate_kernel;
  const float* candidate_kernel;
  const float* y;
  float* kept;               // what the forward pass kept; used up
  const float* dy;           // [time, batch, units]; null: zeros
  const float* dh;           // [batch, units], by the final state; null: zeros
  float* dx;                 // [time, batch, depth]; null: not wanted
  float* dh0;                // [batch, units]
  float* dgate_kernel;       // [depth + units, 2 * units]; null: not wanted
  float* dgate_bias;         // [2 * units]
  float* dcandidate_kernel;  // [depth + units, units]; null: not wanted
  float* dcandidate_bias;    // [units]
};

struct RecellRnn {
  RecellSequence sequence;
  const float* x;       // [time, batch, depth]
  const float* h0;      // [batch, units]
  const float* kernel;  // [depth + units, units]
  const float* bias;    // [units]
  int32_t relu;         // the activation: relu, or else tanh
  float* y;             // [time, batch, units]
  float* h;             // [batch, units]: after each row's last step
};

struct RecellRnnGradient {
  RecellSequence sequence;
  const float* x;
  const float* h0;
  const float* kernel;
  int32_t relu;
  const float* y;
  const float* dy;  // [time, batch, units]; null: zeros
  const float* dh;  // [batch, units], by the final state; null: zeros
  float* dx;        // [time, batch, depth]; null: not wanted
  float* dh0;       // [batch, units]
  float* dkernel;   // [depth + units, units]; null: not wanted
  float* dbias;     // [units]
};

RECELL_EXPORT int recell_abi();
RECELL_EXPORT const char* recell_instruction_set();

// Floats in a vector: units are handled in blocks of so many.
RECELL_EXPORT int recell_lanes();

// Addresses of GOMP_parallel, omp_get_thread_num and omp_get_num_threads; null pointers take them back.
RECELL_EXPORT void recell_bind_openmp(void* parallel, void* thread_num, void* num_threads);

RECELL_EXPORT void recell_lstm(const RecellLstm* call);
RECELL_EXPORT void recell_lstm_gradient(const RecellLstmGradient* call);
RECELL_EXPORT void recell_gru(const RecellGru* call);
RECELL_EXPORT void recell_gru_gradient(const RecellGruGradient* call);
RECELL_EXPORT void recell_rnn(const RecellRnn* call);
RECELL_EXPORT void recell_rnn_gradient(const RecellRnnGradient* call);
}
