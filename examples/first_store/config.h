#pragma once

#include "tomada/config.h"

namespace simple_store {

struct Config {
  int max_records = 100'000;

  static void Describe(tomada::ConfigDescription<Config>& d) {
    d.Field("max_records", &Config::max_records).Range(1, 1e9).Help("Records in one table; more are refused.");
  }
};

}  // namespace simple_store
