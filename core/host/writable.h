// Who may change a file: asked of the plugins, which the host runs, and of the profile, which says what to run. Who may
// read it: asked of those that hold secrets.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

namespace tomada {

// Whether the mode has `others` for all, or `group` for a group that is neither root's nor that of this process.
inline bool OpenToOthers(const struct stat& info, mode_t group, mode_t others) {
  const bool strange_group = info.st_gid != 0 && info.st_gid != ::getegid();
  return (info.st_mode & others) || (strange_group && (info.st_mode & group));
}
inline bool WritableByOthers(const struct stat& info) { return OpenToOthers(info, S_IWGRP, S_IWOTH); }
inline bool ReadableByOthers(const struct stat& info) { return OpenToOthers(info, S_IRGRP, S_IROTH); }

}  // namespace tomada
