#include "loader/plugin_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "loader/plugin_note.h"
#include "loader/refusal.h"
#include "writable.h"

namespace tomada {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "lib";
constexpr std::string_view kSuffix = ".so";

bool IsPluginName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// The first folder's that has it.
absl::StatusOr<fs::path> Locate(const std::vector<fs::path>& search_path, const std::string& name) {
  const std::string library = LibraryName(name);
  std::string looked_in;
  for (const fs::path& folder : search_path) {
    struct stat info;
    // Not followed: a link that leads nowhere is reported as such.
    if (::lstat((folder / library).c_str(), &info) == 0) return folder / library;
    const bool absent = errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG;
    if (!absent) return absl::NotFoundError(Unreadable(folder / library, errno).message());
    std::error_code ignored;
    looked_in += looked_in.empty() ? "" : ", ";
    looked_in += folder.string() + (fs::is_directory(folder, ignored) ? "" : " (no such folder)");
  }
  return absl::NotFoundError(
      fmt::format("{} was not found in: {}; build it there, or add its folder to the profile's `plugins`", library,
                  looked_in.empty() ? "(an empty search path)" : looked_in));
}

// What else in the search path has the name, and is not the file itself by another way.
std::vector<fs::path> OthersOf(const std::vector<fs::path>& search_path, const std::string& name,
                               const fs::path& file) {
  std::vector<fs::path> others;
  for (const fs::path& folder : search_path) {
    std::error_code error;
    fs::path other = fs::canonical(folder / LibraryName(name), error);
    if (!error && other != file && std::ranges::find(others, other) == others.end()) others.push_back(std::move(other));
  }
  return others;
}

absl::Status CheckTrusted(const fs::path& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return Unreadable(path, errno);
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return Refusal(path, fmt::format("belongs to user {}, neither root nor the user of this process (user {}), and "
                                     "could be changed at will; run: chown root {}",
                                     info.st_uid, ::geteuid(), path.string()));
  }
  if (WritableByOthers(info)) {
    return Refusal(path, fmt::format("can be changed by other users (mode {:04o}); run: chmod go-w {}",
                                     info.st_mode & 07777, path.string()));
  }
  return absl::OkStatus();
}

// Whoever may rename a folder can put another in its place, wherever above the plugin it is.
absl::Status CheckFolders(const fs::path& folder) {
  absl::Status trusted = CheckTrusted(folder);
  for (fs::path above = folder; trusted.ok() && above.has_relative_path();) {
    above = above.parent_path();
    struct stat info;
    if (::stat(above.c_str(), &info) != 0) return Unreadable(above, errno);
    if ((info.st_mode & S_IWOTH) && !(info.st_mode & S_ISVTX)) {
      return Refusal(above, fmt::format("holds the plugin folder {} and can be changed by everyone (mode {:04o}); "
                                        "run: chmod o-w {}",
                                        folder.string(), info.st_mode & 07777, above.string()));
    }
  }
  return trusted;
}

}  // namespace

std::string LibraryName(const std::string& name) { return fmt::format("{}{}{}", kPrefix, name, kSuffix); }

std::string PluginNameOf(const fs::path& file) {
  std::string text = file.filename().string();
  bool is_library = text.starts_with(kPrefix) && text.ends_with(kSuffix);
  if (!is_library || text.size() < kPrefix.size() + kSuffix.size()) return {};
  std::string name = text.substr(kPrefix.size(), text.size() - kPrefix.size() - kSuffix.size());
  return IsPluginName(name) ? name : std::string();
}

absl::StatusOr<PluginFile> FindPluginFile(const std::vector<fs::path>& search_path, const std::string& name) {
  if (!IsPluginName(name)) {
    return absl::NotFoundError(
        fmt::format("\"{}\" is not the name of a plugin; use letters, digits, \"_\" and \"-\"", name));
  }
  absl::StatusOr<fs::path> found = Locate(search_path, name);
  if (!found.ok()) return found.status();

  std::error_code error;
  fs::path path = fs::canonical(*found, error);
  if (error) return Unreadable(*found, error.value());
  fs::path folder = fs::canonical(found->parent_path(), error);
  if (error) return Unreadable(found->parent_path(), error.value());
  absl::Status status = CheckFolders(folder);
  if (status.ok() && path.parent_path() != folder) status = CheckFolders(path.parent_path());
  if (status.ok()) status = CheckTrusted(path);
  if (!status.ok()) return status;
  absl::StatusOr<std::string> stamp = ReadPluginNote(path, PluginNote::kStamp);
  if (!stamp.ok()) return stamp.status();
  // One without the note is asked by its symbol, once it is open; and the symbol must say the same.
  if (!stamp->empty()) status = CheckStamp(path, *stamp);
  if (!status.ok()) return status;
  std::vector<fs::path> others = OthersOf(search_path, name, path);
  return PluginFile{name, std::move(path), std::move(others)};
}

}  // namespace tomada
