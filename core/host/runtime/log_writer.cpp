#include "runtime/log_writer.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>
#include <utility>

namespace tomada {
namespace {

using Clock = std::chrono::steady_clock;

// How often the end looks whether it has waited long enough for a reader who does not read.
constexpr int kLook = 50;  // milliseconds

// Exact to a few milliseconds, at a quarter of the cost of the exact clock.
int64_t RoughSecond() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec;
}

// How many bytes to write: as many whole lines as a pipe that has room takes at once, or a part of a longer line.
size_t PieceOf(std::string_view lines) {
  if (lines.size() <= PIPE_BUF) return lines.size();
  const size_t last = lines.rfind('\n', PIPE_BUF - 1);
  return last == std::string_view::npos ? PIPE_BUF : last + 1;
}

}  // namespace

LogWriter::LogWriter(int fd, LogOptions options) : fd_(fd), options_(std::move(options)), thread_([this] { Run(); }) {}

LogWriter::~LogWriter() {
  {
    std::lock_guard lock(mutex_);
    end_ = Clock::now() + kPatience;
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

std::atomic<LogLevel>& LogWriter::Level(std::string_view component) const {
  std::lock_guard lock(levels_mutex_);
  if (auto known = levels_.find(component); known != levels_.end()) return known->second;
  const auto given = options_.levels.find(component);
  const LogLevel level = given == options_.levels.end() ? options_.level : given->second;
  return levels_.try_emplace(std::string(component), level).first->second;
}

bool LogWriter::SetLevel(std::string_view component, LogLevel level) {
  Level(component) = level;
  return true;
}

bool LogWriter::TakesRequest() {
  if (options_.requests == 0) return false;
  const int64_t now = RoughSecond();
  if (second_.load(std::memory_order_relaxed) != now && second_.exchange(now, std::memory_order_relaxed) != now)
    taken_.store(0, std::memory_order_relaxed);
  if (taken_.load(std::memory_order_relaxed) < options_.requests &&
      taken_.fetch_add(1, std::memory_order_relaxed) < options_.requests)
    return true;
  // Each thread counts its own: on a busy server, threads would wait for a counter that all of them write.
  thread_local int beyond = 0;
  if (++beyond < kSample) return false;
  beyond = 0;
  return true;
}

void LogWriter::Write(LogLevel level, std::string_view component, std::string_view message,
                      std::span<const LogField> fields) {
  if (level < LevelOf(component)) return;
  const std::string line = LineOf(level, component, message, fields);
  bool wake;
  {
    std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() > options_.max_waiting) {
      lost_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    const bool urgent = level >= LogLevel::kWarning;
    wake = urgent || waiting_.empty();
    urgent_ |= urgent;
    waiting_ += line;
  }
  if (wake) wake_.notify_one();
}

void LogWriter::Flush() {
  std::unique_lock lock(mutex_);
  urgent_ = true;
  wake_.notify_one();
  written_.wait_for(lock, kPatience, [this] { return waiting_.empty() && !writing_; });
}

std::string LogWriter::LineOf(LogLevel level, std::string_view component, std::string_view message,
                              std::span<const LogField> fields) const {
  return (options_.json ? FormatLogJson(level, component, message, fields)
                        : FormatLogLine(level, component, message, fields)) +
         '\n';
}

void LogWriter::Run() {
  std::string lines;
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    wake_.wait_for(lock, options_.gather, [this] { return ending_ || urgent_; });
    urgent_ = false;
    lines.clear();
    lines.swap(waiting_);
    const uint64_t lost = lost_;
    if (const uint64_t news = lost - std::exchange(lost_told_, lost); news > 0) {
      const LogField count{"count", std::to_string(news)};
      lines += LineOf(LogLevel::kWarning, "host", "log lines dropped: nobody read them", {&count, 1});
    }
    writing_ = true;
    lock.unlock();
    WriteOut(lines);
    lock.lock();
    writing_ = false;
    written_.notify_all();
  }
}

void LogWriter::WriteOut(std::string_view lines) {
  while (!lines.empty()) {
    if (!WaitWritable()) return;
    const ssize_t written = ::write(fd_, lines.data(), PieceOf(lines));
    if (written > 0) {
      lines.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EAGAIN && errno != EINTR) {
      return;  // closed: there is nobody to tell
    }
  }
}

// False when the writer is ending and has waited for kPatience.
bool LogWriter::WaitWritable() {
  for (;;) {
    pollfd fd = {fd_, POLLOUT, 0};
    if (::poll(&fd, 1, kLook) > 0) return true;
    if (ending_ && Clock::now() >= end_) return false;
  }
}

}  // namespace tomada
