#include "support/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace tomada::testing {

HttpClient::HttpClient(const std::string& address, std::chrono::milliseconds patience) : host_(address) {
  size_t colon = address.rfind(':');
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  if (inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr) != 1) {
    throw std::runtime_error("not an address: " + address);
  }
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  timeval timeout{};
  timeout.tv_sec = patience.count() / 1000;
  timeout.tv_usec = patience.count() % 1000 * 1000;
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&peer), sizeof peer) != 0) {
    Close();
    throw std::runtime_error("cannot connect to " + address);
  }
}

HttpClient::~HttpClient() { Close(); }

void HttpClient::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

HttpResponse HttpClient::Request(std::string_view method, std::string_view target, std::string_view body,
                                 const std::map<std::string, std::string>& headers) {
  std::string request = std::string(method) + ' ' + std::string(target) + " HTTP/1.1\r\nHost: " + host_ + "\r\n";
  for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
  if (!body.empty()) {
    if (!headers.contains("Content-Type")) request += "Content-Type: application/json\r\n";
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  request += "\r\n";
  request += body;
  if (!Send(request)) return {};
  return Read(method == "HEAD");
}

bool HttpClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool HttpClient::Fill() {
  char chunk[16384];
  ssize_t got = ended_ ? 0 : ::recv(fd_, chunk, sizeof chunk, 0);
  if (got <= 0) {
    ended_ = true;
    return false;
  }
  buffer_.append(chunk, static_cast<size_t>(got));
  return true;
}

std::string HttpClient::TakeLine() {
  size_t end;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!Fill()) return {};
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

std::string HttpClient::TakeBytes(size_t count) {
  while (buffer_.size() < count && Fill()) {
  }
  std::string bytes = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return bytes;
}

HttpResponse HttpClient::Read(bool head) {
  HttpResponse response;
  std::string status_line = TakeLine();
  if (status_line.size() < 12 || !status_line.starts_with("HTTP/1.")) return {};
  for (std::string line = TakeLine(); !line.empty(); line = TakeLine()) {
    size_t colon = line.find(':');
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    size_t value = line.find_first_not_of(' ', colon + 1);
    response.headers[name] = value == std::string::npos ? "" : line.substr(value);
  }
  int status = std::stoi(status_line.substr(9, 3));
  if (status == 100) return Read(head);
  if (head || status == 204 || status == 304) {
    response.status = status;
  } else if (response.headers["transfer-encoding"] == "chunked") {
    for (;;) {
      std::string size_line = TakeLine();
      if (size_line.empty()) return {};
      size_t size = std::stoul(size_line, nullptr, 16);
      std::string chunk = TakeBytes(size + 2);
      if (chunk.size() != size + 2) return {};
      if (size == 0) break;
      response.body.append(chunk, 0, size);
    }
    response.status = status;
  } else {
    size_t length = std::stoul("0" + response.headers["content-length"]);
    response.body = TakeBytes(length);
    if (response.body.size() == length) response.status = status;
  }
  return response;
}

bool HttpClient::Closed(std::chrono::milliseconds wait) {
  if (!buffer_.empty()) return false;
  if (ended_) return true;
  pollfd readable{fd_, POLLIN, 0};
  if (::poll(&readable, 1, static_cast<int>(wait.count())) <= 0) return false;
  return !Fill();
}

}  // namespace tomada::testing
