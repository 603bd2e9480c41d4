#pragma once

#include "tomada/config.h"

namespace simple_store {

struct Config : tomada::ConfigKeys<Config> {
  int max_records =
      Key("max_records", &Config::max_records, 100'000).Range(1, 1e9).Help("Records in one table; more are refused.");
};

}  // namespace simple_store
