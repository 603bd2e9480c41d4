// Who may change a file: asked of the plugins, which the host runs, and of the profile, which says what to run.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

namespace tomada {

// By its mode, anybody but its owner, root's group and the group of this process.
inline bool WritableByOthers(const struct stat& info) {
  const bool strange_group = info.st_gid != 0 && info.st_gid != ::getegid();
  return (info.st_mode & S_IWOTH) || (strange_group && (info.st_mode & S_IWGRP));
}

}  // namespace tomada
