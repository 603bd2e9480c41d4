#include "rpc/method_path.h"

#include <fmt/format.h>

namespace tomada::rpc {

std::string PathOf(const google::protobuf::MethodDescriptor& method) {
  return fmt::format("/{}/{}", method.service()->full_name(), method.name());
}

}  // namespace tomada::rpc
