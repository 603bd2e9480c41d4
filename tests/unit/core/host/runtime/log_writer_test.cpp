#include "runtime/log_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "tomada/unique_fd.h"

namespace tomada {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using Clock = std::chrono::steady_clock;

class LogWriterTest : public ::testing::Test {
 protected:
  LogWriterTest() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    read_.Reset(ends[0]);
    write_.Reset(ends[1]);
  }

  // Everything that was written, once there is no writer.
  std::vector<std::string> Lines() {
    write_.Reset();
    return ReadToTheEnd();
  }

  std::vector<std::string> ReadToTheEnd() {
    std::string all;
    char buffer[4096];
    for (ssize_t got; (got = ::read(read_.get(), buffer, sizeof buffer)) > 0;) all.append(buffer, got);
    std::vector<std::string> lines;
    for (size_t at = 0, end; (end = all.find('\n', at)) != std::string::npos; at = end + 1)
      lines.push_back(all.substr(at, end - at));
    return lines;
  }

  UniqueFd read_, write_;
};

TEST_F(LogWriterTest, WritesEveryLineInOrder) {
  {
    const Logger log(std::make_shared<LogWriter>(write_.get(), LogOptions()), "store");
    for (int i = 0; i < 200; ++i) log.Info("line", {{"i", std::to_string(i)}});
    log.Debug("quiet");
  }
  const std::vector<std::string> lines = Lines();
  ASSERT_THAT(lines, SizeIs(200));
  for (int i = 0; i < 200; ++i) EXPECT_THAT(lines[i], EndsWith(" info store: line i=" + std::to_string(i)));
}

TEST_F(LogWriterTest, LevelsAndFormat) {
  LogOptions options;
  options.level = LogLevel::kWarning;
  options.levels = {{"store", LogLevel::kDebug}};
  options.json = true;
  {
    auto writer = std::make_shared<LogWriter>(write_.get(), options);
    EXPECT_EQ(writer->LevelOf("store").load(), LogLevel::kDebug);
    EXPECT_EQ(writer->LevelOf("http").load(), LogLevel::kWarning);
    writer->Write(LogLevel::kInfo, "http", "quiet", {});
    writer->Write(LogLevel::kDebug, "store", "loud", {});
  }
  EXPECT_THAT(Lines(), ElementsAre(EndsWith(R"("level":"debug","component":"store","message":"loud","fields":{}})")));
}

TEST_F(LogWriterTest, ALevelChangesForLoggersThatThereAre) {
  {
    auto writer = std::make_shared<LogWriter>(write_.get(), LogOptions());
    const Logger store(writer, "store"), http(writer, "http");
    store.Debug("one");
    EXPECT_TRUE(writer->SetLevel("store", LogLevel::kDebug));
    store.Debug("two");
    http.Debug("three");
    Logger(writer, "store").Debug("four");
    writer->SetLevel("store", LogLevel::kError);
    store.Warning("five");
  }
  EXPECT_THAT(Lines(), ElementsAre(EndsWith(" debug store: two"), EndsWith(" debug store: four")));
}

TEST_F(LogWriterTest, NobodyWaitsForAReaderWhoDoesNotRead) {
  LogOptions options;
  options.max_waiting = 64 << 10;
  auto writer = std::make_unique<LogWriter>(write_.get(), options);
  const std::string text(1000, 'x');
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) writer->Write(LogLevel::kInfo, "store", text, {});
    });
  }
  threads.clear();
  // Four megabytes into a pipe of 64 KiB that nobody empties: whoever waited would wait for ever.
  EXPECT_GT(writer->lost(), 3000u);
  writer.reset();
  for (const std::string& line : Lines()) EXPECT_THAT(line, HasSubstr(" info store: xxxx"));
}

TEST_F(LogWriterTest, SaysHowManyLinesWereDropped) {
  LogOptions options;
  options.max_waiting = 64 << 10;
  auto writer = std::make_unique<LogWriter>(write_.get(), options);
  for (int i = 0; i < 1000; ++i) writer->Write(LogLevel::kInfo, "store", std::string(1000, 'x'), {});
  const uint64_t lost = writer->lost();
  ASSERT_GT(lost, 0u);
  std::vector<std::string> lines;
  std::thread reader([&] { lines = ReadToTheEnd(); });
  writer->Flush();
  writer.reset();
  write_.Reset();
  reader.join();
  uint64_t told = 0;
  const std::string mark = "warning host: log lines dropped: nobody read them count=";
  for (const std::string& line : lines) {
    if (const size_t at = line.find(mark); at != std::string::npos) told += std::stoul(line.substr(at + mark.size()));
  }
  EXPECT_EQ(told, lost);
}

TEST_F(LogWriterTest, FlushReturnsWhenAllIsWritten) {
  LogWriter writer(write_.get(), LogOptions());
  writer.Write(LogLevel::kInfo, "store", "one", {});
  writer.Flush();
  char buffer[256];
  ::fcntl(read_.get(), F_SETFL, O_NONBLOCK);
  EXPECT_GT(::read(read_.get(), buffer, sizeof buffer), 0);
}

TEST_F(LogWriterTest, SurvivesAReaderWhoIsGone) {
  ::signal(SIGPIPE, SIG_IGN);
  read_.Reset();
  LogWriter writer(write_.get(), LogOptions());
  for (int i = 0; i < 100; ++i) writer.Write(LogLevel::kInfo, "store", "one", {});
  writer.Flush();
}

TEST_F(LogWriterTest, OfManyRequestsASampleIsTaken) {
  LogOptions options;
  options.requests = 10;
  LogWriter writer(write_.get(), options);
  // In one second at least once in three tries, unless the machine stands still.
  int taken = 0;
  for (int i = 0; i < 3 && taken != 12; ++i) {
    const auto second = std::chrono::ceil<std::chrono::seconds>(Clock::now().time_since_epoch());
    std::this_thread::sleep_until(Clock::time_point(second + std::chrono::milliseconds(20)));
    taken = 0;
    for (int j = 0; j < 2010; ++j) taken += writer.TakesRequest();
  }
  EXPECT_EQ(taken, 12);  // ten, and of two thousand more one in a thousand
}

TEST_F(LogWriterTest, LinesAreGatheredButAWarningIsWrittenAtOnce) {
  LogOptions options;
  options.gather = std::chrono::hours(1);
  LogWriter writer(write_.get(), options);
  writer.Write(LogLevel::kInfo, "store", "one", {});
  pollfd readable = {read_.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&readable, 1, 50), 0);
  writer.Write(LogLevel::kWarning, "store", "two", {});
  EXPECT_EQ(::poll(&readable, 1, 20'000), 1);
}

TEST_F(LogWriterTest, RequestsMayBeLeftOut) {
  LogOptions options;
  options.requests = 0;
  LogWriter writer(write_.get(), options);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(writer.TakesRequest());
}

}  // namespace
}  // namespace tomada
