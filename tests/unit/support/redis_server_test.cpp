#include "support/redis_server.h"

#include <gtest/gtest.h>

namespace tomada::testing {
namespace {

TEST(RedisServerTest, ServesAndKeepsWhatItWasToldToAcrossAKill) {
  RedisServer server({"appendonly yes", "appendfsync always"});
  EXPECT_EQ(server.Command({"SET", "a", "1"}).text, "OK");
  const uint16_t port = server.port();
  server.Kill();
  EXPECT_FALSE(server.running());
  EXPECT_THROW(server.Connect(), std::runtime_error);
  server.Restart();
  EXPECT_EQ(server.port(), port);
  EXPECT_EQ(server.Command({"GET", "a"}).text, "1");
}

TEST(RedisServerTest, KeepsNothingByDefault) {
  RedisServer server;
  server.Command({"SET", "a", "1"});
  server.Stop();
  server.Restart();
  EXPECT_EQ(server.Command({"GET", "a"}).kind, RedisReply::Kind::kNil);
}

TEST(RedisServerTest, PausesAndContinues) {
  RedisServer server;
  RedisClient client = server.Connect(std::chrono::milliseconds(100));
  server.Pause();
  EXPECT_THROW(client.Command({"PING"}), std::runtime_error);
  server.Continue();
  EXPECT_EQ(server.Command({"PING"}).text, "PONG");
}

TEST(RedisServerTest, TakesSettingsAndSaysWhatItIs) {
  RedisServer server({"requirepass secret", "maxclients 100"});
  EXPECT_EQ(RedisClient(server.port()).Command({"PING"}).kind, RedisReply::Kind::kError);
  EXPECT_EQ(server.Command({"CONFIG", "GET", "maxclients"}).elements.at(1).text, "100");
  EXPECT_EQ(server.Info("role"), "master");
  server.Set("maxclients", "50");
  EXPECT_THROW(server.Set("maxclients", "many"), std::runtime_error);
}

}  // namespace
}  // namespace tomada::testing
