#pragma once

#include "tomada/config.h"

namespace tomada::usuarios {

struct Config : ConfigKeys<Config> {
  ByteSize senha_memory = Key("senha_memory", &Config::senha_memory, {19 << 20})
                              .Range(ByteSize{8 << 10}, ByteSize{1 << 30})
                              .Help("Memory of one Argon2id hash. Below 19MiB only for tests.");
  int senha_passes =
      Key("senha_passes", &Config::senha_passes, 2)
          .Range(1, 100)
          .Help("Passes of Argon2id over that memory. Users hashed at another cost are hashed anew when they log in.");
  ByteSize max_list_bytes =
      Key("max_list_bytes", &Config::max_list_bytes, {4 << 20})
          .Range(ByteSize{1 << 10}, ByteSize{1 << 30})
          .Help("Largest response to a gRPC list without pages: what clients accept, 4MiB unless they ask for more.");
};

}  // namespace tomada::usuarios
