#include "tomada/component.h"

// Out of line, so that each interface has its type information in this library alone: dynamic_cast across plugins
// depends on it.
namespace tomada {

Component::~Component() = default;
Drainable::~Drainable() = default;

}  // namespace tomada
