// The two families of messages, under names that tell them apart: what clients see and what the store keeps.
#pragma once

#include <usuarios.pb.h>
#include <usuarios_storage.pb.h>

namespace tomada::usuarios {

namespace api = ::usuarios;
namespace storage = ::usuarios::storage;

}  // namespace tomada::usuarios
