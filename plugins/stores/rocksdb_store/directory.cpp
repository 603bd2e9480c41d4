#include "directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace tomada::rocksdb_store {
namespace {

namespace fs = std::filesystem;

constexpr char kFormatFile[] = "tomada.format";
constexpr char kNewFormatFile[] = "tomada.format.new";
constexpr char kLockFile[] = "tomada.lock";
constexpr std::string_view kMark = "tomada rocksdb_store format ";
constexpr int kFormat = 1;

absl::Status SystemError(std::string_view what, const fs::path& path, int error) {
  const absl::StatusCode code = error == ENOSPC ? absl::StatusCode::kResourceExhausted
                                : error == EACCES || error == EPERM || error == EROFS
                                    ? absl::StatusCode::kPermissionDenied
                                    : absl::StatusCode::kUnavailable;
  return absl::Status(code, fmt::format("{} {}: {}", what, path.string(), std::system_category().message(error)));
}

absl::Status InUse(const fs::path& path, std::string_view owner) {
  return absl::FailedPreconditionError(fmt::format(
      "{} is in use by {}: give this store a directory of its own, or stop the other", path.string(), owner));
}

std::string ReadAll(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

// Each one that is missing, with no permission for others.
absl::Status MakeDirectories(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return absl::OkStatus();
  if (path.has_parent_path() && path.parent_path() != path) {
    if (absl::Status failed = MakeDirectories(path.parent_path()); !failed.ok()) return failed;
  }
  if (::mkdir(path.c_str(), 0700) == 0 || (errno == EEXIST && fs::is_directory(path, error))) return absl::OkStatus();
  return SystemError("cannot make the directory", path, errno);
}

// A descriptor of the lock file, locked. flock holds for a descriptor, so a second store of this process is refused
// too.
absl::StatusOr<int> Lock(const fs::path& path) {
  const fs::path file = path / kLockFile;
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return SystemError("cannot write in the directory", path, errno);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    ::close(lock);
    if (error != EWOULDBLOCK) return SystemError("cannot lock", file, error);
    const std::string pid = ReadAll(file);
    if (pid.empty()) return InUse(path, "another process");
    if (pid == std::to_string(::getpid())) return InUse(path, "another store of this process");
    return InUse(path, fmt::format("process {}", pid));
  }
  const std::string pid = std::to_string(::getpid());
  // Only for the message above.
  if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, pid.data(), pid.size(), 0) < 0) errno = 0;
  return lock;
}

// Its bytes and its name are on disk when this returns.
absl::Status WriteDurably(const fs::path& directory, const char* name, const char* temporary, std::string_view text) {
  const fs::path file = directory / temporary;
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError("cannot write", file, errno);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (!written) return SystemError("cannot write", file, error);
  if (::rename(file.c_str(), (directory / name).c_str()) != 0) return SystemError("cannot rename", file, errno);
  const int folder = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return SystemError("cannot open", directory, errno);
  const bool synced = ::fsync(folder) == 0;
  ::close(folder);
  return synced ? absl::OkStatus() : SystemError("cannot sync", directory, errno);
}

}  // namespace

Directory::Directory(Directory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)), is_new_(other.is_new_) {}

Directory::~Directory() {
  if (lock_ >= 0) ::close(lock_);
}

absl::StatusOr<Directory> Directory::Open(const fs::path& path) {
  std::error_code error;
  fs::path absolute = fs::absolute(path, error).lexically_normal();
  if (error) return SystemError("cannot resolve", path, error.value());
  if (!absolute.has_filename()) absolute = absolute.parent_path();  // it ended with a slash
  if (absl::Status failed = MakeDirectories(absolute); !failed.ok()) return failed;
  // Before the lock, which would be the first of our files in somebody else's directory.
  Directory directory(std::move(absolute), -1);
  if (absl::Status wrong = directory.CheckFormat(); !wrong.ok()) return wrong;
  absl::StatusOr<int> lock = Lock(directory.path_);
  if (!lock.ok()) return lock.status();
  directory.lock_ = *lock;
  // Once more: another process may have finished it meanwhile.
  if (absl::Status wrong = directory.CheckFormat(); !wrong.ok()) return wrong;
  return directory;
}

absl::Status Directory::CheckFormat() {
  std::error_code error;
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_, error)) {
    names.insert(entry.path().filename().string());
  }
  if (error) return SystemError("cannot read the directory", path_, error.value());
  is_new_ = !names.contains(kFormatFile);
  if (is_new_) {
    // What a start leaves that was cut off before it had finished.
    for (const char* ours : {kLockFile, kNewFormatFile, "rocksdb", "lost+found"}) names.erase(ours);
    if (names.empty()) return absl::OkStatus();
    return absl::FailedPreconditionError(fmt::format(
        "{} is not empty and holds no store of this kind: give the store a directory of its own", path_.string()));
  }
  const std::string text = ReadAll(path_ / kFormatFile);
  int format = 0;
  if (text.starts_with(kMark)) std::from_chars(text.data() + kMark.size(), text.data() + text.size(), format);
  if (format == kFormat) return absl::OkStatus();
  if (format > kFormat) {
    return absl::FailedPreconditionError(
        fmt::format("{} was written by a newer program, in format {}; this one knows format {}: use the newer program, "
                    "or another directory",
                    path_.string(), format, kFormat));
  }
  return absl::FailedPreconditionError(
      fmt::format("{} is damaged, or not a store's: use another directory, or restore this one from a backup",
                  (path_ / kFormatFile).string()));
}

absl::Status Directory::MarkFormat() {
  return WriteDurably(path_, kFormatFile, kNewFormatFile, fmt::format("{}{}\n", kMark, kFormat));
}

}  // namespace tomada::rocksdb_store
