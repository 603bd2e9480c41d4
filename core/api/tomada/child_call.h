// ChildCall: what a handler makes of its call to call somebody else.
#ifndef TOMADA_CHILD_CALL_H_
#define TOMADA_CHILD_CALL_H_

#include <stop_token>

#include "tomada/call.h"

namespace tomada {

// Executor, deadline, id, peer, principal and priority are the parent's, and so is the metadata, which is read when it
// is first asked for; of a trace this is a span beneath the parent's. Cancel of the parent cancels this one too, for
// the same reason, and not the other way round. response_metadata() is its own: what is answered here is no answer to
// the parent's client.
//
// Made where the parent may be used (see Call), which outlives it.
class ChildCall final : public Call {
 public:
  explicit ChildCall(Call& parent);
  explicit ChildCall(ChildCall& parent) : ChildCall(static_cast<Call&>(parent)) {}  // no copy: a child of the child

 private:
  // What another process would be told: the parent's id as x-request-id, its span as traceparent.
  void LoadMetadata(Metadata& metadata) override;
  void LoadPeer(Peer& peer) override { peer = parent_.peer(); }

  class CancelWithParent {
   public:
    explicit CancelWithParent(ChildCall& child) : child_(child) {}
    void operator()() const noexcept { child_.Cancel(child_.parent_.status()); }

   private:
    ChildCall& child_;
  };

  Call& parent_;
  const std::stop_callback<CancelWithParent> on_cancel_;  // the last: it may run before it is made
};

}  // namespace tomada

#endif  // TOMADA_CHILD_CALL_H_
