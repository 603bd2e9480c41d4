#include "tomada/readiness.h"

namespace tomada {

ReadinessBoard::~ReadinessBoard() = default;

}  // namespace tomada
