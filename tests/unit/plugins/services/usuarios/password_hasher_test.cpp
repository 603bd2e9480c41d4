#include "password_hasher.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <latch>
#include <set>

#include "fixture.h"

namespace tomada::usuarios {
namespace {

using ::testing::MatchesRegex;
using ::testing::StartsWith;

class PasswordHasherTest : public ::testing::Test {
 protected:
  std::string Hash(PasswordHasher& hasher, std::string_view senha) { return *Await(hasher.Hash(call_, "ana", senha)); }
  absl::StatusOr<bool> Verify(std::string_view senha, std::string hash) {
    return Await(cheap_.Verify(call_, "ana", senha, std::move(hash)));
  }

  TestCall call_;
  BlockingPool pool_{2, 32};
  PasswordHasher cheap_{pool_, CheapCost()};
};

TEST_F(PasswordHasherTest, HashesAtTheDefaultCost) {
  PasswordHasher hasher(pool_, PasswordCost());
  std::string hash = Hash(hasher, "correct horse");
  EXPECT_THAT(hash, StartsWith("$argon2id$v=19$m=19456,t=2,p=1$"));
  // 16 bytes of salt and 32 of hash.
  EXPECT_THAT(hash.substr(31), MatchesRegex("[A-Za-z0-9+/]+\\$[A-Za-z0-9+/]+"));
  EXPECT_EQ(hash.size(), 31u + 22 + 1 + 43);
  EXPECT_FALSE(hasher.NeedsRehash(hash));
  EXPECT_TRUE(*Await(hasher.Verify(call_, "ana", "correct horse", hash)));
  EXPECT_FALSE(*Await(hasher.Verify(call_, "ana", "correct horsf", hash)));
}

TEST_F(PasswordHasherTest, EqualPasswordsGiveDistinctHashes) {
  std::set<std::string> hashes;
  for (int i = 0; i < 1000; ++i) hashes.insert(Hash(cheap_, "12345678"));
  EXPECT_EQ(hashes.size(), 1000u);
}

TEST_F(PasswordHasherTest, ComparesEveryByte) {
  std::string senha(1024, 's');
  std::string hash = Hash(cheap_, senha);
  EXPECT_TRUE(*Verify(senha, hash));
  std::string other = senha;
  other.back() = 't';
  EXPECT_FALSE(*Verify(other, hash));
  EXPECT_FALSE(*Verify(senha.substr(1), hash));
  std::string with_nul(
      "1234\0"
      "5678",
      9);
  hash = Hash(cheap_, with_nul);
  EXPECT_TRUE(*Verify(with_nul, hash));
  EXPECT_FALSE(*Verify(std::string("1234\0"
                                   "5679",
                                   9),
                       hash));
}

TEST_F(PasswordHasherTest, NothingMatchesNoPasswordOrAMalformedHash) {
  for (const char* hash : {"", "x", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA", "$2b$12$abcdefghijkl",
                           "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$"}) {
    absl::StatusOr<bool> matches = Verify("12345678", hash);
    ASSERT_TRUE(matches.ok()) << matches.status();
    EXPECT_FALSE(*matches) << hash;
  }
}

TEST_F(PasswordHasherTest, KnowsHashesOfAnotherCost) {
  PasswordCost other = CheapCost();
  other.passes = 2;
  PasswordHasher dearer(pool_, other);
  std::string hash = Hash(cheap_, "12345678");
  EXPECT_FALSE(cheap_.NeedsRehash(hash));
  EXPECT_TRUE(dearer.NeedsRehash(hash));
  EXPECT_TRUE(*Await(dearer.Verify(call_, "ana", "12345678", hash)));
}

// Leaves the process 16 MiB more address space than it has, while it lives.
class ShortOfMemory {
 public:
  ShortOfMemory() {
    getrlimit(RLIMIT_AS, &before_);
    uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit scarce = before_;
    scarce.rlim_cur = pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) + (16 << 20);
    setrlimit(RLIMIT_AS, &scarce);
  }
  ~ShortOfMemory() { setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_;
};

TEST_F(PasswordHasherTest, AMachineShortOfMemoryAcceptsNothing) {
  PasswordCost dear;
  dear.memory_bytes = 64 << 20;
  dear.passes = 1;
  PasswordHasher hasher(pool_, dear);
  std::string hash = Hash(hasher, "12345678");
  {
    ShortOfMemory scarce;
    EXPECT_FALSE(*Await(hasher.Verify(call_, "ana", "12345678", hash)));
    EXPECT_EQ(Await(hasher.Hash(call_, "ana", "12345678")).status().code(), absl::StatusCode::kResourceExhausted);
  }
  EXPECT_TRUE(*Await(hasher.Verify(call_, "ana", "12345678", hash)));
}

TEST_F(PasswordHasherTest, IsRefusedAtOnceWhenTheQueueIsFull) {
  BlockingPool pool(1, 1);
  PasswordHasher hasher(pool, CheapCost());
  std::latch begun(1), release(1);
  auto occupy = [&] {
    begun.count_down();
    release.wait();
  };
  std::latch finished(2);
  auto count = [&](const absl::Status& status) {
    EXPECT_EQ(status, absl::OkStatus());
    finished.count_down();
  };
  TestCall first, second;
  Spawn(pool.Run(first, occupy), count);  // has the thread
  begun.wait();
  Spawn(pool.Run(second, [] {}), count);  // has the queue
  absl::Status refused = Await(hasher.Hash(call_, "ana", "12345678")).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(refused.GetPayload("type.googleapis.com/google.rpc.RetryInfo"));
  EXPECT_EQ(Await(hasher.Verify(call_, "ana", "12345678", "")).status().code(), absl::StatusCode::kResourceExhausted);
  release.count_down();
  finished.wait();
  EXPECT_TRUE(Await(hasher.Hash(call_, "ana", "12345678")).ok());
}

}  // namespace
}  // namespace tomada::usuarios
