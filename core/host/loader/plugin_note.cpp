#include "loader/plugin_note.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "loader/elf_file.h"
#include "loader/refusal.h"
#include "tomada/abi.h"

namespace tomada {
namespace {

constexpr std::string_view kOwner = "Tomada";  // as TOMADA_NOTE_ has it

std::vector<std::string_view> PartsOf(std::string_view stamp) {
  std::vector<std::string_view> parts;
  for (size_t end; (end = stamp.find(", ")) != stamp.npos; stamp.remove_prefix(end + 2))
    parts.push_back(stamp.substr(0, end));
  parts.push_back(stamp);
  return parts;
}

// The parts of a stamp that the other has not; all of it when there are none.
std::string Difference(std::string_view stamp, std::string_view other) {
  std::vector<std::string_view> parts = PartsOf(stamp);
  const std::vector<std::string_view> others = PartsOf(other);
  std::erase_if(parts, [&](std::string_view part) { return std::ranges::find(others, part) != others.end(); });
  return PrintableWords(parts.empty() ? std::string(stamp) : fmt::format("{}", fmt::join(parts, ", ")));
}

}  // namespace

absl::StatusOr<std::string> ReadPluginNote(const std::filesystem::path& path, PluginNote note) {
  if (absl::Status status = CheckElfFile(path); !status.ok()) return status;
  return ReadElfNote(path, kOwner, static_cast<uint32_t>(note));
}

std::string MakePluginNote(PluginNote note, std::string_view text) {
  return MakeElfNote(kOwner, static_cast<uint32_t>(note), text);
}

absl::Status CheckStamp(const std::filesystem::path& path, std::string_view stamp) {
  if (stamp == kAbiStamp) return absl::OkStatus();
  return Refusal(path, fmt::format("was built for {}, this host for {}; build it again against this host's headers, or "
                                   "run the host that it was built for",
                                   Difference(stamp, kAbiStamp), Difference(kAbiStamp, stamp)));
}

}  // namespace tomada
