#include "backup.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "database.h"
#include "directory.h"
#include "tomada/unique_fd.h"

namespace tomada::rocksdb_store {
namespace {

namespace fs = std::filesystem;

constexpr int kAttempts = 3;

// Open files by their names. One that is open can be read to the end when its owner has deleted it.
using OpenFiles = std::map<fs::path, UniqueFd>;

// Opens those that are not open yet, and belong to `kind`: ".sst" by ending or "MANIFEST-" by beginning.
absl::Status OpenMore(const fs::path& from, std::string_view kind, OpenFiles& files) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(from, error)) {
    const fs::path name = entry.path().filename();
    if (!name.native().starts_with(kind) && !name.native().ends_with(kind)) continue;
    if (files.contains(name)) continue;
    UniqueFd file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
    if (!file && errno == ENOENT) continue;  // deleted since it was listed
    if (!file) return SystemError("cannot read", entry.path(), errno);
    files.emplace(name, std::move(file));
  }
  return error ? SystemError("cannot read", from, error.value()) : absl::OkStatus();
}

// As far as they have been written by now. On disk when it returns.
absl::Status Copy(const OpenFiles& files, const fs::path& to) {
  for (const auto& [name, from] : files) {
    const fs::path path = to / name;
    const UniqueFd copy(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!copy) return SystemError("cannot write", path, errno);
    ssize_t copied = 1;
    while (copied > 0) copied = ::sendfile(copy.get(), from.get(), nullptr, size_t{1} << 30);
    if (copied < 0 || ::fsync(copy.get()) != 0) return SystemError("cannot write", path, errno);
  }
  return SyncDirectory(to);
}

// A table is written before the MANIFEST names it, and deleted after that has ceased to; a log is deleted when its
// changes are in a table that the MANIFEST names. So logs come before the MANIFEST and tables before and after.
absl::Status CopyDatabase(const fs::path& from, const fs::path& to) {
  OpenFiles tables, logs, manifest;
  if (absl::Status failed = OpenMore(from, ".sst", tables); !failed.ok()) return failed;
  if (absl::Status failed = OpenMore(from, ".log", logs); !failed.ok()) return failed;
  if (absl::Status failed = Copy(logs, to); !failed.ok()) return failed;
  for (std::string_view kind : {"CURRENT", "IDENTITY", "MANIFEST-"}) {
    if (absl::Status failed = OpenMore(from, kind, manifest); !failed.ok()) return failed;
  }
  if (absl::Status failed = Copy(manifest, to); !failed.ok()) return failed;
  if (absl::Status failed = OpenMore(from, ".sst", tables); !failed.ok()) return failed;
  return Copy(tables, to);
}

}  // namespace

absl::Status BackUp(const fs::path& from, const fs::path& to, rocksdb::Env& env) {
  const absl::StatusOr<Directory> source = Directory::OpenBesideItsOwner(from);
  if (!source.ok()) return source.status();
  absl::StatusOr<Directory> target = Directory::Open(to);
  if (!target.ok()) return target.status();
  if (!target->is_new() || fs::exists(target->database())) {
    return absl::FailedPreconditionError(fmt::format(
        "{} holds a store, or the beginning of one: give each backup a directory of its own", target->path().string()));
  }
  absl::StatusOr<uint64_t> last = absl::UnknownError("");
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    // What is acknowledged by now must be in the copy. It is also what tells that a copy that was cut off is none.
    const absl::StatusOr<uint64_t> recorded = source->ReadSequence();
    if (!recorded.ok()) return recorded.status();
    if (absl::Status failed = target->RecordSequence(*recorded); !failed.ok()) return failed;
    std::error_code error;
    fs::remove_all(target->database(), error);
    if (!fs::create_directory(target->database(), error))
      return SystemError("cannot make", target->database(), error.value());
    if (absl::Status failed = CopyDatabase(source->database(), target->database()); !failed.ok()) return failed;
    last = Database::CheckComplete(*target, env, true);
    if (last.ok()) break;
  }
  if (!last.ok()) return last.status();
  if (absl::Status failed = target->RecordSequence(*last); !failed.ok()) return failed;
  return target->MarkFormat();
}

}  // namespace tomada::rocksdb_store
