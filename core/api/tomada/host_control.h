// HostControl: what a component may do to the host it runs in. It is found where the HostView is:
//
//   HostControl& control = context.use<HostControl>("host");
//
// Who offers it to others sees to who may use it. The log has each use.
#ifndef TOMADA_HOST_CONTROL_H_
#define TOMADA_HOST_CONTROL_H_

#include <string>
#include <string_view>

#include <absl/status/status.h>

#include "tomada/call.h"
#include "tomada/log.h"
#include "tomada/task.h"

namespace tomada {

// Thread-safe; it outlives every component.
class HostControl {
 public:
  virtual ~HostControl();

  // From now until the process ends, lines of `component`, an id or "host", are written from `level` up. NOT_FOUND for
  // another id. Waits for nobody.
  virtual absl::Status SetLogLevel(std::string_view component, LogLevel level) = 0;

  // Copies what a component keeps into `directory`, as HasBackup says, on a thread of the blocking pool. It is not
  // interrupted when the call ends; a stop of the host waits for it as for a component. NOT_FOUND for an id that is no
  // component's, UNIMPLEMENTED for one that keeps nothing that can be copied here, RESOURCE_EXHAUSTED while another
  // backup is under way or the pool is full; else as HasBackup.
  virtual Task<absl::Status> BackUp(Call& call, std::string component, std::string directory) = 0;
};

}  // namespace tomada

#endif  // TOMADA_HOST_CONTROL_H_
