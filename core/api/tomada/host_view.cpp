#include "tomada/host_view.h"

#include "tomada/host_control.h"

namespace tomada {

HostView::~HostView() = default;
HostControl::~HostControl() = default;

std::string_view ComponentStateName(ComponentState state) {
  switch (state) {
    case ComponentState::kStarting: return "starting";
    case ComponentState::kReady: return "ready";
    case ComponentState::kDegraded: return "degraded";
    case ComponentState::kNotReady: return "not ready";
  }
  return "not ready";
}

}  // namespace tomada
