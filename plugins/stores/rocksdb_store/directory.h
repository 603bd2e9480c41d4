// The directory of a store, before RocksDB sees it:
//
//   tomada.format    says whose directory this is and how it is written; made last, when all else is there
//   tomada.lock      locked while a store uses the directory; holds its process id
//   tomada.sequence  the number of the last change that is certainly in the database: it tells when some are lost
//   rocksdb/         the database
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "tomada/unique_fd.h"

namespace tomada::rocksdb_store {

// "cannot write FILE: No space left on device", with a fitting code and, where it helps, what to do. `error` is an
// errno.
absl::Status SystemError(std::string_view what, const std::filesystem::path& path, int error);

// The names in it are on disk when this returns.
absl::Status SyncDirectory(const std::filesystem::path& path);

// Move-only; the lock is let go with it.
class Directory {
 public:
  // Makes the directory and those above it (mode 0700) when they are missing, and locks it. FAILED_PRECONDITION when it
  // is in use, by this process or another, holds something else, or was written by a newer program; other codes when
  // the file system refuses. Messages say which directory and what to do.
  static absl::StatusOr<Directory> Open(const std::filesystem::path& path);

  // A store that may be in use, only to be read: without its lock. FAILED_PRECONDITION also when there is none.
  static absl::StatusOr<Directory> OpenBesideItsOwner(const std::filesystem::path& path);

  // Absolute.
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database() const { return path_ / "rocksdb"; }

  // No store has been finished here: there is nothing to lose.
  bool is_new() const { return is_new_; }
  // It is finished from now on, also after a power cut.
  absl::Status MarkFormat();

  // What tomada.sequence holds; 0 when it is missing, as in directories of earlier programs. DATA_LOSS when it is
  // damaged.
  //
  // Changes are counted by RocksDB's sequence numbers. The rule: no number is written here before its change has been
  // synced. So the database holds it after any crash and any power cut, and one that holds less has lost something.
  absl::StatusOr<uint64_t> ReadSequence() const;
  // Writes it durably.
  absl::Status RecordSequence(uint64_t sequence);
  // Writes it without a sync, after RecordSequence. A crash of the process leaves this number, a power cut perhaps an
  // earlier one, and so does an error: a number that is too small is never wrong.
  void AdvanceSequence(uint64_t sequence) const;

 private:
  explicit Directory(std::filesystem::path path) : path_(std::move(path)) {}
  static absl::StatusOr<std::filesystem::path> Absolute(const std::filesystem::path& path);
  absl::Status CheckFormat();

  std::filesystem::path path_;
  UniqueFd lock_;
  UniqueFd sequence_;  // the file, once RecordSequence has written it
  bool is_new_ = false;
};

}  // namespace tomada::rocksdb_store
