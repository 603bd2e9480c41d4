#include "tomada/store.h"

#include <set>

#include <gtest/gtest.h>

namespace tomada {
namespace {

bool Refuses(const absl::Status& status) { return status.code() == absl::StatusCode::kInvalidArgument; }
bool RefusesWrite(const absl::Status& status) {
  return Refuses(status) && OutcomeOf(status) == WriteOutcome::kNotApplied;
}

TEST(OperationId, RandomOnesDifferAndTextsGiveTheirOwn) {
  EXPECT_NE(OperationId::Random(), OperationId::Random());
  EXPECT_NE(Operation().id, Operation().id);
  EXPECT_EQ(OperationId::FromText("a"), OperationId::FromText("a"));
  EXPECT_NE(OperationId::FromText("a"), OperationId::FromText("b"));
  // SHA-256("abc") begins with these, FIPS 180-2 appendix B.1.
  const std::array<uint8_t, 16> abc = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                       0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23};
  EXPECT_EQ(OperationId::FromText("abc").bytes(), abc);
}

TEST(OutcomeOf, SilenceIsNotSafety) {
  EXPECT_EQ(OutcomeOf(absl::UnavailableError("")), WriteOutcome::kUnknown);
  EXPECT_EQ(OutcomeOf(NotApplied(absl::UnavailableError(""))), WriteOutcome::kNotApplied);
  EXPECT_EQ(NotApplied(absl::AbortedError("text")).message(), "text");
  EXPECT_EQ(NotApplied(absl::OkStatus()), absl::OkStatus());
}

TEST(TakenError, NamesWhatWasTaken) {
  const absl::Status taken = TakenError("email");
  EXPECT_EQ(taken.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(taken.message(), "email is taken");
  EXPECT_EQ(TakenIndex(taken), "email");
  EXPECT_EQ(OutcomeOf(taken), WriteOutcome::kNotApplied);
  EXPECT_EQ(TakenIndex(absl::AlreadyExistsError("email")), "");
  EXPECT_EQ(TakenIndex(absl::OkStatus()), "");
}

TEST(DigestOf, DiffersWithEachPart) {
  Record record("id", "value");
  record.unique_keys = {{"email", "a"}, {"phone", "b"}};
  Record other_id = record, other_value = record, fewer_keys = record, moved = record, expiring = record;
  other_id.id = "i";
  other_value.value = "dvalue";
  fewer_keys.unique_keys.pop_back();
  moved.unique_keys = {{"email", "aphone"}, {"", "b"}};
  expiring.expires_at = absl::FromUnixMillis(1);
  Record never = record;
  never.expires_at = absl::InfiniteFuture();
  std::set<std::string> digests = {DigestOf("insert", record, ""), DigestOf("put", record, ""),
                                   DigestOf("insert", record, "1")};
  for (const Record& other : {other_id, other_value, fewer_keys, moved, expiring, never}) {
    digests.insert(DigestOf("insert", other, ""));
  }
  EXPECT_EQ(digests.size(), 9u);
  Record versioned = record;
  versioned.version = "ignored in writes";
  EXPECT_EQ(DigestOf("insert", versioned, ""), DigestOf("insert", record, ""));
}

TEST(DigestOf, ATextCannotBeSplitInTwoWays) {
  Record one("ab", "c"), two("a", "bc"), key("ab", ""), keys("ab", "");
  EXPECT_NE(DigestOf("put", one, ""), DigestOf("put", two, ""));
  // A key and an expiry of the same bytes.
  key.unique_keys = {{"1", "2"}};
  keys.expires_at = absl::FromUnixMillis(1);
  EXPECT_NE(DigestOf("put", key, ""), DigestOf("put", keys, "2"));
}

TEST(CheckTableOptions, NamesAndDurations) {
  for (const std::string& good : {std::string("a"), std::string("usuarios_2"), std::string(64, 'z')}) {
    EXPECT_EQ(CheckTableOptions(TableOptions(good)), absl::OkStatus());
  }
  for (const std::string& bad : {std::string(), std::string("A"), std::string("a-b"), std::string("a\0", 2),
                                 std::string(65, 'z'), std::string("usu\xc3\xa1rios")}) {
    EXPECT_TRUE(Refuses(CheckTableOptions(TableOptions(bad)))) << bad;
  }
  for (auto indexes : {std::vector<std::string>{"email", "email"}, {"id"}, {""}, {"E"}}) {
    TableOptions options("t");
    options.unique_indexes = indexes;
    EXPECT_TRUE(Refuses(CheckTableOptions(options))) << indexes[0];
  }
  TableOptions options("t");
  options.default_ttl = absl::ZeroDuration();
  EXPECT_TRUE(Refuses(CheckTableOptions(options)));
  options = TableOptions("t");
  options.operation_retention = -absl::Seconds(1);
  EXPECT_TRUE(Refuses(CheckTableOptions(options)));
}

TEST(CheckId, HasOneTo512Bytes) {
  EXPECT_EQ(CheckId("a"), absl::OkStatus());
  EXPECT_EQ(CheckId(std::string(512, 'a')), absl::OkStatus());
  EXPECT_TRUE(Refuses(CheckId("")));
  EXPECT_TRUE(Refuses(CheckId(std::string(513, 'a'))));
}

TEST(CheckIndex, MustBeDeclared) {
  TableOptions options("t");
  options.unique_indexes = {"email"};
  EXPECT_EQ(CheckIndex(options, "email"), absl::OkStatus());
  EXPECT_TRUE(Refuses(CheckIndex(options, "phone")));
  EXPECT_TRUE(Refuses(CheckIndex(options, "id")));
}

TEST(CheckPageSize, IsOneTo1000) {
  EXPECT_EQ(CheckPageSize(1), absl::OkStatus());
  EXPECT_EQ(CheckPageSize(1000), absl::OkStatus());
  EXPECT_TRUE(Refuses(CheckPageSize(0)));
  EXPECT_TRUE(Refuses(CheckPageSize(1001)));
}

TEST(CheckOperation, LimitsTheMemo) {
  Operation operation;
  operation.memo = std::string(256, 'm');
  EXPECT_EQ(CheckOperation(operation), absl::OkStatus());
  operation.memo += 'm';
  EXPECT_TRUE(RefusesWrite(CheckOperation(operation)));
}

TEST(CheckRecord, RefusesWhatTheRulesRefuse) {
  TableOptions options("t");
  options.unique_indexes = {"email", "phone"};
  StoreCapabilities capabilities;
  capabilities.max_value_bytes = 10;
  Record record("id", std::string(10, 'v'));
  record.unique_keys = {{"email", "a"}, {"phone", "a"}};
  EXPECT_EQ(CheckRecord(options, capabilities, record), absl::OkStatus());

  Record no_id = record, long_value = record, undeclared = record, twice = record;
  no_id.id = "";
  long_value.value += 'v';
  undeclared.unique_keys[0].index = "other";
  twice.unique_keys[1].index = "email";
  for (const Record& wrong : {no_id, long_value, undeclared, twice}) {
    EXPECT_TRUE(RefusesWrite(CheckRecord(options, capabilities, wrong)));
  }
}

}  // namespace
}  // namespace tomada
