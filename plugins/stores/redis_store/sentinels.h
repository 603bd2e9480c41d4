#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "conversation.h"
#include "stream_dialer.h"
#include "tomada/config.h"

namespace tomada::redis_store {

// Asks Redis Sentinels which server is the primary, by the rules for their clients
// (redis.io/docs/reference/sentinel-clients): the first that answers is asked first the next time, each with a short
// time-out, and every reconnect asks again. Whether that server agrees is for the handshake to check. Of one thread.
class Sentinels {
 public:
  // `addresses`: host:port each. The dialer outlives it.
  Sentinels(const std::vector<std::string>& addresses, std::string master, StreamDialer& dialer);

  bool empty() const { return addresses_.empty(); }

  // Where the primary is. UNAVAILABLE when no Sentinel knows it, FAILED_PRECONDITION when none can be asked before a
  // person has acted.
  absl::StatusOr<HostPort> FindPrimary(const net::Patience& patience);
  // What the last answer named is no primary: the next question goes to another Sentinel first.
  void Distrust();

  // Listens to the Sentinel that answered last, if it does not already.
  void Subscribe(const net::Patience& patience);
  // To poll for reading; -1 while nothing is listened to.
  int fd() const { return subscription_ ? subscription_->stream.fd() : -1; }
  // Something has been read that ReadNews has not looked at yet: no poll will tell of it.
  bool has_more() const { return subscription_ && subscription_->conversation.has_more(); }
  // Reads what came; true when the Sentinel said that the primary changed. It may also have gone: fd() is -1.
  bool ReadNews(const net::Patience& patience);

 private:
  struct Subscription {
    Subscription(net::ByteStream connected, const net::Patience& patience)
        : stream(std::move(connected)), conversation(stream, patience) {}
    net::ByteStream stream;
    Conversation conversation;
  };
  absl::StatusOr<HostPort> Ask(const HostPort& sentinel, const net::Patience& patience);

  std::vector<HostPort> addresses_;
  const std::string master_;
  StreamDialer& dialer_;
  std::optional<Subscription> subscription_;
};

}  // namespace tomada::redis_store
