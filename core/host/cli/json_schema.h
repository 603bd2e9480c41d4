// A plugin's config as a JSON Schema, which editors use to complete and check a profile's `config`.
#pragma once

#include <string>
#include <string_view>

#include "cli/json.h"
#include "tomada/config.h"
#include "tomada/plugin.h"

namespace tomada {

// Draft 2020-12. A key "a.b" is the property b of the object a; objects of a key have the keys of theirs. Every value
// may also be a text with a ${...} in it. No secret's default is in it. "x-tomada-claims" is what the value claims for
// its component alone: "port", "directory" or "unix_socket".
std::string JsonSchemaOf(const Plugin& plugin);

// The parts it is made of, for larger schemas; of any draft since 7.
// The object of all keys, none of them required: what is missing may stand in another file. Only what is in a list must
// be whole, as lists are never merged.
json::Members ConfigKeysSchema(const ConfigSchema& schema);
// That an object has the keys that are required.
json::Members RequiredKeysSchema(const ConfigSchema& schema);
// Whether there are any.
bool HasRequiredKeys(const ConfigSchema& schema);
// A text that matches.
std::string TextSchema(std::string_view pattern);
// `value`, a schema, or a text with a ${...} in it.
json::Members OrVariable(const std::string& value);

}  // namespace tomada
