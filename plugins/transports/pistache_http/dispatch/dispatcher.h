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

 private:
  void Call(RequestPtr request, const Target& target, const Router::Match& match, ReplyAddress reply) const;

  const Routes routes_;
  const ExchangeOptions options_;
  const Logger log_;
};

}  // namespace tomada::pistache_http
