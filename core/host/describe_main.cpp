// The program tomada-describe: opens a plugin's library that was just linked, and writes the notes that hold what its
// descriptor says to a file, for objcopy to put into the library.
//   tomada-describe LIBRARY FILE
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include <absl/status/statusor.h>
#include <fmt/format.h>

#include "cli/json_schema.h"
#include "cli/plugin_text.h"
#include "loader/elf_file.h"
#include "loader/plugin_library.h"
#include "loader/plugin_note.h"
#include "loader/refusal.h"

namespace tomada {
namespace {

std::string AsJson(const Plugin& plugin) {
  std::string schema = JsonSchemaOf(plugin);
  schema.pop_back();  // the line break
  json::Members members = DescribeAsJson(plugin);
  members.emplace_back("stamp", json::String(TOMADA_ABI_STAMP));  // or it would not have been opened
  members.emplace_back("config", std::move(schema));
  return json::Object(members) + '\n';
}

absl::StatusOr<std::string> NotesOf(const std::filesystem::path& library) {
  absl::StatusOr<Plugin> plugin = LoadPlugin({PluginNameOf(library), library});
  if (!plugin.ok()) return plugin.status();
  const std::string text = DescribeAsText(*plugin), json = AsJson(*plugin);
  for (size_t size : {text.size(), json.size()}) {
    if (size > kLongestElfNote) {
      return Refusal(library, fmt::format("its description has {} bytes, more than {}; shorten its help texts", size,
                                          kLongestElfNote));
    }
  }
  return MakePluginNote(PluginNote::kText, text) + MakePluginNote(PluginNote::kJson, json);
}

int Main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "Usage: tomada-describe LIBRARY FILE\n";
    return 2;
  }
  absl::StatusOr<std::string> notes = NotesOf(std::filesystem::absolute(argv[1]));
  if (!notes.ok()) {
    std::cerr << std::string(notes.status().message()) << '\n';
    return 1;
  }
  std::ofstream file(argv[2], std::ios::binary | std::ios::trunc);
  if (!(file << *notes << std::flush)) {
    std::cerr << argv[2] << ": cannot be written\n";
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace tomada

int main(int argc, char** argv) {
  const int code = tomada::Main(argc, argv);
  // Not return: the plugin's static destructors are not on trial.
  ::_exit(code);
}
