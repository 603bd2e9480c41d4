#include "config/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include "tomada/config.h"

namespace tomada {
namespace {

constexpr size_t kMaxValueFile = 64 << 10;

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status CannotRead(int error) {
  return absl::UnavailableError(fmt::format("cannot be read: {}", std::generic_category().message(error)));
}

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::filesystem::path& path, size_t limit) {
  // O_NONBLOCK: opening a FIFO without a writer must not wait.
  FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (fd.get() < 0 || fstat(fd.get(), &status) != 0) return CannotRead(errno);
  if (S_ISDIR(status.st_mode)) return absl::InvalidArgumentError("is a directory");
  if (!S_ISREG(status.st_mode)) return absl::InvalidArgumentError("is not a regular file");

  // The size is not trusted: files under /proc say 0, and a file may grow while it is read. It is read straight to
  // where it stays, so that no copy of a secret is left behind.
  std::string content(limit + 1, '\0');
  size_t size = 0;
  while (size <= limit) {
    ssize_t count = read(fd.get(), content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return CannotRead(errno);
    if (count == 0) {
      content.resize(size);
      return content;
    }
    size += static_cast<size_t>(count);
  }
  return absl::InvalidArgumentError(fmt::format("is larger than {}", FormatConfigValue(ByteSize{limit})));
}

absl::StatusOr<std::string> ReadValueFile(const std::filesystem::path& path) {
  absl::StatusOr<std::string> content = ReadSmallFile(path, kMaxValueFile);
  if (content.ok() && content->ends_with('\n')) content->pop_back();
  return content;
}

}  // namespace tomada
