// Server: an HTTP/1.1 and JSON front end of services.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config.h"
#include "dispatch/dispatcher.h"
#include "net/server/worker.h"
#include "net/socket/listener.h"
#include "net/tls/certificate_watch.h"
#include "net/tls/server_context.h"
#include "openapi/comments.h"
#include "tomada/budget.h"
#include "tomada/component.h"
#include "tomada/log.h"
#include "tomada/metrics.h"
#include "tomada/service.h"
#include "tomada/start_page.h"

namespace tomada::pistache_http {

class Server final : public Component, public Drainable, public HasStartPage {
 public:
  using Providers = std::vector<std::pair<std::string, ServiceProvider*>>;

  // Providers with their components' ids; they outlive the server. `share` is the folder of the
  // installation with the files of Swagger UI and the descriptor sets of the .proto files. `ready`, called from any
  // thread, says whether this component and what it uses is: for /readyz, where the config has it. Calls take one each
  // of `process_calls`. `warn` is called by one thread at a time with what will need somebody, such as a certificate
  // that ends; with nothing when that is over.
  Server(Config config, Providers providers, Logger log, Metrics metrics = {}, std::string share = "",
         std::function<bool()> ready = {}, Budget process_calls = Budget(),
         std::function<void(const std::string&)> warn = {});
  ~Server() override;

  // INVALID_ARGUMENT or ALREADY_EXISTS for routes that are wrong or clash, UNAVAILABLE for an address that is taken.
  absl::Status Start() override;
  // Drains: an idle connection has `drain_linger` to send one more request, which is answered; then it is closed.
  absl::Status Stop(Deadline grace) override;
  void Drain() override;

  // The documentation of the services; empty without it, and at a Unix socket.
  std::string start_page() const override;

  // "127.0.0.1:8000", with the port that was picked, or "unix:PATH"; empty before Start and after Stop.
  const std::string& address() const { return address_; }

 private:
  absl::Status CheckServices() const;
  std::vector<const Service*> Services() const;
  absl::StatusOr<Routes> MakeRoutes() const;
  DocsPages MakeDocs() const;
  int workers() const;
  net::Limits MakeLimits() const;
  ExchangeOptions MakeExchangeOptions() const;
  absl::StatusOr<std::vector<UniqueFd>> OpenListeners();
  absl::Status StartWorkers();
  absl::Status StartTls();

  const Config config_;
  const Providers providers_;
  const Logger log_;
  const Metrics metrics_;
  const std::string share_;
  const std::function<bool()> ready_;
  const Budget process_calls_;
  const std::function<void(const std::string&)> warn_;
  std::string address_;
  std::optional<net::SocketFile> socket_file_;  // while it may be connected to
  FieldBehaviors behaviors_;                    // known from Start on
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<net::TlsServerContext> tls_;  // null: clear text
  std::unique_ptr<net::CertificateWatch> certificates_;
  std::unique_ptr<net::Worker::Shared> shared_;
  std::vector<std::unique_ptr<net::Worker>> workers_;  // those whose thread runs
};

}  // namespace tomada::pistache_http
