// Copies of what a component keeps.
#ifndef TOMADA_BACKUP_H_
#define TOMADA_BACKUP_H_

#include <string>

#include <absl/status/status.h>

namespace tomada {

// What a component may also be, of a store all that it keeps. `tomada backup` and HostControl look for it.
class HasBackup {
 public:
  virtual ~HasBackup();

  // Copies the component's data into `directory`, which it makes, so that a component whose config names the copy has
  // what this one has. Called on any thread, which it may block, and once at a time: on a component that runs, or on
  // one that has been made and not started, while another process may be running on the same data. Who runs on it goes
  // on undisturbed, and all that was acknowledged before the call is in the copy. OK when the copy is on disk and has
  // been found to be complete. FAILED_PRECONDITION when there is something in `directory`.
  virtual absl::Status BackUp(const std::string& directory) = 0;
};

}  // namespace tomada

#endif  // TOMADA_BACKUP_H_
