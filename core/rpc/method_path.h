#pragma once

#include <string>

#include <google/protobuf/descriptor.h>

namespace tomada::rpc {

// "/usuarios.Usuarios/ObterUsuario": where RPC protocols find a method.
std::string PathOf(const google::protobuf::MethodDescriptor& method);

}  // namespace tomada::rpc
