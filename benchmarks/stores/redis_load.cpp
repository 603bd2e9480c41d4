// Calls of redis_store in a closed loop, 256 in flight from 4 threads over one I/O thread.
//
//   redis_load URL get|insert SECONDS [CA]
//
// Prints calls a second, CPU microseconds a call and allocations a call. The last are counted in a run of their own, so
// that the speed does not pay for it.
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <latch>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "load.h"
#include "redis_store.h"

namespace {

std::atomic<bool> counts_allocations = false;
std::atomic<int64_t> allocations = 0;

}  // namespace

// What the standard library and we allocate.
[[gnu::noinline]] void* operator new(size_t size) {
  if (counts_allocations.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace {

using namespace tomada;
using std::chrono::steady_clock;

constexpr int kWorkers = 4, kConcurrency = 256, kRecords = 10'000;
constexpr size_t kValueBytes = 100;

void Require(const absl::Status& status) {
  if (status.ok()) return;
  fmt::print(stderr, "redis_load: {}\n", std::string(status.message()));
  std::exit(1);
}

Record Example(int64_t number) {
  Record record(fmt::format("{:012}", number), std::string(kValueBytes, 'v'));
  record.unique_keys.emplace_back("email", fmt::format("{}@x.br", number));
  return record;
}

struct Load {
  Table& table;
  bool insert;
  int64_t first_id;  // of the inserts, so that a server may be used again
  steady_clock::time_point end;
  std::atomic<int64_t> next = 0;
  std::latch finished{kConcurrency};
};

Task<> Caller(Load& load, Executor& executor) {
  while (steady_clock::now() < load.end) {
    Call call(executor, load.end + std::chrono::minutes(1));
    const int64_t number = load.next.fetch_add(1, std::memory_order_relaxed);
    if (load.insert) {
      Operation operation;
      operation.request_digest = "fixed: a caller's own";
      Record record = Example(load.first_id + number);
      absl::StatusOr<Written> written = co_await load.table.Insert(call, std::move(operation), std::move(record));
      Require(written.status());
    } else {
      std::string id = fmt::format("{:012}", number % kRecords);
      absl::StatusOr<RecordPtr> record = co_await load.table.Get(call, std::move(id));
      Require(record.status());
    }
  }
}

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](timeval time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

using Workers = std::vector<std::unique_ptr<benchmark::Worker>>;

void Run(Load& load, const Workers& workers) {
  for (int i = 0; i < kConcurrency; ++i) {
    Spawn(Caller(load, *workers[static_cast<size_t>(i) % workers.size()]), [&load] { load.finished.count_down(); });
  }
  load.finished.wait();
}

void Measure(Table& table, bool insert, std::chrono::seconds length, const Workers& workers) {
  int64_t first_id = std::chrono::system_clock::now().time_since_epoch() / std::chrono::microseconds(1);
  Load counted{table, insert, first_id, steady_clock::now() + std::chrono::milliseconds(300)};
  counts_allocations = true;
  Run(counted, workers);
  counts_allocations = false;

  first_id += counted.next;
  const double cpu = CpuSeconds();
  const auto begin = steady_clock::now();
  Load load{table, insert, first_id, begin + length};
  Run(load, workers);
  const double seconds = std::chrono::duration<double>(steady_clock::now() - begin).count();
  const double calls = static_cast<double>(load.next);
  fmt::print("{:.0f} calls/s, {:.2f} CPU us/call, {:.2f} allocations/call\n", calls / seconds,
             (CpuSeconds() - cpu) / calls * 1e6, static_cast<double>(allocations) / static_cast<double>(counted.next));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    fmt::print(stderr, "usage: redis_load URL get|insert SECONDS [CA]\n");
    return 2;
  }
  redis_store::Config config;
  config.url = Secret(argv[1]);
  if (argc == 5) config.tls.ca = argv[4];
  config.io_threads = 1;
  const auto quiet = std::make_shared<benchmark::Quiet>();
  redis_store::RedisStore store(config, Logger(quiet, "store"), StatusReporter(quiet, "store"));
  Require(store.Start());
  TableOptions options("usuarios");
  options.unique_indexes = {"email"};
  const std::unique_ptr<Table> table = *store.OpenTable(options);
  Workers workers;
  for (int i = 0; i < kWorkers; ++i) workers.push_back(std::make_unique<benchmark::Worker>());

  const bool insert = std::string_view(argv[2]) == "insert";
  const auto length = std::chrono::seconds(std::atoi(argv[3]));
  if (!insert) {
    std::latch filled(kRecords);
    for (int i = 0; i < kRecords; ++i) {
      Spawn(
          [](Table& its_table, Executor& executor, int number) -> Task<> {
            Call call(executor, steady_clock::now() + std::chrono::minutes(1));
            Operation operation(OperationId::FromText(fmt::format("fill {}", number)));
            Record record = Example(number);
            absl::StatusOr<Written> written = co_await its_table.Put(call, std::move(operation), std::move(record));
            Require(written.status());
          }(*table, *workers[0], i),
          [&filled] { filled.count_down(); });
    }
    filled.wait();
  }
  Measure(*table, insert, length, workers);
  Require(store.Stop(steady_clock::now() + std::chrono::seconds(10)));
}
