// Calls as lines of text over TCP, in protobuf's text format. Unary methods only.
//
//   usuarios.Usuarios/ObterUsuario id: "ana"     ->  OK usuario { id: "ana" nome: "Ana" }
//   usuarios.Usuarios/ObterUsuario id: "bia"     ->  NOT_FOUND no user with this id
//   quit                                         ends the connection
//
// A fixed number of threads each serve one connection at a time, line by line. Handlers run on a thread of their own,
// the executor of all calls; the thread of the connection watches the clock, the client and the host meanwhile.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include "line_socket.h"
#include "tomada/plugin.h"
#include "tomada/served_method.h"
#include "tomada/service.h"
#include "tomada/thread_executor.h"

namespace first_transport {
namespace {

using Clock = std::chrono::steady_clock;
using google::protobuf::Message;
using tomada::Deadline;
using tomada::Method;
using tomada::UniqueFd;

struct Config : tomada::ConfigKeys<Config> {
  tomada::HostPort listen = Key("listen", &Config::listen, {"127.0.0.1", 7000})
                                .Claims(tomada::Claim::kPort)
                                .Help("Address to bind. Port 0 picks a free one; the log names it.");
  bool expose_internal =
      Key("expose_internal", &Config::expose_internal, false)
          .Help("Offer internal services, such as admin, on an address that other machines can reach.");
  int max_connections = Key("max_connections", &Config::max_connections, 16)
                            .Range(1, 256)
                            .Help("Connections that are served at once; others wait.");
  tomada::ByteSize max_line = Key("max_line", &Config::max_line, {64 << 10})
                                  .Range(tomada::ByteSize{64}, tomada::ByteSize{16 << 20})
                                  .Help("The longest line; a longer one ends its connection.");
  absl::Duration max_call = Key("max_call", &Config::max_call, absl::Seconds(10))
                                .Range(absl::Milliseconds(1), absl::Hours(1))
                                .Help("How long a call may take.");
  absl::Duration max_wait = Key("max_wait", &Config::max_wait, absl::Minutes(1))
                                .Range(absl::Milliseconds(1), absl::Hours(1))
                                .Help("How long a client may take to send a line, or to read one.");
};

// What a client sends is not for the host's standard error, where protobuf would tell of mistakes.
class NoErrors final : public google::protobuf::io::ErrorCollector {
  void AddError(int, int, const std::string&) override {}
};

bool Parse(const std::string& text, Message& message) {
  NoErrors errors;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.SetRecursionLimit(100);
  return parser.ParseFromString(text, &message);
}

// "NOT_FOUND no user with this id", on one line whatever the message holds: a line break is \n, a backslash \\.
std::string ErrorLine(const absl::Status& status) {
  std::string line = absl::StatusCodeToString(status.code()) + " ";
  for (const char c : status.message()) {
    if (c == '\n' || c == '\\') line += '\\';
    line += c == '\n' ? 'n' : c;
  }
  return line;
}

class LineCall final : public tomada::Call {
 public:
  // `socket` outlives it.
  LineCall(tomada::Executor& executor, Deadline deadline, const LineSocket& socket)
      : Call(executor, deadline), socket_(socket) {}

 private:
  void LoadPeer(tomada::Peer& peer) override { peer.address = socket_.PeerAddress(); }

  const LineSocket& socket_;
};

class FirstTransport final : public tomada::Component, public tomada::Drainable {
 public:
  explicit FirstTransport(const tomada::Context& context)
      : config_(context.config<Config>()),
        providers_(context.uses<tomada::ServiceProvider>("services")),
        metrics_(context.metrics()),
        log_(context.logger()),
        unknown_(metrics_, log_, "line") {}

  absl::Status Start() override {
    if (absl::Status status = FindMethods(); !status.ok()) return status;
    if (!draining_.Open() || !cut_.Open()) return absl::ResourceExhaustedError("no descriptor is left");
    absl::StatusOr<UniqueFd> listener = Listen(config_.listen);
    if (!listener.ok()) return listener.status();
    listener_ = *std::move(listener);
    executor_.emplace();
    for (int i = 0; i < config_.max_connections; ++i) {
      Worker& worker = workers_.emplace_back();
      if (!worker.ended.Open()) return absl::ResourceExhaustedError("no descriptor is left");
      std::lock_guard lock(mutex_);
      ++serving_;
      worker.thread = std::thread([this, &worker] { Work(worker); });
    }
    log_.Info("listening", {{"address", LocalAddress(listener_)}});
    return absl::OkStatus();
  }

  // No connection is taken any more, and each that is there ends after the line that it is at.
  void Drain() override {
    draining_.Set();
    if (listener_) shutdown(listener_.get(), SHUT_RDWR);  // ends every accept
  }

  absl::Status Stop(Deadline grace) override {
    Drain();
    {
      std::unique_lock lock(mutex_);
      idle_.wait_until(lock, grace, [this] { return serving_ == 0; });
    }
    cut_.Set();
    for (Worker& worker : workers_) {
      if (worker.thread.joinable()) worker.thread.join();
    }
    executor_.reset();
    listener_.Reset();
    return absl::OkStatus();
  }

 private:
  struct Served {
    Served(const Method& method, const tomada::Metrics& metrics, const tomada::Logger& log)
        : method(method), requests(metrics, log, "line", *method.descriptor) {}
    const Method& method;
    tomada::ServedMethod requests;  // counted, and logged now and then
  };
  struct Worker {
    Signal ended;  // the handler that it waits for
    std::thread thread;
  };

  absl::Status FindMethods() {
    for (const auto& [id, provider] : providers_) {
      for (const tomada::Service& service : provider->services()) {
        absl::Status exposed = CheckExposure(service, id, config_.listen, "expose_internal");
        if (!exposed.ok() && !config_.expose_internal) return exposed;
        for (const Method& method : service.methods) {
          const std::string name = service.descriptor->full_name() + "/" + method.descriptor->name();
          if (!methods_.try_emplace(name, method, metrics_, log_).second) {
            return absl::FailedPreconditionError(name + " is offered twice, the second time by '" + id + "'");
          }
        }
      }
    }
    return absl::OkStatus();
  }

  void Work(Worker& worker) {
    while (!draining_.is_set()) {
      UniqueFd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (client) {
        Serve(LineSocket(std::move(client), config_.max_line.bytes), worker);
      } else if (errno != EINTR && errno != ECONNABORTED && !draining_.is_set()) {
        log_.Warning("cannot accept", {{"error", std::generic_category().message(errno)}});
        std::array fds = {draining_.Waits()};
        Poll(fds, Clock::now() + std::chrono::seconds(1));  // descriptors are short, perhaps
      }
    }
    std::lock_guard lock(mutex_);
    if (--serving_ == 0) idle_.notify_all();
  }

  void Serve(LineSocket socket, Worker& worker) {
    const auto max_wait = absl::ToChronoNanoseconds(config_.max_wait);
    absl::Status end;
    while (end.ok() && !draining_.is_set()) {
      const absl::StatusOr<std::string> line = socket.ReadLine(Clock::now() + max_wait, draining_);
      end = line.status();
      if (!line.ok() && !absl::IsOutOfRange(end)) return;
      if (line.ok() && *line == "quit") return;
      if (!end.ok()) unknown_.Refused(end.code(), "");
      const std::string answer = line.ok() ? Answer(*line, socket, worker) : ErrorLine(end);
      if (!socket.Write(answer + "\n", Clock::now() + max_wait, cut_)) return;
    }
  }

  std::string Answer(const std::string& line, const LineSocket& socket, Worker& worker) {
    const size_t space = std::min(line.find(' '), line.size());
    const auto found = methods_.find(line.substr(0, space));
    if (found == methods_.end()) {
      unknown_.Refused(absl::StatusCode::kUnimplemented, "");
      return ErrorLine(absl::UnimplementedError("there is no such method"));
    }
    Served& served = found->second;
    const std::unique_ptr<Message> request(served.method.request_prototype->New());
    const std::unique_ptr<Message> response(served.method.response_prototype->New());
    if (!Parse(line.substr(space), *request)) {
      served.requests.Refused(absl::StatusCode::kInvalidArgument, "");
      return ErrorLine(absl::InvalidArgumentError("this is no " + request->GetTypeName() + " in text format"));
    }
    const absl::Status status = Run(served, *request, *response, socket, worker);
    return status.ok() ? "OK " + response->ShortDebugString() : ErrorLine(status);
  }

  // From the beginning of the handler to its end, however it comes to it: until then all that was lent to it stays.
  absl::Status Run(Served& served, const Message& request, Message& response, const LineSocket& socket,
                   Worker& worker) {
    const Deadline began = Clock::now();
    LineCall call(*executor_, began + absl::ToChronoNanoseconds(config_.max_call), socket);
    served.requests.Began();
    absl::Status end;
    tomada::Spawn(OnExecutor(served.method, call, request, response), [&](absl::Status status) {
      end = std::move(status);
      worker.ended.Set();
    });
    std::array fds = {worker.ended.Waits(), socket.Closes(), cut_.Waits()};
    if (!Poll(fds, call.deadline())) {
      call.Cancel(absl::DeadlineExceededError("the deadline has passed"));
    } else if (fds[0].revents == 0) {
      call.Cancel(fds[2].revents != 0 ? absl::UnavailableError("the server is stopping")
                                      : absl::CancelledError("the client is gone"));
    }
    Poll(std::span(fds).first(1), Deadline::max());  // a handler that is cancelled ends soon
    worker.ended.Reset();
    served.requests.Ended(call, end.code(), Clock::now() - began);
    return end;
  }

  // The executor's thread is where a handler begins, and where it goes on after each await.
  tomada::Task<absl::Status> OnExecutor(const Method& method, tomada::Call& call, const Message& request,
                                        Message& response) {
    tomada::Hop to_executor(call.executor());
    co_await to_executor;
    co_return co_await tomada::InvokeUnary(method, call, log_, request, response);
  }

  const Config& config_;
  const std::vector<std::pair<std::string, tomada::ServiceProvider*>> providers_;
  const tomada::Metrics metrics_;
  const tomada::Logger log_;
  tomada::ServedMethod unknown_;
  std::map<std::string, Served> methods_;
  Signal draining_, cut_;  // no more lines; no more patience
  UniqueFd listener_;
  std::optional<tomada::ThreadExecutor> executor_;
  std::deque<Worker> workers_;
  std::mutex mutex_;
  std::condition_variable idle_;
  int serving_ = 0;  // guarded by mutex_: threads that have not ended
};

tomada::Plugin Describe() {
  tomada::Plugin plugin;
  plugin.name = "first_transport";
  plugin.version = "0.1.0";
  plugin.kind = tomada::Kind::kTransport;
  plugin.summary = "Serves calls as lines of text over TCP.";
  plugin.ports = {{"services", tomada::Kind::kService, tomada::Port::Count::kOneOrMore, "What is offered."}};
  plugin.config = tomada::ConfigSchema::Of<Config>();
  plugin.create = [](const tomada::Context& context) -> absl::StatusOr<std::unique_ptr<tomada::Component>> {
    return std::make_unique<FirstTransport>(context);
  };
  return plugin;
}

}  // namespace
}  // namespace first_transport

TOMADA_PLUGIN(first_transport::Describe)
