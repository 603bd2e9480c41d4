#include "server_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomada::redis_store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ServerAddress, ReadsEachPart) {
  absl::StatusOr<ServerAddress> address = ServerAddress::Parse("redis://ana:s%40cr%2fet@db.example:7000/3");
  ASSERT_EQ(address.status(), absl::OkStatus());
  EXPECT_EQ(address->at.host, "db.example");
  EXPECT_EQ(address->at.port, 7000);
  EXPECT_EQ(address->user, "ana");
  EXPECT_EQ(address->password.Reveal(), "s@cr/et");
  EXPECT_EQ(address->db, 3);
  EXPECT_EQ(address->ToString(), "db.example:7000");
}

TEST(ServerAddress, TwoSMeanTls) {
  absl::StatusOr<ServerAddress> address = ServerAddress::Parse("rediss://ana:x@db.example/3");
  ASSERT_EQ(address.status(), absl::OkStatus());
  EXPECT_TRUE(address->tls);
  EXPECT_EQ(address->at.host, "db.example");
  EXPECT_EQ(address->at.port, 6379);
  EXPECT_EQ(address->db, 3);
  EXPECT_FALSE(ServerAddress::Parse("redis://db.example")->tls);
}

TEST(ServerAddress, WhatIsLeftOutHasADefault) {
  absl::StatusOr<ServerAddress> address = ServerAddress::Parse("redis://localhost");
  ASSERT_EQ(address.status(), absl::OkStatus());
  EXPECT_EQ(address->at.port, 6379);
  EXPECT_EQ(address->user, "");
  EXPECT_EQ(address->db, 0);
  EXPECT_EQ(ServerAddress::Parse("redis://:p@h/")->password.Reveal(), "p");
}

TEST(ServerAddress, Ipv6IsWrittenInBrackets) {
  absl::StatusOr<ServerAddress> address = ServerAddress::Parse("redis://[::1]:7000");
  ASSERT_EQ(address.status(), absl::OkStatus());
  EXPECT_EQ(address->at.host, "::1");
  EXPECT_EQ(address->ToString(), "[::1]:7000");
}

TEST(ServerAddress, UnixSocketsHaveAPath) {
  for (const char* url : {"unix:/run/redis.sock", "unix:///run/redis.sock"}) {
    absl::StatusOr<ServerAddress> address = ServerAddress::Parse(url);
    ASSERT_EQ(address.status(), absl::OkStatus()) << url;
    EXPECT_EQ(address->path, "/run/redis.sock");
  }
  EXPECT_EQ(ServerAddress::Parse("unix:/run/redis.sock?db=2")->db, 2);
}

TEST(ServerAddress, WhatIsWrongIsSaidWithoutQuotingIt) {
  for (const char* url : {"", "redis:", "redis://", "redis://:7000", "http://secret", "rediss://:secret",
                          "rediss:secret", "redis://h:0", "redis://h:70000", "redis://h:secret", "redis://h/secret",
                          "redis://secret@h", "redis://a:secret%4@h", "redis://a:secret%zz@h", "redis://[::1",
                          "redis://[::1]7000", "unix:secret", "unix:/run/redis.sock?db=secret"}) {
    absl::Status status = ServerAddress::Parse(url).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_THAT(std::string(status.message()), HasSubstr("`url`")) << url;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret"))) << url;
  }
}

}  // namespace
}  // namespace tomada::redis_store
