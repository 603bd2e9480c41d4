// Argon2id on the host's blocking pool.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "tomada/blocking_pool.h"
#include "tomada/call.h"
#include "tomada/task.h"

namespace tomada::usuarios {

// What one hash costs. The defaults are the least that OWASP's password storage cheat sheet accepts.
struct PasswordCost {
  size_t memory_bytes = 19 << 20;  // m, in whole KiB
  unsigned passes = 2;             // t; p is always 1
};

// Thread-safe. Errors are those of BlockingPool::Run, among them RESOURCE_EXHAUSTED at once when its queue is full. No
// call copies a password: a view stays valid until the task has finished.
class PasswordHasher {
 public:
  // `pool` outlives this. Throws std::runtime_error when libsodium cannot be used on this machine.
  PasswordHasher(BlockingPool& pool, PasswordCost cost);

  // A PHC string, "$argon2id$v=19$m=19456,t=2,p=1$salt$hash", with a new random salt each time.
  // Also RESOURCE_EXHAUSTED when there is no memory for it.
  Task<absl::StatusOr<std::string>> Hash(Call& call, std::string_view senha);

  // Whether `hash`, a PHC string, was made from `senha`. False for a malformed one, and when there is no memory to
  // find out, which libsodium does not tell apart. An empty one stands for no password: false, after the same work as
  // for any other, so that the time tells nothing.
  Task<absl::StatusOr<bool>> Verify(Call& call, std::string_view senha, std::string hash);

  // Whether a hash that verified was made with another cost than this one's.
  bool NeedsRehash(const std::string& hash) const;

 private:
  BlockingPool& pool_;
  const PasswordCost cost_;
  const std::string decoy_;  // well formed, made of random bytes: no password gives it
};

}  // namespace tomada::usuarios
