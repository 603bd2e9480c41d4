#include "tomada/context.h"

#include <cstring>
#include <typeinfo>

#include <gtest/gtest.h>

#include "tomada/plugin.h"
#include "tomada/store.h"

namespace tomada {
namespace {

class Plain : public Component {
 public:
  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
};

class EmptyStore : public Store {
 public:
  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<Table>> OpenTable(TableOptions) override { return absl::UnimplementedError(""); }
  StoreCapabilities capabilities() const override { return {}; }
};

class Board : public ReadinessBoard {
 public:
  void Report(std::string_view id, Readiness readiness) override {
    reports.push_back(std::string(id) + (readiness.ready ? " ready" : " not ready: " + readiness.reason));
  }
  Readiness Of(std::string_view) const override { return {}; }
  std::shared_ptr<void> OnChange(std::function<void()>) override { return nullptr; }
  std::vector<std::string> reports;
};

struct Config {
  int workers = 3;
};

class ContextTest : public ::testing::Test {
 protected:
  Context Make() {
    Context::Parts parts;
    parts.id = "usuarios";
    parts.config = std::make_shared<Config>();
    parts.uses["store"] = {{"disk", &store_}};
    parts.uses["many"] = {{"b", &store_}, {"a", &other_}};
    parts.uses["plain"] = {{"plain", &plain_}};
    parts.readiness = board_;
    return Context(std::move(parts));
  }

  EmptyStore store_, other_;
  Plain plain_;
  std::shared_ptr<Board> board_ = std::make_shared<Board>();
};

TEST_F(ContextTest, GivesIdAndConfig) {
  const Context context = Make();
  EXPECT_EQ(context.id(), "usuarios");
  EXPECT_EQ(context.config<Config>().workers, 3);
}

TEST_F(ContextTest, GivesWhatIsUsedInTheOrderOfTheProfile) {
  const Context context = Make();
  EXPECT_EQ(&context.use<Store>("store"), &store_);
  const auto many = context.uses<Store>("many");
  ASSERT_EQ(many.size(), 2u);
  EXPECT_EQ(many[0], std::pair(std::string("b"), static_cast<Store*>(&store_)));
  EXPECT_EQ(many[1], std::pair(std::string("a"), static_cast<Store*>(&other_)));
  EXPECT_TRUE(context.uses<Store>("left out").empty());
}

TEST_F(ContextTest, AComponentOfAnotherKindIsABadCast) {
  const Context context = Make();
  EXPECT_THROW(context.use<Store>("plain"), std::bad_cast);
  EXPECT_THROW(context.uses<Store>("plain"), std::bad_cast);
}

TEST_F(ContextTest, StatusIsReportedUnderTheComponentsId) {
  const StatusReporter status = Make().status();  // outlives the context
  status.NotReady("127.0.0.1:6379: connection refused");
  status.Ready();
  EXPECT_EQ(board_->reports,
            (std::vector<std::string>{"usuarios not ready: 127.0.0.1:6379: connection refused", "usuarios ready"}));
}

Plugin DescribeNothing() { return {}; }

}  // namespace
}  // namespace tomada

TOMADA_PLUGIN(tomada::DescribeNothing)

namespace tomada {
namespace {

TEST(PluginEntry, CarriesMagicStampAndDescriptor) {
  EXPECT_EQ(tomada_plugin.magic, PluginEntry::kMagic);
  EXPECT_STREQ(tomada_plugin.abi_stamp, TOMADA_ABI_STAMP);
  EXPECT_EQ(tomada_plugin.describe, &DescribeNothing);
  char text[9] = {};
  std::memcpy(text, &PluginEntry::kMagic, 8);
  EXPECT_STREQ(text + 1, "tomada1");
}

TEST(AbiStamp, NamesWhatMustBeEqual) {
  const std::string stamp = TOMADA_ABI_STAMP;
  for (const char* part : {"contract 6", "libstdc++ ", "protobuf ", "abseil ", "sanitizer "}) {
    EXPECT_NE(stamp.find(part), std::string::npos) << stamp;
  }
  EXPECT_EQ(stamp.find('\n'), std::string::npos);
}

TEST(KindName, NamesEachKind) {
  EXPECT_EQ(KindName(Kind::kStore), "store");
  EXPECT_EQ(KindName(Kind::kService), "service");
  EXPECT_EQ(KindName(Kind::kTransport), "transport");
}

}  // namespace
}  // namespace tomada
