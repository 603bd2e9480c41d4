// Argon2id on the host's blocking pool.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "fair_queue.h"
#include "tomada/blocking_pool.h"
#include "tomada/call.h"
#include "tomada/task.h"

namespace tomada::usuarios {

// What one hash costs. The defaults are the least that OWASP's password storage cheat sheet accepts.
struct PasswordCost {
  size_t memory_bytes = 19 << 20;  // m, in whole KiB
  unsigned passes = 2;             // t; p is always 1
};

// Thread-safe. Calls wait in a fair queue before the pool: `account`, whose password it is, is served however many
// calls there are for others. Errors are those of FairQueue::Enter and BlockingPool::Run; a RESOURCE_EXHAUSTED of
// theirs has a google.rpc.RetryInfo. No call copies a password: a view stays valid until the task has finished.
class PasswordHasher {
 public:
  // `pool` outlives this. Throws std::runtime_error when libsodium cannot be used on this machine.
  PasswordHasher(BlockingPool& pool, PasswordCost cost);

  // A PHC string, "$argon2id$v=19$m=19456,t=2,p=1$salt$hash", with a new random salt each time.
  // Also RESOURCE_EXHAUSTED when there is no memory for it.
  Task<absl::StatusOr<std::string>> Hash(Call& call, std::string account, std::string_view senha);

  // Whether `hash`, a PHC string, was made from `senha`. Also false when it is malformed, and when there is no memory:
  // libsodium does not tell them apart. An empty hash means that there is no password: false, after the same work as
  // for any other, so that the time tells nothing.
  Task<absl::StatusOr<bool>> Verify(Call& call, std::string account, std::string_view senha, std::string hash);

  // Whether a hash that verified was made with another cost than this one's.
  bool NeedsRehash(const std::string& hash) const;

 private:
  // On the pool, once the queue lets the call through.
  Task<absl::Status> Run(Call& call, std::string account, std::function<void()> work);

  // Between the queue and a thread of the pool stands one call at a time. The next one follows when its work begins, so
  // that the pool's threads are busy and its own queue, which knows no accounts, stays short.
  static constexpr size_t kMaxWaiting = 256;
  FairQueue queue_{kMaxWaiting};
  BlockingPool& pool_;
  const PasswordCost cost_;
  const std::string decoy_;  // well formed, made of random bytes: no password gives it
};

}  // namespace tomada::usuarios
