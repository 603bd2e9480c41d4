#include "tomada/child_call.h"

namespace tomada {

// What goes along with a call and is not asked of the parent later is all here.
ChildCall::ChildCall(Call& parent)
    : Call(parent.executor(), parent.deadline()),
      parent_(parent),
      on_cancel_(parent.stop_token(), CancelWithParent(*this)) {
  set_principal(parent.principal());
  set_priority(parent.priority());
}

void ChildCall::LoadMetadata(Metadata& metadata) {
  for (const auto& [name, value] : parent_.metadata().entries()) {
    if (name != "x-request-id" && name != "traceparent") metadata.Add(name, value);
  }
  metadata.Add("x-request-id", parent_.id());
  if (parent_.traced()) metadata.Add("traceparent", parent_.trace().ToTraceparent());
}

}  // namespace tomada
