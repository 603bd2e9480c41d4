// What a plugin's library says of itself to whoever reads the file and runs none of it: ELF notes of owner "Tomada".
// Decision 0024 says how they get there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace tomada {

enum class PluginNote : uint32_t {
  kStamp = 1,  // of the build that made it; TOMADA_PLUGIN puts it there, tomada_add_plugin the other two
  kText = 2,   // what `tomada describe` prints of it
  kJson = 3,   // the same and the stamp as a JSON object, with the config as a JSON Schema
  // 4 is what libraries of generated code have: tomada/proto_comments.h
};

// Empty when the library has no such note. An error says why the file cannot be a plugin's (see CheckElfFile), or in
// what way the note is damaged.
absl::StatusOr<std::string> ReadPluginNote(const std::filesystem::path& path, PluginNote note);

// The note as it stands in a file, to be put in a section called .note.something. `text` has at most kLongestElfNote
// bytes.
std::string MakePluginNote(PluginNote note, std::string_view text);

// FAILED_PRECONDITION unless `stamp`, which the library at `path` carries, is this program's. Says in what they differ
// and what to do.
absl::Status CheckStamp(const std::filesystem::path& path, std::string_view stamp);

}  // namespace tomada
