#pragma once

#include <string>

#include <google/protobuf/descriptor.h>

namespace tomada::rpc {

// "/usuarios.Usuarios/ObterUsuario": where RPC protocols find a method.
inline std::string PathOf(const google::protobuf::MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

}  // namespace tomada::rpc
