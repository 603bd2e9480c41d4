// The profile `sentinel` as shipped, with one replica: the primary is killed under load, over HTTP, and what was
// acknowledged is there afterwards. Twenty kills in the long form.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "integration/usuarios/stack.h"
#include "support/http_client.h"
#include "support/json.h"
#include "support/long_form.h"
#include "support/scheduling_noise.h"
#include "support/write_log.h"

namespace tomada::testing {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;

constexpr seconds kWritableAgain{6};  // with a primary that counts as down after one

// Clients that create one user after the other, each again and again with the same id_requisicao until it is there.
class Creators {
 public:
  Creators(const std::string& address, int count) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, address, i] { Run(address, fmt::format("c{}", i)); });
    }
  }
  ~Creators() { Stop(); }

  void Stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  // How long after `time` the first creation that was asked for later was acknowledged; waits for it.
  milliseconds RecoveryAfter(Clock::time_point time) {
    Clock::time_point first = Clock::time_point::max();
    RedisServer::WaitUntil("users are created again", [&] {
      std::lock_guard lock(mutex_);
      for (const auto& [begin, end] : acknowledgements_) {
        if (begin > time) first = std::min(first, end);
      }
      return first != Clock::time_point::max();
    });
    return std::chrono::duration_cast<milliseconds>(first - time);
  }

  // After Stop.
  const std::set<std::string>& acknowledged() const { return acknowledged_; }
  const std::set<std::string>& unresolved() const { return unresolved_; }
  const std::vector<std::string>& wrong() const { return wrong_; }

 private:
  void Run(const std::string& address, const std::string& name) {
    HttpClient client(address);
    for (int number = 0; !stopping_; ++number) {
      const std::string id = fmt::format("{}-{}", name, number);
      if (!Create(client, id)) return;
      std::this_thread::sleep_for(milliseconds(10));
    }
  }

  // False when it was told to stop, or went wrong, first.
  bool Create(HttpClient& client, const std::string& id) {
    const std::string target = "/usuarios?id_requisicao=" + id;
    const std::string body = fmt::format(R"({{"id": "{0}", "nome": "A", "email": "{0}@example.com"}})", id);
    for (;;) {
      const Clock::time_point begin = Clock::now();
      const HttpResponse response = client.Request("POST", target, body, {{"X-Server-Timeout", "1"}});
      std::unique_lock lock(mutex_);
      if (response.status == 200) {
        acknowledged_.insert(id);
        acknowledgements_.emplace_back(begin, Clock::now());
        return true;
      }
      if (response.status != 503 && response.status != 504) {
        wrong_.push_back(fmt::format("{}: {} {}", id, response.status, response.body));
        return false;
      }
      if (stopping_) {
        unresolved_.insert(id);
        return false;
      }
      lock.unlock();
      std::this_thread::sleep_for(milliseconds(20));  // a refusal comes at once
    }
  }

  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  // guards what follows
  std::set<std::string> acknowledged_, unresolved_;
  std::vector<std::string> wrong_;
  std::vector<std::pair<Clock::time_point, Clock::time_point>> acknowledgements_;  // begin and end
  std::vector<std::thread> threads_;
};

std::map<std::string, std::string> EmailsById(const std::string& http_address) {
  HttpClient client(http_address);
  const HttpResponse all = client.Request("GET", "/usuarios:exportar");
  EXPECT_EQ(all.status, 200) << all.body;
  std::map<std::string, std::string> emails;
  std::istringstream lines(all.body);
  for (std::string line; std::getline(lines, line);) {
    const Json usuario = Json::Parse(line);
    EXPECT_TRUE(emails.emplace(usuario["id"], usuario["email"]).second) << line << " comes twice";
  }
  return emails;
}

TEST(UsuariosFailOver, NoUserIsLostWithThePrimary) {
  SchedulingNoise::Listen();
  Stack stack(Topology::kSentinels);
  RedisSentinels& redis = *stack.sentinels();
  Creators creators(stack.http_address(), 4);
  milliseconds longest{0};
  const int kills = LongForm() ? 20 : 1;
  for (int i = 0; i < kills; ++i) {
    std::this_thread::sleep_for(milliseconds(500));
    const size_t old = redis.KillPrimary();
    const Clock::time_point killed = Clock::now();
    // With its only replica promoted, the new primary has none to confirm writes: whoever runs the servers starts the
    // old one again.
    redis.WaitForPrimaryOtherThan(old);
    redis.AddBack(old);
    const milliseconds recovery = creators.RecoveryAfter(killed);
    const milliseconds slack = 4 * WriteLog::DefaultSlack() + 5 * SchedulingNoise::Since(killed);
    EXPECT_LE(recovery, kWritableAgain + slack) << "kill " << i << "\n" << stack.output();
    longest = std::max(longest, recovery);
    redis.WaitForReplicas(1);
    if (i + 1 < kills) std::this_thread::sleep_for(seconds(5));  // Sentinels begin no second fail-over before
  }
  std::this_thread::sleep_for(milliseconds(500));
  creators.Stop();
  RecordProperty("recovery_ms", static_cast<int>(longest.count()));
  EXPECT_THAT(creators.wrong(), IsEmpty());
  EXPECT_GE(creators.acknowledged().size(), 100u);

  const std::map<std::string, std::string> emails = EmailsById(stack.http_address());
  std::vector<std::string> lost;
  for (const std::string& id : creators.acknowledged()) {
    if (!emails.contains(id)) lost.push_back(id);
  }
  EXPECT_THAT(lost, IsEmpty());
  for (const auto& [id, email] : emails) {
    EXPECT_EQ(email, id + "@example.com");
    EXPECT_TRUE(creators.acknowledged().contains(id) || creators.unresolved().contains(id)) << id;
  }
}

}  // namespace
}  // namespace tomada::testing
