// Component: a live instance of a plugin.
#ifndef TOMADA_COMPONENT_H_
#define TOMADA_COMPONENT_H_

#include <absl/status/status.h>

#include "tomada/call.h"

namespace tomada {

// The host makes every component of the profile first, then starts them one after another, what is used before its
// user, and stops them in the reverse order, all on one thread. Whatever a component uses is started before it,
// outlives it, and is stopped after it.
class Component {
 public:
  // Called on the host's thread after Stop, or without Start when another component failed.
  virtual ~Component();

  // Begins to work, and returns without waiting for others: what runs on does so on the component's own threads.
  // A transport binds its port here, so that a taken port fails the start. A store whose server is away starts all the
  // same and reports itself not ready. Called at most once. An error ends the host: the status says what and why.
  virtual absl::Status Start() = 0;

  // Ends the work: finishes what is in flight until `grace`, then cancels it. Returns when nothing of the component
  // runs any more. Called also when Start failed or was never called, and may be called twice. An error is logged;
  // the others are stopped all the same.
  virtual absl::Status Stop(Deadline grace) = 0;
};

// What a component of any kind may also be: a transport, or a service whose streams go on until their clients leave.
// The host looks for it before it stops anything.
class Drainable {
 public:
  virtual ~Drainable();

  // Takes no new work and tells clients to go elsewhere (GOAWAY, Connection: close), while what is in flight goes on.
  // Returns at once. Called on every drainable component before the first Stop, so that they drain side by side.
  virtual void Drain() = 0;
};

}  // namespace tomada

#endif  // TOMADA_COMPONENT_H_
