// From YAML to a Config struct, by its schema.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/yaml.h"
#include "diagnostics.h"
#include "tomada/config.h"
#include "tomada/host_view.h"

namespace tomada {

// What one key of a component claims for it alone.
struct ConfigClaim {
  std::string component;  // its id; empty from DecodeConfig
  std::string key;
  Claim claim = Claim::kPort;
  ConfigValue value;
  bool hidden = false;  // the value is not to be shown
  Location where;
};

struct DecodedConfig {
  std::shared_ptr<void> config;         // of the schema's type; nullptr after a mistake
  std::vector<ConfigSetting> settings;  // every field as it is in force, without the component
  std::vector<ConfigClaim> claims;      // none after a mistake
  // Those that a {file: PATH} names, whether they could be read or not. As messages name them: relative to the working
  // directory unless they were given otherwise.
  std::vector<std::filesystem::path> files;
};

// A new Config of the schema's type with the values of `keys` (a map; null stands for an empty one) over the defaults.
// A field called "a.b" is the key b in the map a. Strict: unknown and missing keys and values of another type are
// mistakes. Text in quotes is no number and no boolean; an external text may be. The schema's own check runs when all
// else is right; its message is stripped of secret and external values, and reported at the first given value that it
// names by its key in backticks. What concerns the whole is reported at `where`. Throws nothing.
//
// A secret may be given as {file: PATH}: see ReadValueFile. PATH is relative to the folder of the file that it stands
// in, for a --set to `folder`. A file that is empty, or that brings what is read to more than 1MiB, is a mistake; one
// that others may read, a warning.
DecodedConfig DecodeConfig(const ConfigSchema& schema, const Node& keys, const Location& where,
                           Diagnostics& diagnostics, const std::filesystem::path& folder = {});

}  // namespace tomada
