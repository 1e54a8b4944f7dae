// The functions that exist once for each instruction set.
#pragma once

#include "../recell.h"

namespace recell {

struct Table {
  const char* name;
  void (*lstm)(const RecellLstm&);
  void (*lstm_gradient)(const RecellLstmGradient&);
};

namespace RECELL_ISA {

void lstm(const RecellLstm& call);
void lstm_gradient(const RecellLstmGradient& call);

}  // namespace RECELL_ISA
}  // namespace recell
