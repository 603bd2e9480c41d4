#include "config.h"

#include <gmock/gmock.h>

namespace tomada::grpc_client {
namespace {

using ::testing::HasSubstr;

Config Good() {
  Config config;
  config.target = "127.0.0.1:50051";
  config.reflection = true;
  return config;
}
std::string Wrong(const Config& config) { return std::string(config.Check().message()); }

TEST(ConfigTest, OneServerOrSeveral) {
  Config config = Good();
  EXPECT_TRUE(config.Check().ok());
  config.targets = {"a:1", "[::1]:2"};
  EXPECT_THAT(Wrong(config), HasSubstr("`target`, or `targets`"));
  config.target.clear();
  EXPECT_TRUE(config.Check().ok());
  config.targets = {"a:1", "b"};
  EXPECT_EQ(Wrong(config), "`targets`: \"b\" is not host:port");
  config.targets.clear();
  EXPECT_THAT(Wrong(config), HasSubstr("`target`, or `targets`"));
}

TEST(ConfigTest, OneSourceOfServices) {
  Config config = Good();
  config.descriptor_set = "x.binpb";
  EXPECT_THAT(Wrong(config), HasSubstr("`descriptor_set`, or `reflection: true`"));
  config.reflection = false;
  EXPECT_TRUE(config.Check().ok());
  config.descriptor_cache = "y.binpb";
  EXPECT_EQ(Wrong(config), "`descriptor_cache` goes with `reflection: true`");
  config.descriptor_cache.clear();
  config.descriptor_set.clear();
  EXPECT_THAT(Wrong(config), HasSubstr("`descriptor_set`, or `reflection: true`"));
}

TEST(ConfigTest, KeysOfTlsGoTogether) {
  Config config = Good();
  config.tls_ca = "ca.pem";
  EXPECT_THAT(Wrong(config), HasSubstr("`tls: {enabled: true}`"));
  config.tls_enabled = true;
  EXPECT_TRUE(config.Check().ok());
  config.tls_certificate = "x.pem";
  EXPECT_THAT(Wrong(config), HasSubstr("`tls.certificate` and `tls.key` belong together"));
  config.tls_key = "x.key";
  EXPECT_TRUE(config.Check().ok());
}

}  // namespace
}  // namespace tomada::grpc_client
