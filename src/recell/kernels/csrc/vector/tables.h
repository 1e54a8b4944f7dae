// The functions that exist once for each instruction set.
#pragma once

#include "../recell.h"
#include "../rowwise.h"
#include "../training.h"

namespace recell {

struct Table {
  const char* name;
  int lanes;
  void (*lstm)(const RecellLstm&);
  void (*lstm_gradient)(const RecellLstmGradient&);
  void (*gru)(const RecellGru&);
  void (*gru_gradient)(const RecellGruGradient&);
  void (*rnn)(const RecellRnn&);
  void (*rnn_gradient)(const RecellRnnGradient&);
  void (*rowwise)(const RecellRowProgram&, int64_t rows, const float* const* inputs, float* const* outputs,
                  int threads);
  void (*cross_entropy)(const RecellCrossEntropy&);
  void (*cross_entropy_gradient)(const RecellCrossEntropyGradient&);
  void (*gradient_descent)(const RecellUpdate&, float rate);
  void (*momentum)(const RecellUpdate&, float rate, float factor, bool nesterov);
  void (*adam)(const RecellUpdate&, float rate, float beta1, float beta2, float epsilon, bool nesterov);
  void (*adam_between)(const RecellUpdate&, int64_t total, float rate, float beta1, float beta2, float epsilon);
  void (*adagrad)(const RecellUpdate&, float rate, bool update_slots);
  void (*rms_prop)(const RecellUpdate&, float rate, float rho, float factor, float epsilon);
  void (*philox_words)(uint32_t* to, int64_t blocks, uint64_t key, uint64_t low, uint64_t high, int threads);
  void (*philox_uniform)(float* to, int64_t count, uint64_t key, uint64_t low, uint64_t high, int threads);
};

namespace RECELL_ISA {

void lstm(const RecellLstm& call);
void lstm_gradient(const RecellLstmGradient& call);
void gru(const RecellGru& call);
void gru_gradient(const RecellGruGradient& call);
void rnn(const RecellRnn& call);
void rnn_gradient(const RecellRnnGradient& call);
void rowwise(const RecellRowProgram& program, int64_t rows, const float* const* inputs, float* const* outputs,
             int threads);
void cross_entropy(const RecellCrossEntropy& call);
void cross_entropy_gradient(const RecellCrossEntropyGradient& call);
void gradient_descent(const RecellUpdate& call, float rate);
void momentum(const RecellUpdate& call, float rate, float factor, bool nesterov);
void adam(const RecellUpdate& call, float rate, float beta1, float beta2, float epsilon, bool nesterov);
void adam_between(const RecellUpdate& call, int64_t total, float rate, float beta1, float beta2, float epsilon);
void adagrad(const RecellUpdate& call, float rate, bool update_slots);
void rms_prop(const RecellUpdate& call, float rate, float rho, float factor, float epsilon);
void philox_words(uint32_t* to, int64_t blocks, uint64_t key, uint64_t low, uint64_t high, int threads);
void philox_uniform(float* to, int64_t count, uint64_t key, uint64_t low, uint64_t high, int threads);

}  // namespace RECELL_ISA
}  // namespace recell
