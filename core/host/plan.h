// Plan: a profile that has been checked against its plugins, ready to run.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "host_config.h"
#include "tomada/plugin.h"

namespace tomada {

struct PlannedComponent {
  std::string id;
  const Plugin* plugin = nullptr;      // owned by the PluginSet, which outlives everything made from it
  std::shared_ptr<const void> config;  // of the plugin's Config type, decoded and checked
  std::map<std::string, std::vector<std::string>, std::less<>> uses;  // port -> component ids, as the profile has them
};

struct Plan {
  HostConfig host;
  std::vector<PlannedComponent> components;  // in start order: what is used comes before its users
};

}  // namespace tomada
