#include "cli/file_watch.h"

#include <sys/stat.h>

namespace tomada {
namespace {

// How far the clock that stamps files may be behind the exact one.
constexpr absl::Duration kFileClockLag = absl::Milliseconds(20);

}  // namespace

FileWatch::Stamp FileWatch::StampOf(const std::filesystem::path& file) {
  struct stat info;
  if (::stat(file.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino, info.st_size, absl::ToUnixNanos(absl::TimeFromTimespec(info.st_ctim))};
}

void FileWatch::Add(const std::filesystem::path& file, absl::Time since) {
  const auto [entry, added] = files_.try_emplace(file);
  if (!added) return;
  Stamp& taken = entry->second.taken;
  taken = entry->second.seen = StampOf(file);
  if (taken.changed >= absl::ToUnixNanos(since - kFileClockLag)) taken.changed = -1;  // as no file is
}

void FileWatch::Keep(const std::set<std::filesystem::path>& files) {
  std::erase_if(files_, [&](const auto& entry) { return !files.contains(entry.first); });
}

std::vector<std::filesystem::path> FileWatch::TakeChanged(Clock::time_point now) {
  std::vector<std::filesystem::path> changed;
  bool gone = false;
  for (auto& [path, file] : files_) {
    const Stamp stamp = StampOf(path);
    if (stamp != file.seen) last_change_ = now;
    file.seen = stamp;
    if (file.seen == file.taken) continue;
    changed.push_back(path);
    gone |= stamp == Stamp();
  }
  if (now - last_change_ < (gone ? kGone : kSettle)) return {};
  for (const std::filesystem::path& path : changed) files_[path].taken = files_[path].seen;
  return changed;
}

}  // namespace tomada
