#include "test_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace tomada::pistache_http {
namespace {

constexpr int kTimeoutMs = 20'000;  // only a test that fails waits so long

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

TestClient::TestClient(const std::string& address, const std::string& from) {
  if (address.rfind("unix:", 0) == 0) {
    ConnectUnix(address.substr(5));
    return;
  }
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  if (!from.empty()) {
    inet_pton(AF_INET, from.c_str(), &name.sin_addr);
    bind(fd_, reinterpret_cast<sockaddr*>(&name), sizeof name);
  }
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  if (connect(fd_, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0) Close();
}

void TestClient::ConnectUnix(const std::string& path) {
  fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0) Close();
}

TestClient::~TestClient() { Close(); }

TestClient::TestClient(TestClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), ssl_(std::move(other.ssl_)), buffer_(std::move(other.buffer_)) {}

void TestClient::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

bool TestClient::Secure(ssl_ctx_st* context, const std::string& name) {
  const timeval most{kTimeoutMs / 1000, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
  signal(SIGPIPE, SIG_IGN);  // of OpenSSL's writes
  ssl_.reset(SSL_new(context));
  if (!name.empty()) SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
  SSL_set_fd(ssl_.get(), fd_);
  ERR_clear_error();
  if (SSL_connect(ssl_.get()) == 1) return true;
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  tls_error_ = reason != nullptr ? reason : "closed";
  return false;
}

bool TestClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t count = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                         : send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

bool TestClient::Request(std::string_view method, std::string_view target, std::string_view body,
                         std::string_view headers) {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n";
  text += headers;
  if (!body.empty()) {
    text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return Send(text + "\r\n" + std::string(body));
}

std::optional<TestResponse> TestClient::Ask(std::string_view method, std::string_view target, std::string_view body,
                                            std::string_view headers) {
  if (!Request(method, target, body, headers)) return std::nullopt;
  return Receive(method == "HEAD");
}

// As recv; -1 also when nothing comes in time.
ssize_t TestClient::Read(char* bytes, size_t size) {
  if (ssl_) {
    ERR_clear_error();
    const int count = SSL_read(ssl_.get(), bytes, static_cast<int>(size));
    if (count > 0) return count;
    const int error = SSL_get_error(ssl_.get(), count);
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    if (error != SSL_ERROR_ZERO_RETURN) tls_error_ = reason != nullptr ? reason : "closed";
    return error == SSL_ERROR_ZERO_RETURN ? 0 : -1;
  }
  pollfd ready{fd_, POLLIN, 0};
  if (poll(&ready, 1, kTimeoutMs) != 1) return -1;
  return recv(fd_, bytes, size, 0);
}

bool TestClient::ReceiveMore() {
  char bytes[16384];
  ssize_t count = Read(bytes, sizeof bytes);
  if (count <= 0) return false;
  buffer_.append(bytes, static_cast<size_t>(count));
  return true;
}

std::optional<std::string> TestClient::TakeLine() {
  size_t end;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!ReceiveMore()) return std::nullopt;
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

bool TestClient::TakeBytes(size_t count, std::string* out) {
  while (buffer_.size() < count) {
    if (!ReceiveMore()) return false;
  }
  out->append(buffer_, 0, count);
  buffer_.erase(0, count);
  return true;
}

std::optional<TestResponse> TestClient::Receive(bool head_only) {
  TestResponse response;
  auto line = TakeLine();
  if (!line || line->rfind("HTTP/1.1 ", 0) != 0) return std::nullopt;
  response.status = std::stoi(line->substr(9));
  while (true) {
    line = TakeLine();
    if (!line) return std::nullopt;
    if (line->empty()) break;
    size_t colon = line->find(':');
    response.headers[LowerCase(line->substr(0, colon))] = line->substr(colon + 2);
  }
  if (head_only || response.status / 100 == 1 || response.status == 204) return response;
  if (response.headers.count("transfer-encoding") > 0) {
    while (true) {
      auto size = TakeLine();
      if (!size) return std::nullopt;
      size_t count = std::stoul(*size, nullptr, 16);
      std::string end;
      if (!TakeBytes(count, &response.body) || !TakeBytes(2, &end) || end != "\r\n") return std::nullopt;
      if (count == 0) return response;
    }
  }
  auto length = response.headers.find("content-length");
  if (length == response.headers.end() || !TakeBytes(std::stoul(length->second), &response.body)) return std::nullopt;
  return response;
}

std::optional<std::string> TestClient::ReceiveAll() {
  while (true) {
    char bytes[65536];
    ssize_t count = Read(bytes, sizeof bytes);
    if (count < 0) return std::nullopt;
    if (count == 0) return std::exchange(buffer_, "");
    buffer_.append(bytes, static_cast<size_t>(count));
  }
}

bool TestClient::AtEnd() {
  auto rest = ReceiveAll();
  return rest && rest->empty();
}

bool TestClient::Quiet(std::chrono::milliseconds time) {
  pollfd ready{fd_, POLLIN, 0};
  return buffer_.empty() && poll(&ready, 1, static_cast<int>(time.count())) == 0;
}

void TestClient::ShutdownWrite() { shutdown(fd_, SHUT_WR); }

void TestClient::Close(bool reset) {
  if (fd_ < 0) return;
  if (reset) {
    linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  ssl_.reset();
  close(fd_);
  fd_ = -1;
}

}  // namespace tomada::pistache_http
