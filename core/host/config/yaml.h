// Node: a YAML document as a tree that remembers where everything stands.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diagnostics.h"

namespace tomada {

struct Node;

// One key of a map with its value.
struct Entry;

struct Node {
  // kBroken: something was wrong with it and has been reported. Readers pass over it in silence.
  enum class Kind { kNull, kScalar, kList, kMap, kBroken };

  Kind kind = Kind::kNull;
  std::string text;  // of a scalar, as it was written
  // A scalar in quotes, or a block scalar, without ${...}: a text and nothing else, no number and no list.
  bool quoted = false;
  // The text came from the environment, a file or the command line. It is never shown. YAML did not see what it is, so
  // it is taken as whatever its key expects: a number, or a list with commas (see flow.h).
  bool external = false;
  // Of an external text, where it came from: "environment REDIS_URL", "file token", "--set". Empty when the profile's
  // own default was taken.
  std::string origin;
  Location where;
  std::vector<Node> items;     // of a list
  std::vector<Entry> entries;  // of a map, in the order of the file; each key once

  // The entry of a map; nullptr when there is no such key. Valid until `entries` changes.
  const Entry* Find(std::string_view key) const;
  Entry* Find(std::string_view key);
};

struct Entry {
  std::string key;
  Location where;  // of the key
  Node value;
};

// The only document in `text`, which is valid UTF-8 without control characters. Aliases are replaced by copies of what
// they refer to, at the place where it was written. `file` is what messages call it. Nullopt when the text is no YAML
// or exceeds a limit (nesting 64, 10000 nodes and 4 MiB of text with aliases expanded); reported then. Duplicate keys
// and the like are reported too, but the rest of the tree is returned, so that its mistakes come in the same run. An
// empty document is a null.
std::optional<Node> ParseYaml(std::string_view text, const std::string& file, Diagnostics& diagnostics);

}  // namespace tomada
