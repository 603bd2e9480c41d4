#include "tomada/served_method.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/metric_numbers.h"
#include "support/sync.h"
#include "usuarios.pb.h"

namespace tomada {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TestCall;

class Sink final : public LogSink {
 public:
  void Write(LogLevel level, std::string_view component, std::string_view message,
             std::span<const LogField> fields) override {
    lines.push_back(FormatLogLine(level, component, message, fields));
  }
  const std::atomic<LogLevel>& LevelOf(std::string_view component) const override {
    return component == "quiet" ? quiet_ : others_;
  }
  bool TakesRequest() override { return takes; }

  std::vector<std::string> lines;
  bool takes = true;

 private:
  const std::atomic<LogLevel> quiet_{LogLevel::kWarning}, others_{LogLevel::kInfo};
};

const google::protobuf::MethodDescriptor& Obter() {
  return *usuarios::Usuario::descriptor()->file()->FindServiceByName("Usuarios")->FindMethodByName("ObterUsuario");
}

class ServedMethodTest : public ::testing::Test {
 protected:
  std::map<std::string, double> Numbers() const { return testing::Numbers(*registry_); }

  std::shared_ptr<MetricsRegistry> registry_ = std::make_shared<MetricsRegistry>();
  std::shared_ptr<Sink> sink_ = std::make_shared<Sink>();
  const Metrics metrics_{registry_, "grpc"};
  TestCall call_;
};

TEST_F(ServedMethodTest, CountsByCodeTimesAndWhatIsInFlight) {
  ServedMethod method(metrics_, Logger(sink_, "grpc"), "grpc", Obter());
  method.Began();
  method.Began();
  method.Began();
  method.Ended(call_, absl::StatusCode::kOk, std::chrono::milliseconds(2));
  method.Ended(call_, absl::StatusCode::kNotFound, std::chrono::milliseconds(3));
  const std::string labels = "transport=grpc,service=usuarios.Usuarios,method=ObterUsuario";
  const std::map<std::string, double> expected = {
      {"tomada_requests_in_flight{" + labels + "}", 1},
      {"tomada_request_duration_seconds{" + labels + "}", 2},
      {"tomada_requests_total{" + labels + ",code=OK}", 1},
      {"tomada_requests_total{" + labels + ",code=NOT_FOUND}", 1},
  };
  EXPECT_EQ(Numbers(), expected);
}

TEST_F(ServedMethodTest, WritesALineForEachRequestThatIsTaken) {
  ServedMethod method(metrics_, Logger(sink_, "grpc"), "grpc", Obter());
  method.Began();
  method.Ended(call_, absl::StatusCode::kOk, std::chrono::microseconds(1500));
  ASSERT_EQ(sink_->lines.size(), 1u);
  EXPECT_THAT(sink_->lines[0], HasSubstr("info grpc: request method=usuarios.Usuarios/ObterUsuario code=OK "
                                         "took=0.001500s call=" +
                                         call_.id()));
  sink_->takes = false;
  method.Began();
  method.Ended(call_, absl::StatusCode::kOk, std::chrono::microseconds(1500));
  EXPECT_EQ(sink_->lines.size(), 1u);
}

TEST_F(ServedMethodTest, AComponentAboveInfoLogsNoRequest) {
  ServedMethod method(metrics_, Logger(sink_, "quiet"), "grpc", Obter());
  method.Began();
  method.Ended(call_, absl::StatusCode::kOk, std::chrono::seconds(1));
  method.Refused(absl::StatusCode::kNotFound, "r-7");
  EXPECT_THAT(sink_->lines, IsEmpty());
}

TEST_F(ServedMethodTest, WhatNamesNoMethodIsUnknown) {
  ServedMethod unknown(metrics_, Logger(sink_, "http"), "http");
  unknown.Refused(absl::StatusCode::kNotFound, "r-7");
  unknown.Refused(absl::StatusCode::kNotFound, "r-7");
  EXPECT_EQ(Numbers().at("tomada_requests_total{transport=http,service=unknown,method=unknown,"
                         "code=NOT_FOUND}"),
            2);
  EXPECT_THAT(sink_->lines, ElementsAre(HasSubstr("code=NOT_FOUND call=r-7"), HasSubstr("code=NOT_FOUND call=r-7")));
}

TEST_F(ServedMethodTest, ACodeThatIsNoneCountsAsUnknown) {
  ServedMethod method(metrics_, Logger(sink_, "grpc"), "grpc", Obter());
  method.Refused(static_cast<absl::StatusCode>(77), "r-7");
  EXPECT_EQ(Numbers().at("tomada_requests_total{transport=grpc,service=usuarios.Usuarios,"
                         "method=ObterUsuario,code=UNKNOWN}"),
            1);
}

}  // namespace
}  // namespace tomada
