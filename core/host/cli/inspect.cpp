#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/json.h"
#include "config/text.h"
#include "loader/plugin_file.h"
#include "loader/plugin_note.h"
#include "loader/refusal.h"

namespace tomada {
namespace {

namespace fs = std::filesystem;

struct Notes {
  std::string stamp, text, json;  // the last two are empty when the library has only its stamp
};

absl::StatusOr<Notes> ReadNotes(const fs::path& file) {
  Notes notes;
  for (auto [type, note] : {std::pair{PluginNote::kStamp, &notes.stamp}, std::pair{PluginNote::kText, &notes.text},
                            std::pair{PluginNote::kJson, &notes.json}}) {
    absl::StatusOr<std::string> read = ReadPluginNote(file, type);
    if (!read.ok()) return read.status();
    Diagnostics mistakes;
    if (!CheckText(*read, file.string(), mistakes))
      return Refusal(file, "its notes hold what is not text; build or copy it again");
    *note = *std::move(read);
  }
  if (notes.stamp.empty()) {
    return Refusal(file,
                   "has no note of a plugin: it is none, or was built before plugins had one; `tomada plugins` "
                   "opens those in the search path and tells");
  }
  return notes;
}

void PrintText(const fs::path& file, const Notes& notes, Shell& shell) {
  if (!notes.text.empty()) shell.out << notes.text << '\n';
  shell.out << "Stamp: " << notes.stamp << '\n';
  if (absl::Status status = CheckStamp(file, notes.stamp); !status.ok())
    shell.out << fmt::format("This host does not load it. {}\n", std::string(status.message()));
  if (notes.text.empty()) {
    shell.out << fmt::format(
        "It has no description: it was not built with tomada_add_plugin. `tomada describe {}` opens it and tells the "
        "rest.\n",
        PluginNameOf(file));
  }
}

absl::StatusOr<ExitCode> Inspect(const Arguments& arguments, Shell& shell) {
  const fs::path file = arguments.operand();
  std::error_code error;
  if (!fs::exists(file, error) && !error) return absl::NotFoundError(fmt::format("no file `{}`", file.string()));
  absl::StatusOr<Notes> notes = ReadNotes(file);
  if (!notes.ok()) {
    shell.err << std::string(notes.status().message()) << '\n';
    return kExitFailed;
  }
  if (!arguments.Has("--json")) {
    PrintText(file, *notes, shell);
  } else {
    shell.out << (notes->json.empty() ? json::Object({{"stamp", json::String(notes->stamp)}}) + '\n' : notes->json);
  }
  return kExitOk;
}

}  // namespace

Command InspectCommand() {
  CommandLine line{
      "tomada inspect",
      "Prints what the library of a plugin says of itself: name, kind, version, ports, config, and the stamp\n"
      "of its build. Reads the file and runs nothing of it. Exit code: 0, or 1 when the file is no plugin's.",
      "FILE",
      {{"--json", "", "Print JSON, with the config as a JSON Schema."}},
      "tomada inspect build/lib/tomada/plugins/libeco.so"};
  return {"inspect", "Print what a plugin's file says, without running it.", std::move(line), Inspect};
}

}  // namespace tomada
