#include "backend.h"

#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "wire.h"

namespace tomada::grpc_client {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr double kGrowth = 1.6;
constexpr double kJitter = 0.2;
// A name whose servers are all connected: a change is seen within 30 s.
constexpr std::chrono::seconds kLookUpAgainAfter{20};
constexpr size_t kMostServers = 64;  // of one name

bool SameServer(const net::SocketAddresses& a, const net::SocketAddresses& b) {
  return std::ranges::equal(a, b, [](const net::SocketAddress& x, const net::SocketAddress& y) {
    return x.size == y.size && std::memcmp(&x.storage, &y.storage, x.size) == 0;
  });
}

Connection::Settings SettingsOf(const Backend& backend, const Config& config, const std::string& target) {
  return {backend,
          config.tls_server_name.empty() ? target : config.tls_server_name,
          absl::ToChronoNanoseconds(config.connect_timeout),
          absl::ToChronoNanoseconds(config.keepalive_time),
          absl::ToChronoNanoseconds(config.keepalive_timeout),
          config.tls_enabled};
}

}  // namespace

Backend::Backend(Wire& wire, const Config& config, std::string target, net::TlsClientContext* tls, const Logger& log)
    : wire_(wire),
      target_(std::move(target)),
      address_(HostPort::Parse(target_).value_or(HostPort())),  // checked with the config
      max_backoff_(absl::ToChronoNanoseconds(config.max_backoff)),
      settings_(SettingsOf(*this, config, target_)),
      tls_name_(config.tls_server_name.empty() ? address_.host : config.tls_server_name),
      tls_(tls),
      log_(log) {
  if (auto found = net::LookUp(address_, AI_NUMERICHOST); found.ok()) {
    servers_.push_back({*std::move(found), wire_.NextNumber()});
  } else {
    named_ = true;
  }
}

Backend::~Backend() = default;

Connection* Backend::ConnectionOf(const Server& server) const {
  for (const auto& connection : connections_) {
    if (connection->server() == server.number && connection->state() != Connection::State::kLeaving) {
      return connection.get();
    }
  }
  return nullptr;
}

void Backend::AddOpen(std::vector<Connection*>& open) const {
  const size_t before = open.size();
  for (const Server& server : servers_) {
    if (Connection* connection = ConnectionOf(server); connection != nullptr && connection->open()) {
      open.push_back(connection);
    }
  }
  if (open.size() > before) return;
  // The name has changed, and nobody is there yet.
  for (const auto& connection : connections_) {
    if (connection->open()) open.push_back(connection.get());
  }
}

bool Backend::Look(Deadline now) {
  const bool steady = !round_ && now < next_round_ && open_.size() == connections_.size() &&
                      std::ranges::all_of(connections_, [](const auto& connection) { return connection->open(); });
  if (steady) return false;
  TakeUpClosed(now);
  if (look_up_ && look_up_->ready()) {
    absl::StatusOr<net::SocketAddresses> found = look_up_->Take();
    look_up_.reset();
    TakeAddresses(std::move(found));
  }
  if (!round_ && now >= next_round_) BeginRound();
  if (round_ && look_up_ && now >= round_by_) {
    round_by_ = Deadline::max();
    failure_ = "name look-up timed out";
    if (!standing_.connected) standing_.cause = failure_;
  }
  const bool connecting = std::ranges::any_of(connections_, [](const auto& connection) {
    return connection->state() == Connection::State::kConnecting || connection->state() == Connection::State::kSettling;
  });
  if (round_ && !look_up_ && !connecting) EndRound(now);
  return Stand();
}

void Backend::TakeUpClosed(Deadline now) {
  for (auto& connection : connections_) {
    const bool closed = connection->state() == Connection::State::kClosed;
    if (!closed && connection->state() != Connection::State::kLeaving) continue;
    if (connection->TakeParting()) {
      wire_.MoveUnsent(*connection);
      if (!connection->was_open()) {
        failure_ = connection->cause();
      } else if (!round_) {
        // At once, but not all the time, when the server closes each connection as soon as it is made.
        pause_ = {};
        next_round_ = std::min(next_round_, std::max(now, connection->opened() + kFirstPause));
      }
    }
    if (!closed) continue;
    wire_.Lost(*connection);
    connection.reset();
  }
  std::erase(connections_, nullptr);
}

void Backend::BeginRound() {
  round_ = true;
  next_round_ = Deadline::max();
  failure_.clear();
  round_by_ = Clock::now() + settings_.connect_timeout;
  if (!named_) return ConnectAll();
  if (!look_up_) look_up_.emplace(address_, wire_.wake());
}

void Backend::TakeAddresses(absl::StatusOr<net::SocketAddresses> found) {
  if (!found.ok()) {
    failure_ = std::string(found.status().message());
    return ConnectAll();  // to those that are known
  }
  std::vector<net::SocketAddresses> wanted;
  if (address_.IsLoopback()) {
    wanted.push_back(*std::move(found));
  } else {
    for (const net::SocketAddress& address : *found) {
      const net::SocketAddresses alone = {address};
      const bool twice = std::ranges::any_of(wanted, [&](const auto& other) { return SameServer(alone, other); });
      if (!twice && wanted.size() < kMostServers) wanted.push_back(alone);
    }
  }
  std::vector<Server> servers;
  for (net::SocketAddresses& addresses : wanted) {
    auto known = std::ranges::find_if(servers_, [&](const Server& s) { return SameServer(s.addresses, addresses); });
    const uint32_t number = known == servers_.end() ? wire_.NextNumber() : known->number;
    servers.push_back({std::move(addresses), number});
  }
  servers_ = std::move(servers);
  ConnectAll();
}

void Backend::ConnectAll() {
  for (const Server& server : servers_) {
    if (ConnectionOf(server) != nullptr) continue;
    std::optional<net::TlsSession> tls;
    if (tls_ != nullptr) {
      const absl::Status refreshed = tls_->Refresh();
      if (!refreshed.ok() && refreshed != refreshed_) {
        log_.Warning("the TLS files cannot be used; the earlier ones are",
                     {{"cause", std::string(refreshed.message())}});
      }
      refreshed_ = refreshed;
      tls = tls_->Connect(tls_name_, "h2");
    }
    connections_.push_back(
        std::make_unique<Connection>(wire_, settings_, server.number, server.addresses, std::move(tls)));
  }
}

void Backend::EndRound(Deadline now) {
  round_ = false;
  const bool all = !servers_.empty() && std::ranges::all_of(servers_, [&](const Server& server) {
    const Connection* connection = ConnectionOf(server);
    return connection != nullptr && connection->open();
  });
  if (all) {
    pause_ = {};
    const bool may_move = named_ && !address_.IsLoopback();
    next_round_ = may_move ? now + kLookUpAgainAfter : Deadline::max();
    return;
  }
  const auto longer = std::chrono::duration_cast<std::chrono::nanoseconds>(pause_ * kGrowth);
  pause_ = pause_.count() == 0 ? kFirstPause : std::min(longer, max_backoff_);
  std::uniform_real_distribution<double> jitter(1 - kJitter, 1 + kJitter);
  next_round_ = now + std::chrono::duration_cast<Clock::duration>(pause_ * jitter(random_));
  standing_.cause = failure_;
  standing_.next_try = next_round_;
}

void Backend::RetireOthers() {
  for (const auto& connection : connections_) {
    const auto wanted = std::ranges::find(servers_, connection->server(), &Server::number);
    if (wanted == servers_.end()) connection->Retire();
  }
}

bool Backend::Stand() {
  std::vector<Connection*> open;
  AddOpen(open);
  standing_.connected = !open.empty();
  if (standing_.connected) {
    standing_.cause.clear();
    standing_.next_try.reset();
    // Those that the name no longer has go when one that it has is there.
    if (std::ranges::find(servers_, open.front()->server(), &Server::number) != servers_.end()) RetireOthers();
  }
  const bool changed = told_ != standing_ || open_ != open;
  told_ = standing_;
  open_ = std::move(open);
  return changed;
}

Deadline Backend::next() const { return std::min(next_round_, round_ && look_up_ ? round_by_ : Deadline::max()); }

}  // namespace tomada::grpc_client
