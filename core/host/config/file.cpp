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

  // The size is not trusted: files under /proc say 0, and a file may grow while it is read.
  std::string content;
  char buffer[16384];
  while (content.size() <= limit) {
    ssize_t count = read(fd.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return CannotRead(errno);
    if (count == 0) return content;
    content.append(buffer, static_cast<size_t>(count));
  }
  return absl::InvalidArgumentError(fmt::format("is larger than {}", FormatConfigValue(ByteSize{limit})));
}

}  // namespace tomada
