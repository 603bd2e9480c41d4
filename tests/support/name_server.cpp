#include "support/name_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "support/loopback_port.h"

namespace tomada::testing {
namespace {

constexpr size_t kHeader = 12, kLongest = 512;
constexpr char kTypeA = 1;

// The question after the header: a name, two bytes of type, two of class. Empty when it is not whole.
std::string_view QuestionIn(std::string_view message) {
  size_t end = kHeader;
  while (end < message.size() && message[end] != 0) end += static_cast<unsigned char>(message[end]) + 1;
  end += 1 + 4;
  return end <= message.size() ? message.substr(kHeader, end - kHeader) : std::string_view();
}

}  // namespace

NameServer::NameServer()
    : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), stopped_(::eventfd(0, EFD_CLOEXEC)) {
  const sockaddr_in name = LoopbackPort::LoopbackName(53);
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    throw std::system_error(errno, std::generic_category(), "the name server cannot listen");
  }
  thread_ = std::thread([this] { Run(); });
}

NameServer::~NameServer() {
  ::eventfd_write(stopped_.get(), 1);
  thread_.join();
}

void NameServer::Answer(std::vector<std::string> addresses, std::chrono::milliseconds delay) {
  std::lock_guard lock(mutex_);
  silent_ = false;
  addresses_ = std::move(addresses);
  delay_ = delay;
}

void NameServer::StaySilent() {
  std::lock_guard lock(mutex_);
  silent_ = true;
}

uint64_t NameServer::questions() const {
  std::lock_guard lock(mutex_);
  return questions_;
}

void NameServer::Run() {
  using Clock = std::chrono::steady_clock;
  struct Due {
    Clock::time_point time;
    sockaddr_in asker;
    std::string answer;
  };
  std::vector<Due> due;
  for (;;) {
    pollfd polls[] = {{socket_.get(), POLLIN, 0}, {stopped_.get(), POLLIN, 0}};
    ::poll(polls, 2, due.empty() ? -1 : 1);
    if (polls[1].revents != 0) return;
    if (polls[0].revents != 0) {
      char bytes[kLongest];
      sockaddr_in asker{};
      socklen_t size = sizeof asker;
      const ssize_t read =
          ::recvfrom(socket_.get(), bytes, sizeof bytes, 0, reinterpret_cast<sockaddr*>(&asker), &size);
      std::lock_guard lock(mutex_);
      ++questions_;
      std::string answer = AnswerTo({bytes, read > 0 ? static_cast<size_t>(read) : 0});
      if (!answer.empty()) due.push_back({Clock::now() + delay_, asker, std::move(answer)});
    }
    std::erase_if(due, [&](const Due& each) {
      if (each.time > Clock::now()) return false;
      ::sendto(socket_.get(), each.answer.data(), each.answer.size(), 0, reinterpret_cast<const sockaddr*>(&each.asker),
               sizeof each.asker);
      return true;
    });
  }
}

std::string NameServer::AnswerTo(std::string_view message) {
  const std::string_view question = QuestionIn(message);
  if (silent_ || question.empty()) return {};
  const bool wants_ipv4 = question[question.size() - 3] == kTypeA;
  std::string answer(message.substr(0, 2));        // the question's number
  answer += "\x81";                                // an answer, to a question that wished for recursion
  answer += addresses_.empty() ? "\x83" : "\x80";  // NXDOMAIN or no error; recursion is available
  answer += std::string("\0\x01\0", 3);
  answer += static_cast<char>(wants_ipv4 ? addresses_.size() : 0);
  answer += std::string(4, '\0');  // no other sections
  answer += question;
  for (size_t i = 0; wants_ipv4 && i < addresses_.size(); ++i) {
    in_addr address{};
    ::inet_pton(AF_INET, addresses_[i].c_str(), &address);
    // The name, by reference to the question; type A; class IN; not to be kept; four bytes.
    answer += std::string("\xC0\x0C\0\x01\0\x01\0\0\0\0\0\x04", 12);
    answer.append(reinterpret_cast<const char*>(&address), sizeof address);
  }
  return answer;
}

}  // namespace tomada::testing
