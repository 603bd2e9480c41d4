#include "server.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>
#include <thread>

#include <fmt/format.h>

#include "net/server/http1_session.h"
#include "openapi/document.h"

namespace tomada::pistache_http {
namespace {

// Descriptors that a listener for other machines leaves to the rest of the process: admin, its front end, stores.
constexpr int kDescriptorsKept = 64;

int FirstDescriptorKept(const Config& config) {
  rlimit limit{};
  const bool for_this_machine = !config.unix_socket.empty() || config.listen.IsLoopback();
  if (for_this_machine || getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<int>::max();
  constexpr rlim_t kMost = std::numeric_limits<int>::max();
  return static_cast<int>(std::min(limit.rlim_cur, kMost)) - kDescriptorsKept;
}

}  // namespace

Server::Server(Config config, Providers providers, Logger log, Metrics metrics, std::string share,
               std::function<bool()> ready, Budget process_calls, std::function<void(const std::string&)> warn)
    : config_(std::move(config)),
      providers_(std::move(providers)),
      log_(std::move(log)),
      metrics_(std::move(metrics)),
      share_(std::move(share)),
      ready_(std::move(ready)),
      process_calls_(std::move(process_calls)),
      warn_(std::move(warn)) {}

Server::~Server() { Stop(std::chrono::steady_clock::now()).IgnoreError(); }

absl::Status Server::Start() {
  if (auto status = CheckServices(); !status.ok()) return status;
  behaviors_ = Comments().BehaviorsOf(Services());
  auto routes = MakeRoutes();
  if (!routes.ok()) return routes.status();
  dispatcher_ = std::make_unique<Dispatcher>(std::move(*routes), MakeDocs(), MakeExchangeOptions(), log_, metrics_,
                                             config_.health ? ready_ : nullptr);
  if (auto status = StartTls(); !status.ok()) return status;
  // HTTP/1.1 is what TLS agrees on, and what clients speak that agree on nothing.
  auto make_session = [this](net::Connection& connection, std::string_view) -> std::unique_ptr<net::Session> {
    return std::make_unique<net::Http1Session>(connection, *dispatcher_);
  };
  shared_ = std::make_unique<net::Worker::Shared>(MakeLimits(), std::make_unique<Request>, make_session, log_, metrics_,
                                                  process_calls_, tls_.get());
  if (auto status = StartWorkers(); !status.ok()) return status;
  if (tls_ == nullptr) {
    log_.Info("listening", {{"address", address_}});
  } else {
    log_.Info("listening",
              {{"address", address_}, {"tls", std::string(NameOf(config_.tls.min_version)) + " or later"}});
  }
  return absl::OkStatus();
}

absl::Status Server::StartTls() {
  if (!config_.tls.enabled()) return absl::OkStatus();
  auto tls = net::TlsServerContext::Make(config_.tls.Options("tls."));
  if (!tls.ok()) return tls.status();
  tls_ = *std::move(tls);
  const std::string host = config_.PublicHost();
  if (!host.empty() && !tls_->IsOf(host)) {
    log_.Warning("clients that come by `public_url` will not trust this server: no certificate is of its host",
                 {{"host", host}});
  }
  auto warn = warn_ ? warn_ : [](const std::string&) {};
  certificates_ = std::make_unique<net::CertificateWatch>(*tls_, log_, metrics_, std::move(warn),
                                                          absl::ToChronoMilliseconds(config_.tls.reload_interval));
  certificates_->Start();
  return absl::OkStatus();
}

int Server::workers() const {
  if (config_.workers > 0) return config_.workers;
  return std::max(static_cast<int>(std::thread::hardware_concurrency()), 1);
}

absl::StatusOr<std::vector<UniqueFd>> Server::OpenListeners() {
  if (config_.unix_socket.empty()) {
    auto listeners = net::Listen(config_.listen, workers());
    if (listeners.ok()) address_ = net::LocalAddress(listeners->front().get());
    return listeners;
  }
  auto listener = net::ListenUnix(config_.unix_socket, workers());
  if (!listener.ok()) return listener.status();
  socket_file_.emplace(std::move(listener->file));
  address_ = "unix:" + config_.unix_socket;
  return std::move(listener->sockets);
}

absl::Status Server::StartWorkers() {
  auto listeners = OpenListeners();
  if (!listeners.ok()) return listeners.status();
  for (UniqueFd& listener : *listeners) {
    auto worker = std::make_unique<net::Worker>(*shared_, std::move(listener));
    if (auto status = worker->Start(); !status.ok()) return status;
    workers_.push_back(std::move(worker));
  }
  return absl::OkStatus();
}

void Server::Drain() {
  socket_file_.reset();
  for (auto& worker : workers_) worker->Drain();
}

absl::Status Server::Stop(Deadline grace) {
  socket_file_.reset();
  for (auto& worker : workers_) worker->Stop(grace);
  for (auto& worker : workers_) worker->Join();
  workers_.clear();
  certificates_.reset();
  address_.clear();
  return absl::OkStatus();
}

std::string Server::start_page() const {
  absl::StatusOr<HostPort> at = HostPort::Parse(address_);
  if (!config_.docs || !config_.unix_socket.empty() || !at.ok()) return "";
  if (at->host == "0.0.0.0") at->host = "127.0.0.1";
  if (at->host == "::") at->host = "::1";
  return fmt::format("{}://{}/docs", config_.tls.enabled() ? "https" : "http", at->ToString());
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

std::vector<const Service*> Server::Services() const {
  std::vector<const Service*> services;
  for (const auto& [id, provider] : providers_) {
    for (const Service& service : provider->services()) services.push_back(&service);
  }
  return services;
}

absl::StatusOr<Routes> Server::MakeRoutes() const {
  std::vector<std::pair<std::string, const Service*>> services;
  for (const auto& [id, provider] : providers_) {
    for (const Service& service : provider->services()) services.emplace_back(id, &service);
  }
  return Routes::Make(
      services, Binding::Options{config_.ignore_unknown_fields, config_.ignore_unknown_query, &behaviors_.output_only});
}

DocsPages Server::MakeDocs() const {
  if (!config_.docs) return DocsPages();
  DocumentOptions options{config_.proto_names, config_.emit_empty_lists, config_.errors, config_.PublicUrl()};
  const std::string assets = share_ + "/swagger-ui";
  const std::vector<const Service*> services = Services();
  const auto hides = [](const Service* service) -> bool { return service->visible != nullptr; };
  if (std::any_of(services.begin(), services.end(), hides)) {
    auto document = std::make_unique<CallersDocument>(services, std::move(options), log_);
    return DocsPages(std::move(document), assets, config_.PublicUrl());
  }
  return DocsPages(MakeOpenApi(services, options), assets, config_.PublicUrl());
}

net::Limits Server::MakeLimits() const {
  auto duration = [](absl::Duration value) {
    return std::chrono::duration_cast<net::Limits::Duration>(absl::ToChronoNanoseconds(value));
  };
  net::Limits limits;
  limits.max_connections = config_.max_connections;
  limits.local_peers_exempt = config_.max_connections_per_peer == 0;
  limits.max_connections_per_peer =
      limits.local_peers_exempt ? std::max(config_.max_connections / 2, 1) : config_.max_connections_per_peer;
  limits.trusted_proxies = TrustedProxies::Parse(config_.trusted_proxies).value();  // Config::Check has seen them
  limits.max_descriptor = FirstDescriptorKept(config_);
  limits.max_calls = config_.max_calls;
  limits.max_pipelined = static_cast<size_t>(config_.max_pipelined);
  limits.max_unsent = config_.max_unsent.bytes / static_cast<size_t>(workers());
  limits.max_header_size = config_.max_header_size.bytes;
  limits.max_body_size = config_.max_body_size.bytes;
  limits.header_timeout = duration(config_.header_timeout);
  limits.body_timeout = duration(config_.body_timeout);
  limits.idle_timeout = duration(config_.idle_timeout);
  if (const int64_t told = absl::ToInt64Seconds(config_.idle_timeout) - 1; told > 0) {
    limits.keep_alive = fmt::format("Keep-Alive: timeout={}\r\n", told);
  }
  limits.write_timeout = duration(config_.write_timeout);
  limits.drain_linger = duration(config_.drain_linger);
  return limits;
}

ExchangeOptions Server::MakeExchangeOptions() const {
  ExchangeOptions options;
  options.request_timeout = absl::ToChronoNanoseconds(config_.request_timeout);
  options.stream_timeout = absl::ToChronoNanoseconds(config_.stream_timeout);
  options.event_keepalive = absl::ToChronoNanoseconds(config_.event_keepalive);
  options.forward_headers =
      std::make_unique<ForwardedHeaders>(config_.HeadersToForward(), config_.max_forwarded_size.bytes, log_);
  options.answers.errors = config_.errors;
  options.public_url = config_.PublicUrl();
  options.answers.cors = Cors({config_.cors_origins, config_.cors_credentials,
                               std::chrono::seconds(absl::ToInt64Seconds(config_.cors_max_age))});
  options.json.emit_defaults = config_.emit_defaults;
  options.json.emit_empty_lists = config_.emit_empty_lists;
  options.json.hidden = &behaviors_.input_only;
  options.json.proto_names = config_.proto_names;
  return options;
}

}  // namespace tomada::pistache_http
