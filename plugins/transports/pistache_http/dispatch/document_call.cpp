#include "dispatch/document_call.h"

#include <utility>

#include "dispatch/exchange.h"
#include "net/server/response.h"
#include "net/server/worker.h"

namespace tomada::pistache_http {

DocumentCall::DocumentCall(CallersDocument& document, const ForwardedHeaders& forwarded, RequestPtr request,
                           Deadline deadline, net::ResponseStream reply, Answer answer)
    : Timer(reply.worker().timers()),
      document_(document),
      request_(std::move(request)),
      reply_(reply),
      answer_(std::move(answer)),
      call_(reply, deadline, *request_, forwarded) {}

void DocumentCall::Start() {
  auto self = shared_from_this();
  reply_.Observe(this);
  Spawn(Run(), [self] {});
  if (answer_) SetDeadline(call_.deadline());
}

Task<void> DocumentCall::Run() {
  CallersDocument::PagePtr page = co_await document_.For(call_);
  Hop hop(reply_.worker().executor());
  co_await hop;
  Finish(std::move(page));
}

void DocumentCall::Finish(absl::StatusOr<CallersDocument::PagePtr> page) {
  if (Answer answer = std::exchange(answer_, nullptr)) answer(*request_, reply_, std::move(page));
}

void DocumentCall::Cut(const absl::Status& status) {
  auto self = shared_from_this();
  Finish(status);
  call_.Cancel(status);
}

void DocumentCall::OnDisconnect() {
  auto self = shared_from_this();
  answer_ = nullptr;
  call_.Cancel(absl::CancelledError("the client is gone"));
}

void DocumentCall::OnShutdown() { Cut(absl::UnavailableError(net::kShuttingDown)); }

void DocumentCall::Expired() { Cut(DeadlinePassed()); }

}  // namespace tomada::pistache_http
