// A plain socket that speaks just enough HTTP/1.1 to test a server with. Everything is bounded in time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace tomada::pistache_http {

struct TestResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // chunks joined
};

class TestClient {
 public:
  // Connects to "127.0.0.1:PORT" or "unix:PATH"; connected() tells whether that worked.
  // `from`: its own address; the system's choice when empty.
  explicit TestClient(const std::string& address, const std::string& from = "");
  ~TestClient();
  TestClient(TestClient&& other) noexcept;

  bool connected() const { return fd_ >= 0; }
  int fd() const { return fd_; }

  // Speaks TLS from now on: false, and tls_error() says why, when there is no handshake. `context` is a client's of
  // OpenSSL, which is kept.
  bool Secure(ssl_ctx_st* context, const std::string& name = "");
  ssl_st* ssl() { return ssl_.get(); }
  const std::string& tls_error() const { return tls_error_; }

  // False when the connection is gone.
  bool Send(std::string_view bytes);
  // One request with Host and, for a body, Content-Type and Content-Length. `headers` are whole lines with CRLF.
  bool Request(std::string_view method, std::string_view target, std::string_view body = "",
               std::string_view headers = "");
  // The next answer; nothing when the connection ends or time runs out before it is whole. `head_only`: it has no body.
  std::optional<TestResponse> Receive(bool head_only = false);
  // As Request, then Receive.
  std::optional<TestResponse> Ask(std::string_view method, std::string_view target, std::string_view body = "",
                                  std::string_view headers = "");
  // Everything until the server closes; nothing when it does not in time.
  std::optional<std::string> ReceiveAll();
  // The server has closed in an orderly way, without a further byte.
  bool AtEnd();
  // Nothing arrives for `time`.
  bool Quiet(std::chrono::milliseconds time);

  void ShutdownWrite();
  // Closes; `reset` sends RST instead of FIN.
  void Close(bool reset = false);

 private:
  struct Free {
    void operator()(ssl_st* ssl) const;
  };

  void ConnectUnix(const std::string& path);
  ssize_t Read(char* bytes, size_t size);
  bool ReceiveMore();
  std::optional<std::string> TakeLine();
  bool TakeBytes(size_t count, std::string* out);

  int fd_ = -1;
  std::unique_ptr<ssl_st, Free> ssl_;
  std::string tls_error_;
  std::string buffer_;
};

// As bytes, for tests that send several at once.
inline std::string GetUser(std::string_view id) {
  return "GET /usuarios/" + std::string(id) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

}  // namespace tomada::pistache_http
