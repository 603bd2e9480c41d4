// FileWatch: notices that files have changed.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <vector>

#include <absl/time/time.h>

namespace tomada {

// Looks at files again and again: nothing has to be registered anywhere, and it sees what happens on a network or
// container file system, to a folder above or behind a symbolic link as well. A file counts as changed when it is
// written, replaced, touched, removed or made.
class FileWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // How long a file has to stay as it is before its change is taken: an editor or a linker may be writing it.
  static constexpr std::chrono::milliseconds kSettle{100};
  // The same for one that is gone: it will often be there again.
  static constexpr std::chrono::seconds kGone{1};

  // From now on `file`, which need not exist, is watched. It counts as changed when it has been changed at `since` or
  // after that, which is when somebody began to read it. No effect for one that is watched already.
  void Add(const std::filesystem::path& file, absl::Time since);
  // Forgets all others.
  void Keep(const std::set<std::filesystem::path>& files);
  bool empty() const { return files_.empty(); }

  // The files that are not as they were at the last time that they were returned, or added; empty while one of them is
  // not settled. To be called several times within kSettle.
  std::vector<std::filesystem::path> TakeChanged(Clock::time_point now);

 private:
  // What changes whenever a file does. All zero for one that is not there.
  struct Stamp {
    uint64_t device = 0, inode = 0;
    int64_t size = 0, changed = 0;  // `changed` in nanoseconds since 1970, by the kernel's clock for files
    bool operator==(const Stamp&) const = default;
  };
  struct File {
    Stamp taken, seen;
  };
  static Stamp StampOf(const std::filesystem::path& file);

  std::map<std::filesystem::path, File> files_;
  Clock::time_point last_change_;  // of what was seen
};

}  // namespace tomada
