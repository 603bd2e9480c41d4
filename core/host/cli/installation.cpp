#include "cli/installation.h"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/suggest.h"

namespace tomada {
namespace {

namespace fs = std::filesystem;

}  // namespace

Installation Installation::OfThisProgram() { return Installation(fs::read_symlink("/proc/self/exe")); }

Installation::Installation(fs::path program) : prefix_(program.parent_path().parent_path()) {}

fs::path Installation::share_folder() const { return prefix_ / "share/tomada"; }
fs::path Installation::plugin_folder() const { return prefix_ / "lib/tomada/plugins"; }
fs::path Installation::config_folder() const { return share_folder() / "configs"; }
fs::path Installation::template_folder() const { return share_folder() / "templates"; }

absl::StatusOr<fs::path> Installation::FindProfile(std::string_view name, const fs::path& folder) const {
  if (name.empty() || name.find('/') != std::string_view::npos)
    return absl::InvalidArgumentError(fmt::format("`{}` is no profile's name; for a file use --config", name));
  std::vector<fs::path> folders;
  if (!folder.empty()) folders.push_back(folder);
  folders.push_back(config_folder());
  std::vector<std::string> shown;
  for (const fs::path& candidate : folders) {
    shown.push_back(DisplayPath(candidate));
    std::error_code error;
    // Without the links of a build tree, so that messages name the file that one edits.
    fs::path file = fs::canonical(candidate / fmt::format("{}.yaml", name), error);
    if (!error) return file;
  }
  const std::vector<std::string> names = ProfileNames(folder);
  const std::string nearest = Suggest(name, names);
  return absl::NotFoundError(fmt::format("no profile `{}` in {}{}{}", name, fmt::join(shown, " or "),
                                         nearest.empty() ? "" : fmt::format(" (did you mean `{}`?)", nearest),
                                         KnownHint(names)));
}

std::vector<std::string> Installation::ProfileNames(const fs::path& folder) const {
  std::vector<std::string> names;
  for (const fs::path& each : {folder, config_folder()}) {
    std::error_code error;
    for (fs::directory_iterator entry(each, error), end; !error && entry != end; entry.increment(error)) {
      if (entry->path().extension() == ".yaml") names.push_back(entry->path().stem());
    }
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<std::string> Installation::TemplateKinds() const {
  constexpr std::string_view kFirst = "first_";
  std::vector<std::string> kinds;
  std::error_code error;
  for (fs::directory_iterator entry(template_folder(), error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name.starts_with(kFirst)) kinds.push_back(name.substr(kFirst.size()));
  }
  std::ranges::sort(kinds);
  return kinds;
}

std::optional<std::string> Installation::LookUpVariable(const std::string& name) const {
  if (const char* value = std::getenv(name.c_str())) return value;
  if (name == "TOMADA_SHARE") return share_folder().string();
  return std::nullopt;
}

std::string DisplayPath(const fs::path& path) {
  std::error_code error;
  const fs::path here = fs::current_path(error);
  if (error) return path.string();
  const fs::path absolute = (here / path).lexically_normal();
  const fs::path relative = absolute.lexically_relative(here);
  return relative.empty() || *relative.begin() == ".." ? absolute.string() : relative.string();
}

}  // namespace tomada
