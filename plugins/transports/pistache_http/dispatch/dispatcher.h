// Dispatcher: from a request to the method that serves it.
#pragma once

#include <string>

#include "codec/session.h"
#include "dispatch/exchange.h"
#include "dispatch/routes.h"
#include "tomada/log.h"
#include "transcode/target.h"

namespace tomada::pistache_http {

// Immutable; used by all workers.
class Dispatcher final : public RequestHandler {
 public:
  Dispatcher(Routes routes, ExchangeOptions options, Logger log);

  void Handle(RequestPtr request, ReplyAddress reply) override;
  std::string ErrorBody(const absl::Status& status) const override;

 private:
  void Call(RequestPtr request, const Target& target, const Router::Match& match, ReplyAddress reply) const;

  // Answers without calling anything. `allow` is empty when there is none to name.
  void Refuse(const Request& request, ReplyAddress reply, int http_status, const absl::Status& status,
              std::string allow = "") const;
  void RefuseBinding(const Request& request, ReplyAddress reply, const absl::Status& status,
                     const Binding& binding) const;
  void AnswerOptions(const Request& request, ReplyAddress reply, std::string allow) const;
  void AnswerPreflight(const Request& request, ReplyAddress reply, const Target& target) const;
  void AnswerHeadOfStream(const Request& request, const Endpoint& endpoint, ReplyAddress reply,
                          const StreamFormat& format) const;

  const Routes routes_;
  const ExchangeOptions options_;
  const Logger log_;
};

}  // namespace tomada::pistache_http
