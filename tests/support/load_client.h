#pragma once

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "support/load_driver.h"
#include "support/write_log.h"
#include "tomada/store.h"
#include "tomada/task.h"

namespace tomada::testing {

// One client of a LoadDriver: at most one call in flight.
class LoadClient {
 public:
  // All but `load` outlive it.
  LoadClient(Table& table, WriteLog& log, const Load& load, Executor& executor, size_t number)
      : table_(table),
        log_(log),
        load_(load),
        executor_(executor),
        name_(load.name + std::to_string(number)),
        random_(number) {}

  // Works until told to stop.
  Task<> Run(const std::atomic<bool>& stopping);

 private:
  // What a client knows of a record of its own.
  struct Known {
    Record record;
    bool present = false;
  };
  enum class Result { kDone, kRefused, kUnknown };

  Task<> Step();
  Task<Result> Write(WriteKind kind, Record record, std::string version);
  Task<absl::StatusOr<Written>> Try(WriteKind kind, size_t write, Operation operation, Record record,
                                    std::string version);
  Task<> Change(std::string id, WriteKind kind);
  Task<> Get(std::string id);
  Task<> Find(std::string id);
  Task<> ListSome();

  Record NewState(const std::string& id);
  bool MayBeRefused(const absl::Status& status, const Record& record) const;
  void CheckRead(const char* what, const std::string& id, const absl::StatusOr<RecordPtr>& read);
  size_t Below(size_t bound) { return std::uniform_int_distribution<size_t>(0, bound - 1)(random_); }

  Table& table_;
  WriteLog& log_;
  const Load load_;
  Executor& executor_;
  const std::string name_;
  std::mt19937_64 random_;  // seeded with the client's number: the same steps in each run
  std::map<std::string, Known> known_;
  size_t records_ = 0, values_ = 0;
  std::string token_;
};

}  // namespace tomada::testing
