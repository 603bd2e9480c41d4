#include "grpc_server.h"

#include <chrono>

#include <fmt/format.h>
#include <grpc/grpc.h>
#include <grpcpp/security/server_credentials.h>

#include "net/socket/listener.h"

namespace tomada::grpc_server {
namespace {

// How long nothing may have come in for the clients to count as waiting, and how long that is waited for at most.
constexpr std::chrono::milliseconds kQuiet{30};
constexpr std::chrono::milliseconds kPatience{500};
// How long gRPC may take to write its GOAWAYs.
constexpr std::chrono::milliseconds kGoodbye{50};
// Time for streams to end with a status before they are cut.
constexpr std::chrono::milliseconds kLastWords{250};

int Milliseconds(absl::Duration duration) { return static_cast<int>(absl::ToInt64Milliseconds(duration)); }

}  // namespace

GrpcServer::GrpcServer(const Context& context)
    : config_(context.config<Config>()),
      id_(context.id()),
      log_(context.logger()),
      providers_(context.uses<ServiceProvider>("services")),
      environment_(log_, context.metrics(), absl::ToChronoNanoseconds(config_.default_deadline),
                   absl::ToChronoNanoseconds(config_.max_deadline), config_.max_concurrent_calls,
                   TrustedProxies::Parse(config_.trusted_proxies).value()),  // Config::Check has seen them
      health_(context.readiness(), id_),
      health_description_(health_.Describe()),
      reflection_(log_),
      reflection_descriptions_(reflection_.Describe()),
      service_(environment_) {}

GrpcServer::~GrpcServer() { Stop(std::chrono::steady_clock::now()).IgnoreError(); }

absl::Status GrpcServer::Start() {
  if (absl::Status registered = Register(); !registered.ok()) return registered;
  if (absl::Status bindable = net::CheckBindable(config_.listen); !bindable.ok()) return bindable;
  grpc::ServerBuilder builder;
  Configure(builder);
  environment_.executors.Start(config_.workers);
  int port = 0;
  builder.AddListeningPort(config_.listen.ToString(), grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service_);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) {
    return absl::FailedPreconditionError(fmt::format("cannot listen on {}", config_.listen.ToString()));
  }
  HostPort bound = config_.listen;
  bound.port = static_cast<uint16_t>(port);
  address_ = bound.ToString();
  health_.Start();
  log_.Info("listening", {{"address", address_}});
  return absl::OkStatus();
}

absl::Status GrpcServer::Register() {
  for (const auto& [owner, provider] : providers_) {
    for (const tomada::Service& service : provider->services()) {
      absl::Status exposed = CheckExposure(service, owner, config_.listen, "expose_internal");
      if (!exposed.ok() && !config_.expose_internal) return exposed;
      if (absl::Status added = AddService(service, owner, CallLimit::kConfigured); !added.ok()) return added;
      health_.Add(service.descriptor->full_name(), owner);
    }
  }
  if (absl::Status added = AddService(health_description_, id_, CallLimit::kNone); !added.ok()) return added;
  if (!config_.reflection) return absl::OkStatus();
  for (const tomada::Service& service : reflection_descriptions_) {
    if (absl::Status added = AddService(service, id_, CallLimit::kNone); !added.ok()) return added;
  }
  return absl::OkStatus();
}

absl::Status GrpcServer::AddService(const tomada::Service& service, const std::string& owner, CallLimit limit) {
  if (absl::Status added = service_.Add(service, owner, limit); !added.ok()) return added;
  reflection_.Add(service);
  return absl::OkStatus();
}

void GrpcServer::Configure(grpc::ServerBuilder& builder) const {
  builder.SetMaxReceiveMessageSize(static_cast<int>(config_.max_message_size.bytes));
  // gRPC 1.51 inflates a message before it looks at its size.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  // By default gRPC shares a port silently with whoever else listens on it.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, config_.max_concurrent_streams);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(config_.keepalive_time));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(config_.keepalive_timeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             Milliseconds(config_.min_ping_interval));
  if (config_.max_connection_idle > absl::ZeroDuration()) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, Milliseconds(config_.max_connection_idle));
  }
  // A peer that connects and says nothing; gRPC's default is two minutes.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10000);
}

void GrpcServer::Drain() {
  if (server_ == nullptr || drain_.joinable()) return;
  health_.Stop();
  reflection_.Stop();
  drain_ = std::thread([this] { ShutDown(); });
}

// Answers are kept back until the GOAWAY has gone out before them: a client that waits for one reads the GOAWAY first
// and sends its next call elsewhere.
void GrpcServer::ShutDown() {
  environment_.gate.Close();
  AwaitQuiet();
  std::thread release([this] {
    std::this_thread::sleep_for(kGoodbye);
    environment_.gate.Open();
  });
  server_->Shutdown();  // returns when all calls are done
  release.join();
  std::lock_guard lock(mutex_);
  finished_ = true;
  finished_changed_.notify_all();
}

void GrpcServer::AwaitQuiet() const {
  const Deadline patience = std::chrono::steady_clock::now() + kPatience;
  size_t seen = environment_.gate.kept();
  for (;;) {
    std::this_thread::sleep_for(kQuiet);
    const size_t now = environment_.gate.kept();
    if (now == seen || std::chrono::steady_clock::now() >= patience) return;
    seen = now;
  }
}

absl::Status GrpcServer::Stop(Deadline grace) {
  Drain();
  if (!drain_.joinable()) {
    environment_.executors.Stop();
    return absl::OkStatus();
  }
  std::unique_lock lock(mutex_);
  bool finished = finished_changed_.wait_until(lock, grace, [this] { return finished_; });
  if (!finished) {
    log_.Warning("cancelling calls that outlast the grace", {{"calls", std::to_string(environment_.calls.load())}});
  }
  if (!finished) {
    lock.unlock();
    environment_.streams.Cancel(absl::UnavailableError("the server is shutting down"));
    lock.lock();
    finished = finished_changed_.wait_for(lock, kLastWords, [this] { return finished_; });
  }
  // More than once: until gRPC's own shutdown has begun, more calls may come in.
  while (!finished) {
    grpc_server_cancel_all_calls(server_->c_server());
    finished = finished_changed_.wait_for(lock, kQuiet, [this] { return finished_; });
  }
  lock.unlock();
  drain_.join();
  server_.reset();
  environment_.executors.Stop();
  return absl::OkStatus();
}

}  // namespace tomada::grpc_server
