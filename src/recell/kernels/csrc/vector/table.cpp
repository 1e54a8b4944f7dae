#include "../vec.h"
#include "tables.h"

#define RECELL_TEXT_OF(name) #name
#define RECELL_TEXT(name) RECELL_TEXT_OF(name)

namespace recell {
namespace RECELL_ISA {

const Table& table() {
  static const Table functions = {RECELL_TEXT(RECELL_ISA),
                                  kLanes,
                                  lstm,
                                  lstm_gradient,
                                  gru,
                                  gru_gradient,
                                  rnn,
                                  rnn_gradient,
                                  rowwise,
                                  cross_entropy,
                                  cross_entropy_gradient,
                                  gradient_descent,
                                  momentum,
                                  adam,
                                  adam_between,
                                  adagrad,
                                  rms_prop,
                                  philox_words,
                                  philox_uniform};
  return functions;
}

}  // namespace RECELL_ISA
}  // namespace recell
