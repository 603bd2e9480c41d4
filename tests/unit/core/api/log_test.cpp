#include "tomada/log.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tomada {
namespace {

std::string Line(std::string_view message, std::vector<LogField> fields = {}) {
  std::string line = FormatLogLine(LogLevel::kInfo, "store", message, fields);
  return line.substr(line.find(' ') + 1);  // without the time
}

TEST(FormatLogLine, HasTimeLevelComponentMessageAndFields) {
  EXPECT_THAT(FormatLogLine(LogLevel::kWarning, "store", "slow", std::vector<LogField>{{"ms", "12"}}),
              ::testing::MatchesRegex(
                  "[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9][0-9][0-9]Z warning store: slow ms=12"));
}

TEST(FormatLogLine, QuotesWhatWouldReadAsSomethingElse) {
  EXPECT_EQ(
      Line("m", {{"a", "plain"}, {"b", "two words"}, {"c", ""}, {"d", "x=y"}, {"e", "say \"hi\""}, {"f", "a\\b"}}),
      R"(info store: m a=plain b="two words" c="" d="x=y" e="say \"hi\"" f="a\\b")");
}

TEST(FormatLogLine, NoValueForgesALineOrAField) {
  EXPECT_EQ(Line("done\n2026-01-01T00:00:00.000Z error store: forged",
                 {{"id", "1\r\nforged: 2"}, {"tab", "a\tb"}, {"nul", std::string("\0", 1)}, {"esc", "\x1b[31m\x7f"}}),
            "info store: done\\n2026-01-01T00:00:00.000Z error store: forged "
            R"(id="1\x0d\nforged: 2" tab="a\x09b" nul="\x00" esc="\x1b[31m\x7f")");
  EXPECT_EQ(Line("m", {{"a", "1 b=2"}}), R"(info store: m a="1 b=2")");
}

TEST(FormatLogLine, KeepsUtf8ButNoC1Controls) {
  EXPECT_EQ(Line("usuário criado", {{"nome", "José"}}), "info store: usuário criado nome=José");
  // U+009B begins an escape sequence on terminals that honour 8-bit controls; U+2028 is a line break to some readers.
  EXPECT_EQ(Line("m", {{"a", "\xc2\x9b"}, {"b", "\xe2\x80\xa8"}}), R"(info store: m a="\xc2\x9b" b="\xe2\x80\xa8")");
}

TEST(FormatLogLine, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(Line("m", {{"stray", "\xff"},
                       {"cut", "caf\xc3"},
                       {"overlong", "\xc0\xaf"},
                       {"surrogate", "\xed\xa0\x80"},
                       {"beyond", "\xf4\x90\x80\x80"},
                       {"four", "\xf0\x9f\x98\x80"}}),
            R"(info store: m stray="\xff" cut="caf\xc3" overlong="\xc0\xaf" surrogate="\xed\xa0\x80")"
            R"( beyond="\xf4\x90\x80\x80" four=)"
            "\xf0\x9f\x98\x80");
}

std::string Json(std::string_view message, std::vector<LogField> fields = {}) {
  std::string line = FormatLogJson(LogLevel::kInfo, "store", message, fields);
  return line.substr(line.find(',') + 1);  // without the time
}

TEST(FormatLogJson, IsOneObjectOfStrings) {
  EXPECT_THAT(
      FormatLogJson(LogLevel::kError, "store", "slow", {}),
      ::testing::MatchesRegex("\\{\"time\":\"[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9]+Z\","
                              "\"level\":\"error\",\"component\":\"store\",\"message\":\"slow\",\"fields\":\\{\\}\\}"));
  EXPECT_EQ(Json("m", {{"a", "1"}, {"b", "two words"}}),
            R"("level":"info","component":"store","message":"m","fields":{"a":"1","b":"two words"}})");
}

TEST(FormatLogJson, NoValueForgesALineOrAMember) {
  EXPECT_EQ(
      Json("a\"b\\c\nd", {{"tab", "\t"}, {"nul", std::string("\0", 1)}, {"del", "\x7f"}}),
      R"("level":"info","component":"store","message":"a\"b\\c\u000ad","fields":{"tab":"\u0009","nul":"\u0000","del":"\u007f"}})");
}

TEST(FormatLogJson, KeepsUtf8AndReplacesWhatIsNot) {
  EXPECT_EQ(Json("usuário \xf0\x9f\x98\x80"),
            "\"level\":\"info\",\"component\":\"store\",\"message\":\"usuário \xf0\x9f\x98\x80\",\"fields\":{}}");
  EXPECT_EQ(Json("caf\xc3"), R"("level":"info","component":"store","message":"caf\ufffd","fields":{}})");
}

TEST(LogLevelName, NamesEachLevel) {
  EXPECT_EQ(LogLevelName(LogLevel::kDebug), "debug");
  EXPECT_EQ(LogLevelName(LogLevel::kInfo), "info");
  EXPECT_EQ(LogLevelName(LogLevel::kWarning), "warning");
  EXPECT_EQ(LogLevelName(LogLevel::kError), "error");
}

TEST(Logger, TagsLinesWithLevelAndComponent) {
  struct Sink : LogSink {
    void Write(LogLevel level, std::string_view component, std::string_view message,
               std::span<const LogField> fields) override {
      lines.push_back(std::string(LogLevelName(level)) + " " + std::string(component) + " " + std::string(message) +
                      " " + std::to_string(fields.size()));
    }
    std::vector<std::string> lines;
  };
  auto sink = std::make_shared<Sink>();
  const Logger log(sink, "grpc");
  log.Debug("one");
  log.Info("two", {{"a", "1"}});
  log.Warning("three");
  log.Error("four", {{"a", "1"}, {"b", "2"}});
  EXPECT_THAT(sink->lines, ::testing::ElementsAre("debug grpc one 0", "info grpc two 1", "warning grpc three 0",
                                                  "error grpc four 2"));
}

TEST(Logger, DoesNotBotherTheSinkWithWhatIsBelowTheComponentsLevel) {
  struct Sink : LogSink {
    void Write(LogLevel, std::string_view, std::string_view, std::span<const LogField>) override { ++writes; }
    const std::atomic<LogLevel>& LevelOf(std::string_view component) const override {
      return component == "store" ? store : others;
    }
    std::atomic<LogLevel> store{LogLevel::kWarning}, others{LogLevel::kDebug};
    int writes = 0;
  };
  auto sink = std::make_shared<Sink>();
  const Logger store(sink, "store"), grpc(sink, "grpc");
  EXPECT_FALSE(store.Enabled(LogLevel::kInfo));
  EXPECT_FALSE(store.TakesRequest());
  EXPECT_TRUE(grpc.TakesRequest());
  store.Info("quiet");
  EXPECT_EQ(sink->writes, 0);
  store.Error("loud");
  grpc.Debug("loud");
  EXPECT_EQ(sink->writes, 2);
  sink->store = LogLevel::kInfo;
  store.Info("loud from now on");
  EXPECT_EQ(sink->writes, 3);
}

TEST(StderrSink, WritesFromItsMinimumUp) {
  ::testing::internal::CaptureStderr();
  std::shared_ptr<LogSink> sink = MakeStderrSink(LogLevel::kWarning);
  const Logger log(sink, "host");
  log.Info("quiet");
  log.Warning("loud");
  const std::string written = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(written, ::testing::EndsWith(" warning host: loud\n"));
  EXPECT_THAT(written, ::testing::Not(::testing::HasSubstr("quiet")));
}

}  // namespace
}  // namespace tomada
