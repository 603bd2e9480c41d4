#include "sentinels.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "server_error.h"

namespace tomada::redis_store {
namespace {

constexpr size_t kMaxHost = 255;  // of a name in DNS (RFC 1035)

}  // namespace

Sentinels::Sentinels(const std::vector<std::string>& addresses, std::string master, StreamDialer& dialer)
    : master_(std::move(master)), dialer_(dialer) {
  for (const std::string& text : addresses) addresses_.push_back(*HostPort::Parse(text));  // checked with the config
}

absl::StatusOr<HostPort> Sentinels::FindPrimary(const net::Patience& patience) {
  std::string last = "there are no Sentinels";
  auto code = absl::StatusCode::kFailedPrecondition;
  for (size_t i = 0; i < addresses_.size(); ++i) {
    absl::StatusOr<HostPort> primary = Ask(addresses_[i], patience);
    if (primary.ok()) {
      std::swap(addresses_[0], addresses_[i]);
      return primary;
    }
    if (primary.status().code() != absl::StatusCode::kFailedPrecondition) code = absl::StatusCode::kUnavailable;
    last = fmt::format("sentinel {}: {}", addresses_[i].ToString(), std::string(primary.status().message()));
  }
  return absl::Status(code, last);
}

absl::StatusOr<HostPort> Sentinels::Ask(const HostPort& sentinel, const net::Patience& patience) {
  absl::StatusOr<net::ByteStream> stream = dialer_.DialSentinel(sentinel, patience);
  if (!stream.ok()) return stream.status();
  Conversation conversation(*stream, patience);
  absl::StatusOr<Reply> reply = conversation.Ask({"SENTINEL", "get-master-addr-by-name", master_});
  if (!reply.ok()) return reply.status();
  if (reply->type() == ReplyType::kError)
    return absl::UnavailableError(fmt::format("{}", reply->text().substr(0, kMaxErrorText)));
  if (reply->size() != 2) return absl::UnavailableError(fmt::format("does not know a primary named {}", master_));
  HostPort primary;
  primary.host = (*reply)[0].text();
  const std::string_view port = (*reply)[1].text();
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), primary.port);
  const bool is_port = error == std::errc() && end == port.data() + port.size() && primary.port != 0;
  if (!is_port || primary.host.empty() || primary.host.size() > kMaxHost) {
    return absl::UnavailableError("names a primary whose address is none");
  }
  return primary;
}

void Sentinels::Distrust() { std::rotate(addresses_.begin(), addresses_.begin() + 1, addresses_.end()); }

void Sentinels::Subscribe(const net::Patience& patience) {
  if (subscription_ || addresses_.empty()) return;
  absl::StatusOr<net::ByteStream> stream = dialer_.DialSentinel(addresses_[0], patience);
  if (!stream.ok()) return;
  subscription_.emplace(*std::move(stream), patience);
  absl::StatusOr<Reply> reply = subscription_->conversation.Ask({"SUBSCRIBE", "+switch-master"});
  if (!reply.ok() || reply->type() == ReplyType::kError) subscription_.reset();
}

bool Sentinels::ReadNews(const net::Patience& patience) {
  const Deadline deadline = std::chrono::steady_clock::now() + patience.timeout;
  bool ours = false;
  do {
    absl::StatusOr<Reply> reply = subscription_->conversation.Receive();  // small: the rest of it is on its way
    if (!reply.ok()) {
      subscription_.reset();  // what it would have said shows when the connection to the old primary breaks
      return ours;
    }
    // message, channel, "NAME old-host old-port new-host new-port"
    ours |= reply->size() == 3 && (*reply)[2].text().starts_with(master_ + " ");
  } while (has_more() && std::chrono::steady_clock::now() < deadline);
  if (has_more()) subscription_.reset();  // it never stops
  return ours;
}

}  // namespace tomada::redis_store
