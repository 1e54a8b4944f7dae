// Which instruction set runs: the widest that this processor has, or the one that RECELL_KERNELS names.

#include <cstdlib>
#include <cstring>

#include "recell.h"

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
void recell_lstm(const RecellLstm* call) { recell::functions().lstm(*call); }
void recell_lstm_gradient(const RecellLstmGradient* call) { recell::functions().lstm_gradient(*call); }
}
