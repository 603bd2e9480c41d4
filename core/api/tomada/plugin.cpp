#include "tomada/plugin.h"

namespace tomada {

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kStore: return "store";
    case Kind::kService: return "service";
    case Kind::kTransport: return "transport";
    case Kind::kHost: return "host";
  }
  return "service";
}

}  // namespace tomada
