// Writes to a store from many threads until it is killed, and tells of each write on standard output (see journal.h).
//   rocksdb_fault_driver DIRECTORY DURABILITY RUN
// Ends by itself, with 0, when the store takes no more writes.
#include <unistd.h>

#include <cstdio>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "integration/stores/rocksdb_faults/journal.h"
#include "support/sync_table.h"
#include "unit/plugins/stores/rocksdb_store/make_store.h"

namespace tomada::testing {
namespace {

// In one system call, so that a line is there whole or not at all.
void Print(const std::string& line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) ::_exit(2);
}

// One client at a time writes an id, so that its state after a crash is one of two. E-mails are fought for.
class Client {
 public:
  Client(Table& table, int run, int number) : table_(table), run_(run), number_(number), random_(run * 1000 + number) {}

  void Work() {
    while (Step()) {
    }
  }

 private:
  bool Step() {
    const Write write = Choose();
    Print(write.Line());
    const absl::StatusOr<Written> written = Perform(table_, write);
    if (written.ok()) {
      Print(fmt::format("A {} {}\n", write.number, written->version));
      return true;
    }
    const bool refused = OutcomeOf(written.status()) == WriteOutcome::kNotApplied;
    Print(fmt::format("{} {}\n", refused ? "R" : "U", write.number));
    return refused && (absl::IsAlreadyExists(written.status()) || absl::IsResourceExhausted(written.status()));
  }

  Write Choose() {
    Write write;
    write.number = fmt::format("{}-{}-{}", run_, number_, count_++);
    write.id = fmt::format("c{}-{}", number_, Random(kIdsOfAClient));
    const absl::StatusOr<RecordPtr> present = table_.Get(write.id);
    if (!present.ok()) ::_exit(3);
    if (*present == nullptr) {
      write.kind = Random(2) == 0 ? "insert" : "put";
    } else if (Random(3) == 0) {
      write.kind = "remove";
      return write;
    } else {
      write.kind = Random(2) == 0 ? "update" : "put";
      if (write.kind == "update") write.version = (*present)->version;
    }
    write.value = write.number + std::string(1 + Random(3000), 'v');
    if (Random(5) > 0) write.email = fmt::format("e{}", Random(kEmails));
    return write;
  }

  int Random(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }

  const SyncTable table_;
  const int run_, number_;
  int count_ = 0;
  std::mt19937 random_;
};

int Run(const std::string& directory, const std::string& durability, int run) {
  rocksdb_store::Config config = rocksdb_store::ConfigFor(directory);
  config.durability = ValueNamed<Durability>(durability).value();
  const std::unique_ptr<rocksdb_store::RocksdbStore> store = rocksdb_store::MakeStore(config);
  if (absl::Status started = store->Start(); !started.ok()) {
    fmt::print(stderr, "{}\n", started.ToString());
    return 1;
  }
  const std::unique_ptr<Table> table = *store->OpenTable(FaultTable());
  std::vector<std::jthread> threads;
  for (int i = 0; i < kClients; ++i) threads.emplace_back([&, i] { Client(*table, run, i).Work(); });
  threads.clear();
  return 0;
}

}  // namespace
}  // namespace tomada::testing

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  return tomada::testing::Run(argv[1], argv[2], std::stoi(argv[3]));
}
