#include "directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
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
constexpr char kSequenceFile[] = "tomada.sequence";
constexpr char kNewSequenceFile[] = "tomada.sequence.new";
constexpr std::string_view kMark = "tomada rocksdb_store format ";
constexpr int kFormat = 1;
constexpr std::string_view kSequenceMark = "tomada rocksdb_store sequence ";

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
absl::StatusOr<UniqueFd> Lock(const fs::path& path) {
  const fs::path file = path / kLockFile;
  UniqueFd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return SystemError("cannot write in the directory", path, errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error != EWOULDBLOCK) return SystemError("cannot lock", file, error);
    const std::string pid = ReadAll(file);
    if (pid.empty()) return InUse(path, "another process");
    if (pid == std::to_string(::getpid())) return InUse(path, "another store of this process");
    return InUse(path, fmt::format("process {}", pid));
  }
  const std::string pid = std::to_string(::getpid());
  // Only for the message above.
  if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), pid.data(), pid.size(), 0) < 0) errno = 0;
  return lock;
}

// The number stands there twice, with leading zeros. Written over the old one, and cut off by a power cut, one of the
// two may be a mixture, but the smaller of them is never more than the new number.
std::string SequenceText(uint64_t sequence) { return fmt::format("{0}{1:020} {1:020}\n", kSequenceMark, sequence); }

std::optional<uint64_t> ParseSequence(std::string_view text) {
  uint64_t first = 0, second = 0;
  if (text.size() != SequenceText(0).size() || !text.starts_with(kSequenceMark)) return std::nullopt;
  const char* digits = text.data() + kSequenceMark.size();
  const bool read = std::from_chars(digits, digits + 20, first).ptr == digits + 20 &&
                    std::from_chars(digits + 21, digits + 41, second).ptr == digits + 41;
  return read ? std::optional(std::min(first, second)) : std::nullopt;
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
  return SyncDirectory(directory);
}

}  // namespace

absl::Status SystemError(std::string_view what, const fs::path& path, int error) {
  const absl::StatusCode code = error == ENOSPC ? absl::StatusCode::kResourceExhausted
                                : error == EACCES || error == EPERM || error == EROFS
                                    ? absl::StatusCode::kPermissionDenied
                                    : absl::StatusCode::kUnavailable;
  // In a container the user is often not the one that the volume was made for.
  const std::string hint = code != absl::StatusCode::kPermissionDenied
                               ? ""
                               : fmt::format("; make it writable for user {}, or set another `path`", ::geteuid());
  return absl::Status(code,
                      fmt::format("{} {}: {}{}", what, path.string(), std::system_category().message(error), hint));
}

absl::Status SyncDirectory(const fs::path& path) {
  const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return SystemError("cannot open", path, errno);
  return ::fsync(directory.get()) == 0 ? absl::OkStatus() : SystemError("cannot sync", path, errno);
}

absl::StatusOr<fs::path> Directory::Absolute(const fs::path& path) {
  std::error_code error;
  fs::path absolute = fs::absolute(path, error).lexically_normal();
  if (error) return SystemError("cannot resolve", path, error.value());
  return absolute.has_filename() ? absolute : absolute.parent_path();  // it ended with a slash
}

absl::StatusOr<Directory> Directory::OpenBesideItsOwner(const fs::path& path) {
  absl::StatusOr<fs::path> absolute = Absolute(path);
  if (!absolute.ok()) return absolute.status();
  Directory directory(*std::move(absolute));
  if (absl::Status wrong = directory.CheckFormat(); !wrong.ok()) return wrong;
  if (!directory.is_new_) return directory;
  return absl::FailedPreconditionError(fmt::format("{} holds no store of this kind", directory.path_.string()));
}

absl::StatusOr<Directory> Directory::Open(const fs::path& path) {
  absl::StatusOr<fs::path> absolute = Absolute(path);
  if (!absolute.ok()) return absolute.status();
  if (absl::Status failed = MakeDirectories(*absolute); !failed.ok()) return failed;
  // Before the lock, which would be the first of our files in somebody else's directory.
  Directory directory(*std::move(absolute));
  if (absl::Status wrong = directory.CheckFormat(); !wrong.ok()) return wrong;
  absl::StatusOr<UniqueFd> lock = Lock(directory.path_);
  if (!lock.ok()) return lock.status();
  directory.lock_ = *std::move(lock);
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
    for (const char* ours : {kLockFile, kSequenceFile, kNewSequenceFile, kNewFormatFile, "rocksdb", "lost+found"}) {
      names.erase(ours);
    }
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

absl::StatusOr<uint64_t> Directory::ReadSequence() const {
  const fs::path file = path_ / kSequenceFile;
  std::error_code error;
  if (!fs::exists(file, error) && !error) return 0;
  if (const std::optional<uint64_t> sequence = ParseSequence(ReadAll(file))) return *sequence;
  return absl::DataLossError(fmt::format(
      "{} is damaged: restore the whole directory from a backup, or remove the file to open the store unchecked",
      file.string()));
}

absl::Status Directory::RecordSequence(uint64_t sequence) {
  absl::Status written = WriteDurably(path_, kSequenceFile, kNewSequenceFile, SequenceText(sequence));
  if (!written.ok()) return written;
  const fs::path file = path_ / kSequenceFile;
  sequence_.Reset(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return sequence_ ? absl::OkStatus() : SystemError("cannot write", file, errno);
}

void Directory::AdvanceSequence(uint64_t sequence) const {
  const std::string text = SequenceText(sequence);
  if (::pwrite(sequence_.get(), text.data(), text.size(), 0) < 0) errno = 0;
}

}  // namespace tomada::rocksdb_store
