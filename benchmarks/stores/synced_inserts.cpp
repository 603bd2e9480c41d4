// Inserts into rocksdb_store, each acknowledged when it is on disk, beside the disk's own rate of syncs.
//   synced_inserts DIRECTORY SECONDS ROUNDS [MICROSECONDS]
// Each round measures both, one after the other, and prints their ratio; the median is what counts. No sync of either
// takes less than so many microseconds: what a store gains by sharing syncs depends on what they cost, and a disk that
// need not write before it answers makes them nearly free.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "load.h"
#include "rocksdb_store.h"

namespace {

using namespace tomada;
using std::chrono::steady_clock;

constexpr int kConcurrency = 64;
constexpr size_t kValueBytes = 200;
std::chrono::microseconds sync_time{0};  // at least

void Require(bool done, std::string_view what) {
  if (done) return;
  fmt::print(stderr, "synced_inserts: {}\n", what);
  std::exit(1);
}

}  // namespace

// RocksDB finds this one before libc's.
extern "C" int fdatasync(int file) {
  const steady_clock::time_point end = steady_clock::now() + sync_time;
  const int result = static_cast<int>(::syscall(SYS_fdatasync, file));
  if (sync_time.count() > 0) {
    thread_local const int precise = ::prctl(PR_SET_TIMERSLACK, 1);  // else a sleep is 50 us longer
    static_cast<void>(precise);
    std::this_thread::sleep_until(end);
  }
  return result;
}

namespace {

double SyncsPerSecond(const std::string& directory, std::chrono::seconds length) {
  const std::string file = directory + "/bare";
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  Require(fd >= 0, "cannot write in the directory");
  const std::string bytes(kValueBytes, 'v');
  const steady_clock::time_point end = steady_clock::now() + length;
  int64_t count = 0;
  for (; steady_clock::now() < end; ++count) {
    Require(::write(fd, bytes.data(), bytes.size()) > 0 && ::fdatasync(fd) == 0, "the disk fails");
  }
  ::close(fd);
  ::unlink(file.c_str());
  return static_cast<double>(count) / static_cast<double>(length.count());
}

Task<> InsertUntil(Table& table, Executor& executor, steady_clock::time_point end, int caller,
                   std::atomic<int64_t>& count) {
  for (int i = 0; steady_clock::now() < end; ++i) {
    Call call(executor, end + std::chrono::minutes(1));
    const std::string id = fmt::format("{}-{}-{}", end.time_since_epoch().count(), caller, i);
    Record record(id, std::string(kValueBytes, 'v'));
    record.unique_keys.emplace_back("email", fmt::format("{}@example.com", id));
    Operation operation;
    absl::StatusOr<Written> written = co_await table.Insert(call, std::move(operation), std::move(record));
    Require(written.ok() && written->durability == Durability::kSynced, "an insert failed");
    ++count;
  }
}

struct Speed {
  double per_second;
  double cpu_us;  // of this process for each
};

double CpuMicroseconds() {
  rusage usage;
  ::getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) {
    return 1e6 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

Speed Inserts(Table& table, Executor& executor, std::chrono::seconds length) {
  const double cpu = CpuMicroseconds();
  std::atomic<int64_t> count = 0;
  std::latch finished(kConcurrency);
  const steady_clock::time_point end = steady_clock::now() + length;
  for (int caller = 0; caller < kConcurrency; ++caller) {
    Spawn(InsertUntil(table, executor, end, caller, count), [&finished] { finished.count_down(); });
  }
  finished.wait();
  const double inserts = static_cast<double>(count);
  return {inserts / static_cast<double>(length.count()), (CpuMicroseconds() - cpu) / inserts};
}

void Measure(const std::string& directory, std::chrono::seconds length, int rounds) {
  rocksdb_store::Config config;
  config.path = directory + "/store";
  const auto quiet = std::make_shared<benchmark::Quiet>();
  rocksdb_store::RocksdbStore store(config, Logger(quiet, "store"), StatusReporter(quiet, "store"));
  if (absl::Status started = store.Start(); !started.ok()) Require(false, std::string(started.message()));
  TableOptions options("usuarios");
  options.unique_indexes = {"email"};
  const std::unique_ptr<Table> table = *store.OpenTable(options);
  benchmark::Worker worker;
  std::vector<double> ratios;
  fmt::print("{:>5} {:>12} {:>14} {:>12} {:>8}\n", "round", "inserts/s", "CPU us/insert", "syncs/s", "ratio");
  for (int round = 1; round <= rounds; ++round) {
    const Speed inserts = Inserts(*table, worker, length);
    const double syncs = SyncsPerSecond(directory, length);
    ratios.push_back(inserts.per_second / syncs);
    fmt::print("{:>5} {:>12.0f} {:>14.1f} {:>12.0f} {:>8.1f}\n", round, inserts.per_second, inserts.cpu_us, syncs,
               ratios.back());
    std::fflush(stdout);
  }
  std::ranges::sort(ratios);
  fmt::print("median ratio: {:.1f}\n", ratios[ratios.size() / 2]);
  store.Stop(steady_clock::now() + std::chrono::seconds(10)).IgnoreError();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    fmt::print(stderr, "usage: synced_inserts DIRECTORY SECONDS ROUNDS [MICROSECONDS]\n");
    return 2;
  }
  if (argc == 5) sync_time = std::chrono::microseconds(std::stoi(argv[4]));
  Measure(argv[1], std::chrono::seconds(std::stoi(argv[2])), std::stoi(argv[3]));
}
