// The directory of a store, before RocksDB sees it:
//
//   tomada.format   says whose directory this is and how it is written; made last, when all else is there
//   tomada.lock     locked while a store uses the directory; holds its process id
//   rocksdb/        the database
#pragma once

#include <filesystem>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace tomada::rocksdb_store {

// Move-only; the lock is let go with it.
class Directory {
 public:
  // Makes the directory and those above it (mode 0700) when they are missing, and locks it. FAILED_PRECONDITION when it
  // is in use, by this process or another, holds something else, or was written by a newer program; other codes when
  // the file system refuses. Messages say which directory and what to do.
  static absl::StatusOr<Directory> Open(const std::filesystem::path& path);

  Directory(Directory&& other) noexcept;
  Directory& operator=(Directory&&) = delete;
  ~Directory();

  // Absolute.
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database() const { return path_ / "rocksdb"; }

  // No store has been finished here: there is nothing to lose.
  bool is_new() const { return is_new_; }
  // It is finished from now on, also after a power cut.
  absl::Status MarkFormat();

 private:
  Directory(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  absl::Status CheckFormat();

  std::filesystem::path path_;
  int lock_;
  bool is_new_ = false;
};

}  // namespace tomada::rocksdb_store
