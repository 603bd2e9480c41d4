// Plan: a profile that has been checked against its plugins, ready to run.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host_config.h"
#include "tomada/host_view.h"
#include "tomada/plugin.h"

namespace tomada {

struct PlannedComponent {
  std::string id;
  const Plugin* plugin = nullptr;      // owned by the PluginSet, which outlives everything made from it
  std::shared_ptr<const void> config;  // of the plugin's Config type, decoded and checked
  std::map<std::string, std::vector<std::string>, std::less<>> uses;  // port -> component ids, as the profile has them
  std::vector<ConfigSetting> settings;                                // that config, to be shown
};

// The id by which a profile wires the host itself to a port of Kind::kHost. No component has it.
inline constexpr std::string_view kHostId = "host";

struct Plan {
  HostConfig host;
  std::vector<ConfigSetting> host_settings;  // the same, to be shown
  std::vector<PlannedComponent> components;  // in start order: what is used comes before its users
};

}  // namespace tomada
