// DocumentCall: a request for the document that depends on who asks.
#pragma once

#include <functional>
#include <memory>

#include <absl/status/statusor.h>

#include "dispatch/http_call.h"
#include "net/server/response_stream.h"
#include "openapi/callers_document.h"
#include "tomada/timer.h"

namespace tomada::pistache_http {

// Keeps request and call alive until the services have said what may be seen. The client gets one answer: the page, or
// at the deadline, or when the server stops, why there is none. On the worker's thread.
class DocumentCall final : public std::enable_shared_from_this<DocumentCall>,
                           private net::StreamObserver,
                           private Timer {
 public:
  // Called at most once.
  using Answer = std::function<void(const Request&, net::ResponseStream, absl::StatusOr<CallersDocument::PagePtr>)>;

  // Document and headers outlive it.
  DocumentCall(CallersDocument& document, const ForwardedHeaders& forwarded, RequestPtr request, Deadline deadline,
               net::ResponseStream reply, Answer answer);

  // It keeps itself until it has ended.
  void Start();

 private:
  Task<void> Run();
  void Finish(absl::StatusOr<CallersDocument::PagePtr> page);
  // Answers before the services have.
  void Cut(const absl::Status& status);

  void OnDisconnect() override;
  void OnShutdown() override;
  void OnRoom() override {}
  void Expired() override;

  CallersDocument& document_;
  const RequestPtr request_;
  const net::ResponseStream reply_;
  Answer answer_;  // empty when it has been called, or nobody waits for it
  HttpCall call_;
};

}  // namespace tomada::pistache_http
