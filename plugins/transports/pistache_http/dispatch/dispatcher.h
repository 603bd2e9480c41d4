// Dispatcher: from a request to the method that serves it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dispatch/exchange.h"
#include "dispatch/routes.h"
#include "net/server/session.h"
#include "openapi/docs_pages.h"
#include "tomada/log.h"
#include "tomada/metrics.h"
#include "tomada/served_method.h"
#include "transcode/target.h"

namespace tomada::pistache_http {

// Immutable; used by all workers.
class Dispatcher final : public net::RequestHandler {
 public:
  // What `docs` has is answered where the services have nothing, and so are /healthz and /readyz where there is
  // `ready`, which is called on any worker.
  Dispatcher(Routes routes, DocsPages docs, ExchangeOptions options, Logger log, const Metrics& metrics,
             std::function<bool()> ready = {});

  // Lines are read as they arrive, where the method takes a stream of them.
  net::BodyWish WishFor(const net::Request& head) override;
  void Handle(net::RequestPtr request, net::ResponseStream reply) override;
  void Refuse(net::RequestPtr request, net::ResponseStream reply, int http_status, std::string_view message) override;

 private:
  void Call(RequestPtr request, const Target& target, const Router::Match& match, net::ResponseStream reply) const;

  // Answers without calling anything, and counts that. `allow` is empty when there is none to name.
  void Refuse(ServedMethod& served, const Request& request, net::ResponseStream reply, int http_status,
              const absl::Status& status, std::string allow = "") const;
  void RefuseBinding(ServedMethod& served, const Request& request, net::ResponseStream reply,
                     const absl::Status& status, const Binding& binding) const;
  // `response` becomes the error; with another HTTP status than that of the code when one is given.
  void AnswerError(net::ResponseStream reply, const absl::Status& status, const Binding* binding,
                   std::optional<int> http_status, net::Response response) const;
  void AnswerOptions(const Request& request, net::ResponseStream reply, std::string allow) const;
  void AnswerPreflight(const Request& request, net::ResponseStream reply, const Target& target) const;
  // 405 or 501, or the answer to OPTIONS.
  void RefuseMethod(const Request& request, net::ResponseStream reply, std::string allow) const;
  // Causes are for the log and for admin: whoever can call here is not told them.
  void AnswerHealth(const Request& request, net::ResponseStream reply, bool healthy, std::string_view text) const;
  // `all` sees the page: else it is of this caller alone.
  void AnswerPage(const Request& request, net::ResponseStream reply, const DocsPage& page, bool all) const;
  void AnswerDocument(RequestPtr request, net::ResponseStream reply, CallersDocument& document) const;
  void AnswerHeadOfStream(const Request& request, const Endpoint& endpoint, net::ResponseStream reply,
                          const StreamFormat& format) const;

  const Routes routes_;
  const DocsPages docs_;
  const ExchangeOptions options_;
  const Logger log_;
  const std::function<bool()> ready_;
  bool takes_streams_ = false;  // some method does
  std::map<const Method*, std::unique_ptr<ServedMethod>> methods_;
  std::vector<ServedMethod*> served_;            // by route
  const std::unique_ptr<ServedMethod> unknown_;  // requests for which there is no method
};

}  // namespace tomada::pistache_http
