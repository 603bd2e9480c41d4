#include "rpc/http_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace tomada::rpc {
namespace {

using absl::StatusCode;

TEST(HttpStatusTest, EveryCodeHasItsHttpStatus) {
  std::vector<int> statuses;
  for (int code = 0; code <= 16; ++code) statuses.push_back(HttpStatusOf(static_cast<StatusCode>(code)));
  EXPECT_THAT(statuses, ::testing::ElementsAre(200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500,
                                               503, 500, 401));
  EXPECT_EQ(HttpStatusOf(static_cast<StatusCode>(99)), 500);
}

TEST(HttpStatusTest, AnswersWithoutAGrpcStatusMeanWhatGrpcSays) {
  EXPECT_EQ(CodeOfHttp(400), StatusCode::kInternal);
  EXPECT_EQ(CodeOfHttp(401), StatusCode::kUnauthenticated);
  EXPECT_EQ(CodeOfHttp(403), StatusCode::kPermissionDenied);
  EXPECT_EQ(CodeOfHttp(404), StatusCode::kUnimplemented);
  for (int status : {429, 502, 503, 504}) EXPECT_EQ(CodeOfHttp(status), StatusCode::kUnavailable) << status;
  for (int status : {0, 100, 200, 301, 418, 500, 599}) EXPECT_EQ(CodeOfHttp(status), StatusCode::kUnknown) << status;
}

}  // namespace
}  // namespace tomada::rpc
