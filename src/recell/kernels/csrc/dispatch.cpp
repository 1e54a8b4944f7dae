// Which instruction set runs: the widest that this processor has, or the one that RECELL_KERNELS names.

#include <cstdlib>
#include <cstring>

#include "recell.h"
#include "rowwise.h"
#include "training.h"

#define RECELL_ISA portable
#include "vector/tables.h"

namespace recell {
namespace portable {
const Table& table();
}
#if defined(RECELL_WITH_X86)
namespace avx2 {
const Table& table();
}
namespace avx512 {
const Table& table();
}
#endif

namespace {

const Table& chosen() {
  const char* wanted = std::getenv("RECELL_KERNELS");
  const auto may = [&](const char* name) { return wanted == nullptr || std::strcmp(wanted, name) == 0; };
#if defined(RECELL_WITH_X86)
  __builtin_cpu_init();
  if (may("avx512") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    return avx512::table();
  }
  if ((may("avx2") || may("avx512")) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return avx2::table();
  }
#endif
  (void)may;
  return portable::table();
}

const Table& functions() {
  static const Table& once = chosen();
  return once;
}

}  // namespace
}  // namespace recell

extern "C" {

int recell_abi() { return RECELL_ABI; }
const char* recell_instruction_set() { return recell::functions().name; }
int recell_lanes() { return recell::functions().lanes; }
void recell_lstm(const RecellLstm* call) { recell::functions().lstm(*call); }
void recell_lstm_gradient(const RecellLstmGradient* call) { recell::functions().lstm_gradient(*call); }
void recell_gru(const RecellGru* call) { recell::functions().gru(*call); }
void recell_gru_gradient(const RecellGruGradient* call) { recell::functions().gru_gradient(*call); }
void recell_rnn(const RecellRnn* call) { recell::functions().rnn(*call); }
void recell_rnn_gradient(const RecellRnnGradient* call) { recell::functions().rnn_gradient(*call); }

void recell_rowwise(const RecellRowProgram* program, int64_t rows, const float* const* inputs, float* const* outputs,
                    int32_t threads) {
  recell::functions().rowwise(*program, rows, inputs, outputs, threads);
}

void recell_cross_entropy(const RecellCrossEntropy* call) { recell::functions().cross_entropy(*call); }
void recell_cross_entropy_gradient(const RecellCrossEntropyGradient* call) {
  recell::functions().cross_entropy_gradient(*call);
}
void recell_gradient_descent(const RecellUpdate* call, float rate) {
  recell::functions().gradient_descent(*call, rate);
}
void recell_momentum(const RecellUpdate* call, float rate, float factor, int32_t nesterov) {
  recell::functions().momentum(*call, rate, factor, nesterov != 0);
}
void recell_adam(const RecellUpdate* call, float rate, float beta1, float beta2, float epsilon, int32_t nesterov) {
  recell::functions().adam(*call, rate, beta1, beta2, epsilon, nesterov != 0);
}
void recell_adam_between(const RecellUpdate* call, int64_t total, float rate, float beta1, float beta2, float epsilon) {
  recell::functions().adam_between(*call, total, rate, beta1, beta2, epsilon);
}
void recell_adagrad(const RecellUpdate* call, float rate, int32_t update_slots) {
  recell::functions().adagrad(*call, rate, update_slots != 0);
}
void recell_rms_prop(const RecellUpdate* call, float rate, float rho, float factor, float epsilon) {
  recell::functions().rms_prop(*call, rate, rho, factor, epsilon);
}
void recell_philox_words(uint32_t* to, int64_t blocks, uint64_t key, uint64_t low, uint64_t high, int32_t threads) {
  recell::functions().philox_words(to, blocks, key, low, high, threads);
}
void recell_philox_uniform(float* to, int64_t count, uint64_t key, uint64_t low, uint64_t high, int32_t threads) {
  recell::functions().philox_uniform(to, count, key, low, high, threads);
}
}
