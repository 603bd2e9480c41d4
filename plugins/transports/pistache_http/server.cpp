#include "server.h"

#include <unistd.h>

#include <algorithm>
#include <thread>

#include <absl/strings/ascii.h>

#include <fmt/format.h>

#include "codec/http1_session.h"
#include "connection/listener.h"
#include "openapi/document.h"

namespace tomada::pistache_http {
namespace {

ErrorShape ShapeOf(std::string_view errors) { return errors == "fastapi" ? ErrorShape::kFastApi : ErrorShape::kStatus; }

}  // namespace

Server::Server(Config config, Providers providers, Logger log, Metrics metrics, std::string share)
    : config_(std::move(config)),
      providers_(std::move(providers)),
      log_(std::move(log)),
      metrics_(std::move(metrics)),
      share_(std::move(share)) {}

Server::~Server() { Stop(std::chrono::steady_clock::now()).IgnoreError(); }

absl::Status Server::Start() {
  if (auto status = CheckServices(); !status.ok()) return status;
  auto routes = MakeRoutes();
  if (!routes.ok()) return routes.status();
  dispatcher_ = std::make_unique<Dispatcher>(std::move(*routes), MakeDocs(), MakeExchangeOptions(), log_, metrics_);
  auto make_session = [this](Connection& connection) -> std::unique_ptr<Session> {
    return std::make_unique<Http1Session>(connection, *dispatcher_);
  };
  shared_ = std::make_unique<Worker::Shared>(MakeLimits(), make_session, log_);
  if (auto status = StartWorkers(); !status.ok()) return status;
  log_.Info("listening", {{"address", address_}});
  return absl::OkStatus();
}

absl::Status Server::StartWorkers() {
  int count = config_.workers > 0 ? config_.workers : static_cast<int>(std::thread::hardware_concurrency());
  bool by_path = !config_.unix_socket.empty();
  auto listeners =
      by_path ? ListenUnix(config_.unix_socket, std::max(count, 1)) : Listen(config_.listen, std::max(count, 1));
  if (!listeners.ok()) return listeners.status();
  address_ = by_path ? "unix:" + config_.unix_socket : LocalAddress(listeners->front().get());
  for (UniqueFd& listener : *listeners) {
    auto worker = std::make_unique<Worker>(*shared_, std::move(listener));
    if (auto status = worker->Start(); !status.ok()) return status;
    workers_.push_back(std::move(worker));
  }
  return absl::OkStatus();
}

void Server::Drain() {
  for (auto& worker : workers_) worker->Drain();
}

absl::Status Server::Stop(Deadline grace) {
  for (auto& worker : workers_) worker->Stop(grace);
  for (auto& worker : workers_) worker->Join();
  workers_.clear();
  if (address_.starts_with("unix:")) unlink(config_.unix_socket.c_str());
  address_.clear();
  return absl::OkStatus();
}

absl::Status Server::CheckServices() const {
  if (config_.expose_internal) return absl::OkStatus();
  for (const auto& [id, provider] : providers_) {
    for (const Service& service : provider->services()) {
      absl::Status exposed = CheckExposure(service, id, config_.listen, "expose_internal");
      if (!exposed.ok()) return exposed;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Routes> Server::MakeRoutes() const {
  std::vector<std::pair<std::string, const Service*>> services;
  for (const auto& [id, provider] : providers_) {
    for (const Service& service : provider->services()) services.emplace_back(id, &service);
  }
  return Routes::Make(services, Binding::Options{config_.ignore_unknown_fields, config_.ignore_unknown_query});
}

DocsPages Server::MakeDocs() const {
  if (!config_.docs) return DocsPages();
  std::vector<const Service*> services;
  for (const auto& [id, provider] : providers_) {
    for (const Service& service : provider->services()) services.push_back(&service);
  }
  DocumentOptions options{config_.proto_names, ShapeOf(config_.errors), share_ + "/proto"};
  return DocsPages(MakeOpenApi(services, options), share_ + "/swagger-ui");
}

Limits Server::MakeLimits() const {
  auto duration = [](absl::Duration value) {
    return std::chrono::duration_cast<Limits::Duration>(absl::ToChronoNanoseconds(value));
  };
  Limits limits;
  limits.max_connections = config_.max_connections;
  limits.max_connections_per_peer = config_.max_connections_per_peer;
  limits.max_pipelined = static_cast<size_t>(config_.max_pipelined);
  limits.max_header_size = config_.max_header_size.bytes;
  limits.max_body_size = config_.max_body_size.bytes;
  limits.header_timeout = duration(config_.header_timeout);
  limits.body_timeout = duration(config_.body_timeout);
  limits.idle_timeout = duration(config_.idle_timeout);
  limits.write_timeout = duration(config_.write_timeout);
  limits.drain_linger = duration(config_.drain_linger);
  return limits;
}

ExchangeOptions Server::MakeExchangeOptions() const {
  ExchangeOptions options;
  options.request_timeout = absl::ToChronoNanoseconds(config_.request_timeout);
  options.stream_timeout = absl::ToChronoNanoseconds(config_.stream_timeout);
  for (const std::string& name : config_.forward_headers)
    options.forward_headers.push_back(absl::AsciiStrToLower(name));
  options.answers.errors = ShapeOf(config_.errors);
  options.answers.cors = Cors({config_.cors_origins, config_.cors_credentials,
                               std::chrono::seconds(absl::ToInt64Seconds(config_.cors_max_age))});
  options.json.emit_defaults = config_.emit_defaults;
  options.json.proto_names = config_.proto_names;
  return options;
}

}  // namespace tomada::pistache_http
