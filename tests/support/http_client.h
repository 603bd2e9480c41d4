// A plain HTTP/1.1 client on a socket: it sends what it is told, also what no library would, and reads what comes back.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace tomada::testing {

struct HttpResponse {
  int status = 0;                              // 0: the connection ended before a whole response came
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // without chunked framing
};

// One connection. Not thread-safe. Waits at most `patience` for anything.
class HttpClient {
 public:
  // `address` is "127.0.0.1:8000". Throws std::runtime_error when it cannot connect.
  explicit HttpClient(const std::string& address, std::chrono::milliseconds patience = std::chrono::seconds(20));
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends a request and reads its response; a body is sent as application/json unless `headers` name another type.
  HttpResponse Request(std::string_view method, std::string_view target, std::string_view body = {},
                       const std::map<std::string, std::string>& headers = {});

  // Sends bytes as they are. False when the connection is gone.
  bool Send(std::string_view bytes);
  // Reads one response; `head` for the answer to a HEAD, which has no body.
  HttpResponse Read(bool head = false);
  // Whether the server has closed, waiting for it at most `wait`. Pending bytes count as not closed.
  bool Closed(std::chrono::milliseconds wait);
  void Close();

 private:
  bool Fill();
  std::string TakeLine();
  std::string TakeBytes(size_t count);

  std::string host_;
  int fd_ = -1;
  std::string buffer_;
  bool ended_ = false;
};

}  // namespace tomada::testing
