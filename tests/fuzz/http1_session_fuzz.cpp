// Any bytes from an HTTP client, in any pieces, to a server that answers at once, later, in streams, with errors and
// with more than the client takes: what comes back are well-formed answers, never more than were asked for, none after
// the one that closes; and a client that has sent its last gets the end of the connection.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <semaphore>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include <mapping_test.pb.h>
#include <streams_test.pb.h>

#include "echo/echo_service.h"
#include "fuzz/require.h"
#include "server.h"
#include "tomada/executor.h"
#include "tomada/task.h"
#include "tomada/timer.h"
#include "tomada/unique_fd.h"

namespace {

using namespace tomada;
using mapping_test::Params;
using streams_test::Number;

// In the input: between two pieces; and the same, but from here on the client reads if it did not, and the reverse.
constexpr char kCut = '\xff', kCutAndTurn = '\xfe';
constexpr size_t kPage = 300'000;           // more than a socket takes
constexpr size_t kLargestAnswer = 400'000;  // the page, or three times a request's text with each character escaped
constexpr int kIterations = 1000;           // of the worker, within which everything has come

// Goes on when the worker has looked at its sockets again: at all that was sent before. A timer, as what is posted may
// run before that. On the worker's thread.
class NextIteration final : private Timer {
 public:
  explicit NextIteration(Executor& executor) : Timer(executor.timers()) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) {
    coroutine_ = coroutine;
    Wait(2);  // the first may come before the sockets of its iteration
  }
  void await_resume() const noexcept {}

 private:
  void Wait(int iterations) {
    left_ = iterations;
    SetDeadline(std::chrono::steady_clock::now() + std::chrono::microseconds(1));
  }
  void Expired() override {
    if (--left_ > 0) return Wait(left_);
    coroutine_.resume();
  }

  std::coroutine_handle<> coroutine_;
  int left_ = 0;
};

class FuzzedService final : public ServiceProvider {
 public:
  FuzzedService() : streams_(*mapping_test::File::descriptor()->file()->FindServiceByName("Streams")) {
    const auto& descriptor = *mapping_test::File::descriptor()->file()->FindServiceByName("Mapping");
    services_ = {streams_.services().front(),
                 ServiceBuilder(*Number::descriptor()->file()->service(0))
                     .ClientStreaming("Add", this, &FuzzedService::Add)
                     .BidiStreaming("Echo", this, &FuzzedService::Echo)
                     .Build(),
                 ServiceBuilder(descriptor)
                     .Unary("Query", this, &FuzzedService::Answer)
                     .Unary("Paths", this, &FuzzedService::Answer)
                     .Unary("Bare", this, &FuzzedService::Answer)
                     .Build()};
  }
  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
  const std::vector<Service>& services() const override { return services_; }

  std::promise<Executor*> worker;  // of the first call

 private:
  // At once, or one to three iterations later; an error for what begins with x.
  Task<absl::Status> Answer(Call& call, const Params& request, Params& response) {
    if (!std::exchange(called_, true)) worker.set_value(&call.executor());
    co_await Wait(call, request.text());
    if (absl::StartsWith(request.text(), "x")) co_return absl::NotFoundError(request.text());
    response = request;
    co_return absl::OkStatus();
  }
  // In the same way after each; OK at one that begins with s, whatever follows.
  Task<absl::Status> Add(Call& call, Reader<Number> requests, streams_test::Sum& sum) {
    Number number;
    for (;;) {
      absl::StatusOr<bool> read = co_await requests.Read(number);
      if (!read.ok()) co_return read.status();
      if (!*read || absl::StartsWith(number.text(), "s")) co_return absl::OkStatus();
      co_await Wait(call, number.text());
      if (absl::StartsWith(number.text(), "x")) co_return absl::NotFoundError(number.text());
      sum.set_count(sum.count() + 1);
    }
  }
  Task<absl::Status> Echo(Call& call, Reader<Number> requests, Writer<Number> responses) {
    Number number;
    for (;;) {
      absl::StatusOr<bool> read = co_await requests.Read(number);
      if (!read.ok()) co_return read.status();
      if (!*read || absl::StartsWith(number.text(), "s")) co_return absl::OkStatus();
      co_await Wait(call, number.text());
      if (absl::StartsWith(number.text(), "x")) co_return absl::NotFoundError(number.text());
      absl::Status written = co_await responses.Write(number);
      if (!written.ok()) co_return written;
    }
  }
  static Task<void> Wait(Call& call, const std::string& text) {
    NextIteration next(call.executor());
    for (size_t i = 0; i < text.size() % 4; ++i) co_await next;
  }

  fixture::EchoService streams_;
  std::vector<Service> services_;
  bool called_ = false;
};

class NoLines final : public LogSink {
  void Write(LogLevel, std::string_view, std::string_view, std::span<const LogField>) override {}
};

// A client whose calls return at once.
class FuzzClient {
 public:
  explicit FuzzClient(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    Require(connect(fd_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0, "cannot connect");
  }
  // What the server does not take any more is lost, as it is when it has closed.
  void Send(std::string_view bytes) const {
    if (!bytes.empty()) static_cast<void>(send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  void SendEnd() const { shutdown(fd_.get(), SHUT_WR); }
  void Receive() {
    static char buffer[64 << 10];
    ssize_t count = 0;
    while ((count = recv(fd_.get(), buffer, sizeof buffer, 0)) > 0) received.append(buffer, static_cast<size_t>(count));
    at_end = at_end || count == 0 || errno != EAGAIN;
  }

  std::string received;
  bool at_end = false;

 private:
  UniqueFd fd_;
};

class FuzzedServer {
 public:
  FuzzedServer() {
    char name[] = "/tmp/http1_session_fuzz_XXXXXX";
    const std::string folder = mkdtemp(name);
    std::filesystem::create_directory(folder + "/swagger-ui");
    std::ofstream(folder + "/swagger-ui/swagger-ui.css") << "css";
    std::ofstream(folder + "/swagger-ui/swagger-ui-bundle.js") << std::string(kPage, 'b');
    pistache_http::Config config;
    path_ = config.unix_socket = folder + "/socket";
    config.workers = 1;
    config.max_pipelined = 8;
    config.max_body_size.bytes = 1024;
    for (absl::Duration* time : {&config.header_timeout, &config.body_timeout, &config.idle_timeout,
                                 &config.write_timeout, &config.request_timeout, &config.stream_timeout}) {
      *time = absl::Hours(24);
    }
    server_ = std::make_unique<pistache_http::Server>(config, pistache_http::Server::Providers{{"fuzzed", &service_}},
                                                      Logger(std::make_shared<NoLines>(), "http"), Metrics(), folder);
    Require(server_->Start().ok(), "the server does not start");
    FuzzClient client(path_);
    client.Send("GET /one/abcd HTTP/1.1\r\nHost: a\r\n\r\n");
    worker_ = service_.worker.get_future().get();
    folder_ = folder;
  }
  ~FuzzedServer() {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  // What a client receives that sends `input`, until the end of the connection.
  std::string Exchange(std::string_view input) {
    Spawn(Drive(input), [this] { done_.release(); });
    done_.acquire();
    return std::move(received_);
  }

 private:
  // On the worker's thread, so that what the server sees in each iteration depends on the input alone.
  Task<void> Drive(std::string_view input) {
    Hop to_worker(*worker_);
    co_await to_worker;
    NextIteration next(*worker_);
    FuzzClient client(path_);
    bool reads = true;
    while (!input.empty()) {
      const size_t end = std::min(input.find_first_of("\xff\xfe"), input.size());
      client.Send(input.substr(0, end));
      if (end < input.size() && input[end] == kCutAndTurn) reads = !reads;
      input.remove_prefix(std::min(end + 1, input.size()));
      co_await next;
      co_await next;
      if (reads) client.Receive();
    }
    for (int quiet = 0; quiet < 8; ++quiet) {
      const size_t before = client.received.size();
      co_await next;
      client.Receive();
      if (client.received.size() > before) quiet = 0;
    }
    client.SendEnd();
    for (int i = 0; i < kIterations && !client.at_end; ++i) {
      co_await next;
      client.Receive();
    }
    Require(client.at_end, "the connection does not end");
    received_ = std::move(client.received);
  }

  FuzzedService service_;
  std::string folder_, path_;
  std::unique_ptr<pistache_http::Server> server_;
  Executor* worker_ = nullptr;
  std::string received_;
  std::binary_semaphore done_{0};
};

std::string_view TakeUpTo(std::string_view& bytes, std::string_view end, const char* missing) {
  const size_t at = bytes.find(end);
  Require(at != std::string_view::npos, missing);
  const std::string_view taken = bytes.substr(0, at);
  bytes.remove_prefix(at + end.size());
  return taken;
}

struct AnswerHead {
  int status = 0;
  long length = -1;  // none
  bool chunked = false;
  bool closes = false;
};

AnswerHead TakeHead(std::string_view& bytes) {
  std::string_view text = TakeUpTo(bytes, "\r\n\r\n", "an answer without the end of its head");
  AnswerHead head;
  const bool is_answer = text.starts_with("HTTP/1.1 ") && text.size() > 12 && text[12] == ' ' &&
                         absl::SimpleAtoi(absl::string_view(text.data() + 9, 3), &head.status);
  Require(is_answer && head.status >= 100 && head.status < 600, "something else than an answer");
  for (absl::string_view line : absl::StrSplit(absl::string_view(text.data(), text.size()), "\r\n")) {
    Require(std::all_of(line.begin(), line.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; }),
            "a control character in a head");
    if (absl::StartsWithIgnoreCase(line, "HTTP/1.1 ")) continue;
    const std::pair<std::string, std::string> header = absl::StrSplit(line, absl::MaxSplits(": ", 1));
    const std::string name = absl::AsciiStrToLower(header.first);
    Require(!name.empty() && name.find(' ') == std::string::npos, "a header without a name");
    if (name == "content-length") Require(absl::SimpleAtoi(header.second, &head.length), "a length that is no number");
    if (name == "transfer-encoding") head.chunked = header.second == "chunked";
    if (name == "connection") head.closes = header.second == "close";
  }
  Require(!head.chunked || head.length < 0, "two framings of one body");
  return head;
}

void TakeChunks(std::string_view& bytes) {
  for (;;) {
    if (bytes.empty()) return;  // the client has closed before the stream's end
    size_t size = 0;
    const std::string_view digits = TakeUpTo(bytes, "\r\n", "a chunk without its size");
    Require(!digits.empty() && digits.size() < 8 && std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit),
            "a chunk's size that is no number");
    size = std::stoul(std::string(digits), nullptr, 16);
    Require(bytes.size() >= size + 2 && bytes.substr(size, 2) == "\r\n", "a chunk of another size");
    bytes.remove_prefix(size + 2);
    if (size == 0) return;
  }
}

// How many answers `bytes` are. Where the next one follows at once, the request was HEAD: no body begins like that.
size_t CountAnswers(std::string_view bytes) {
  size_t count = 0;
  while (!bytes.empty()) {
    const AnswerHead head = TakeHead(bytes);
    if (head.status < 200) continue;
    ++count;
    const bool has_body = !bytes.empty() && !bytes.starts_with("HTTP/1.1 ");
    if (has_body && head.chunked) {
      TakeChunks(bytes);
    } else if (head.length < 0 && !head.chunked && head.closes) {
      bytes = {};  // all that follows is the body
    } else if (has_body) {
      Require(head.length >= 0, "a body without an end");
      Require(bytes.size() >= static_cast<size_t>(head.length), "a body that is shorter than its length");
      bytes.remove_prefix(static_cast<size_t>(head.length));
    }
    Require(!head.closes || bytes.empty(), "something after the answer that closes");
  }
  return count;
}

// No request is shorter than the empty line that ends its head.
size_t MostRequests(std::string_view input) {
  std::string bytes(input);
  std::erase_if(bytes, [](char c) { return c == kCut || c == kCutAndTurn; });
  size_t count = 1;  // one that is refused before its end
  for (size_t at = bytes.find("\r\n\r\n"); at != std::string::npos; at = bytes.find("\r\n\r\n", at + 1)) ++count;
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static FuzzedServer server;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string received = server.Exchange(input);
  const size_t answers = CountAnswers(received);
  Require(answers <= MostRequests(input), "more answers than requests");
  Require(received.size() <= answers * kLargestAnswer, "more than these answers can be");
  return 0;
}
