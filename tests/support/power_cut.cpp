// Preloaded into a program, it stands between the program and the files of one directory, and plays a disk that is
// powered off at some write, or that fails a sync. It is told by the environment:
//
//   POWER_CUT_DIRECTORY      whose files
//   POWER_CUT_AT_WRITE       at this write to them, counted from 1, the power goes: each file is cut back to what had
//   been
//                            synced, and the process ends at once with code 99. 0: never
//   POWER_CUT_KEEP_SEED      not 0: of what had not been synced a part by chance is kept, from the front
//   POWER_CUT_FAIL_LOG_SYNC  this sync of a .log file, counted from 1, fails with EIO and syncs nothing
//
// Names of files are not lost, only their contents: the store syncs directories itself, and file systems keep the
// order.
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <utility>

namespace {

template <class Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

long Number(const char* name) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::atol(text) : 0;
}

class Disk {
 public:
  static Disk& Get() {
    static Disk* disk = new Disk;  // never destroyed: threads write until the end
    return *disk;
  }

  // Writes through `write`, and then lets the power go when it is time.
  ssize_t Write(int fd, auto write) {
    if (!IsOurs(fd)) return write();
    std::lock_guard lock(mutex_);
    Find(fd);  // its size before
    const ssize_t written = write();
    if (++writes_ == cut_at_) Cut();
    return written;
  }

  int Sync(int fd, auto sync) {
    if (!IsOurs(fd)) return sync();
    off_t size;
    {
      std::lock_guard lock(mutex_);
      if (IsLog(fd) && ++log_syncs_ == fail_log_sync_) {
        errno = EIO;
        return -1;
      }
      Find(fd);
      size = Size(fd);
    }
    const int result = sync();
    std::lock_guard lock(mutex_);
    File& file = Find(fd);
    if (result == 0 && size > file.synced) file.synced = size;
    return result;
  }

  void Forget(int fd) {
    std::lock_guard lock(mutex_);
    ours_.erase(fd);
  }

 private:
  struct File {
    int fd;  // a duplicate, which stays
    off_t synced;
  };

  Disk() {
    if (const char* directory = std::getenv("POWER_CUT_DIRECTORY")) directory_ = std::string(directory) + "/";
    cut_at_ = Number("POWER_CUT_AT_WRITE");
    fail_log_sync_ = Number("POWER_CUT_FAIL_LOG_SYNC");
    keep_seed_ = Number("POWER_CUT_KEEP_SEED");
  }

  static std::string NameOf(int fd) {
    char name[PATH_MAX];
    const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), name, sizeof name);
    return size > 0 ? std::string(name, static_cast<size_t>(size)) : std::string();
  }
  static bool IsLog(int fd) { return NameOf(fd).ends_with(".log"); }
  static off_t Size(int fd) {
    struct stat info;
    return ::fstat(fd, &info) == 0 ? info.st_size : 0;
  }

  bool IsOurs(int fd) {
    std::lock_guard lock(mutex_);
    auto [known, is_new] = ours_.try_emplace(fd, false);
    struct stat info;
    if (is_new && ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
      known->second = !directory_.empty() && NameOf(fd).starts_with(directory_);
    }
    return known->second;
  }

  // What a file held when it is first seen was there before the program.
  File& Find(int fd) {
    struct stat info;
    ::fstat(fd, &info);
    auto [file, is_new] = files_.try_emplace({info.st_dev, info.st_ino}, File{-1, info.st_size});
    if (is_new) file->second.fd = ::dup(fd);
    return file->second;
  }

  [[noreturn]] void Cut() {
    std::minstd_rand random(static_cast<unsigned>(keep_seed_));
    for (auto& [inode, file] : files_) {
      const off_t lost = Size(file.fd) - file.synced;
      if (lost <= 0) continue;
      const off_t kept = keep_seed_ != 0 ? static_cast<off_t>(random() % static_cast<unsigned long>(lost + 1)) : 0;
      if (::ftruncate(file.fd, file.synced + kept) != 0) ::_exit(98);
    }
    ::_exit(99);
  }

  std::string directory_;
  long cut_at_ = 0, fail_log_sync_ = 0, keep_seed_ = 0;
  std::mutex mutex_;  // guards the rest
  std::map<int, bool> ours_;
  std::map<std::pair<dev_t, ino_t>, File> files_;
  long writes_ = 0, log_syncs_ = 0;
};

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t size) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t)>("write");
  return Disk::Get().Write(fd, [=] { return next(fd, data, size); });
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return Disk::Get().Write(fd, [=] { return next(fd, data, size, offset); });
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return Disk::Get().Write(fd, [=] { return next(fd, data, size, offset); });
}

int fdatasync(int fd) {
  static const auto next = Next<int (*)(int)>("fdatasync");
  return Disk::Get().Sync(fd, [=] { return next(fd); });
}

int fsync(int fd) {
  static const auto next = Next<int (*)(int)>("fsync");
  return Disk::Get().Sync(fd, [=] { return next(fd); });
}

int close(int fd) {
  static const auto next = Next<int (*)(int)>("close");
  Disk::Get().Forget(fd);
  return next(fd);
}
}
