// The plugin as it is built, without a host. What every store promises, tomada-conformance tests.
#include <gtest/gtest.h>

#include "tomada/store.h"
#include "tomada/testing/await.h"
#include "tomada/testing/test_call.h"
#include "tomada/testing/test_host.h"

namespace first_store {
namespace {

using tomada::Record;

class FirstStoreTest : public ::testing::Test {
 protected:
  absl::StatusCode Insert(const std::string& id, const std::string& value) {
    return executor_.Run(table_->Insert(call_, tomada::Operation(), Record(id, value))).status().code();
  }
  tomada::RecordPtr Get(const std::string& id) { return executor_.Run(table_->Get(call_, id)).value(); }

  tomada::testing::TestHost host_;
  tomada::Store& store_ = host_.Start<tomada::Store>("store", PLUGIN, {{"max_records", "2"}});
  std::unique_ptr<tomada::Table> table_ = store_.OpenTable(tomada::TableOptions("t")).value();
  tomada::testing::TestExecutor executor_;
  tomada::testing::TestCall call_{executor_};
};

TEST_F(FirstStoreTest, KeepsRecords) {
  EXPECT_EQ(Get("a"), nullptr);
  EXPECT_EQ(Insert("a", "1"), absl::StatusCode::kOk);
  ASSERT_NE(Get("a"), nullptr);
  EXPECT_EQ(Get("a")->value, "1");
  EXPECT_EQ(Insert("a", "2"), absl::StatusCode::kAlreadyExists);
}

TEST_F(FirstStoreTest, AFullTableRefusesNewRecords) {
  EXPECT_EQ(Insert("a", ""), absl::StatusCode::kOk);
  EXPECT_EQ(Insert("b", ""), absl::StatusCode::kOk);
  EXPECT_EQ(Insert("c", ""), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace first_store
