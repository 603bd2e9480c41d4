#include "password_hasher.h"

#include <array>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <sodium.h>

#include "errors.h"

namespace tomada::usuarios {
namespace {

constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;  // the one PHC strings use

template <size_t kBytes>
std::string RandomBase64() {
  std::array<unsigned char, kBytes> bytes;
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, sodium_base64_ENCODED_LEN(kBytes, kBase64)> text;
  return sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kBase64);
}

std::string MakeDecoy(const PasswordCost& cost) {
  return fmt::format("$argon2id$v=19$m={},t={},p=1${}${}", cost.memory_bytes / 1024, cost.passes,
                     RandomBase64<crypto_pwhash_SALTBYTES>(), RandomBase64<32>());
}

const PasswordCost& WithSodium(const PasswordCost& cost) {
  // Also picks the fastest code for this processor. Safe to call again.
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
  return cost;
}

}  // namespace

PasswordHasher::PasswordHasher(BlockingPool& pool, PasswordCost cost)
    : pool_(pool), cost_(WithSodium(cost)), decoy_(MakeDecoy(cost)) {}

Task<absl::Status> PasswordHasher::Run(Call& call, std::string account, std::function<void()> work) {
  absl::Status entered = co_await queue_.Enter(call, std::move(account));
  if (!entered.ok()) co_return entered;
  bool begun = false;
  auto begin = [&] {
    begun = true;
    queue_.Next();
    work();
  };
  absl::Status ran = co_await pool_.Run(call, begin);
  if (!begun) queue_.Next();
  co_return absl::IsResourceExhausted(ran) ? TooManyPasswords(queue_.retry_delay()) : ran;
}

Task<absl::StatusOr<std::string>> PasswordHasher::Hash(Call& call, std::string account, std::string_view senha) {
  std::optional<std::string> hash;
  auto work = [&hash, senha, cost = cost_] {
    std::array<char, crypto_pwhash_STRBYTES> text;
    int failed = crypto_pwhash_str_alg(text.data(), senha.data(), senha.size(), cost.passes, cost.memory_bytes,
                                       crypto_pwhash_ALG_ARGON2ID13);
    if (failed == 0) hash = text.data();
  };
  absl::Status ran = co_await Run(call, std::move(account), work);
  if (!ran.ok()) co_return ran;
  if (!hash) co_return absl::ResourceExhaustedError("there is no memory to hash a password now; try again later");
  co_return *std::move(hash);
}

Task<absl::StatusOr<bool>> PasswordHasher::Verify(Call& call, std::string account, std::string_view senha,
                                                  std::string hash) {
  const std::string& expected = hash.empty() ? decoy_ : hash;
  bool matches = false;
  auto work = [&matches, &expected, senha] {
    matches = crypto_pwhash_str_verify(expected.c_str(), senha.data(), senha.size()) == 0;
  };
  absl::Status ran = co_await Run(call, std::move(account), work);
  if (!ran.ok()) co_return ran;
  co_return matches;
}

bool PasswordHasher::NeedsRehash(const std::string& hash) const {
  return crypto_pwhash_str_needs_rehash(hash.c_str(), cost_.passes, cost_.memory_bytes) != 0;
}

}  // namespace tomada::usuarios
