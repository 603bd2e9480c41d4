// A store whose calls wait, fail and are counted as a test wants.
//
//   gate.Hold(What::kGet, When::kAfter);   // from now on a Get reads, and does not come back
//   ... start a Get ...
//   gate.WaitHeld(1);
//   gate.LetGo();
#pragma once

#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "tomada/store.h"

namespace tomada::testing {

enum class What { kGet, kGetMany, kFind, kWrite, kRemove };
// Before the store beneath does it, or between that and the answer.
enum class When { kBefore, kAfter };

// Thread-safe. A call that is cancelled while it is held fails with its status, its outcome unknown.
class Gate {
 public:
  void Hold(What what, When when) {
    std::lock_guard lock(mutex_);
    held_kinds_.insert({what, when});
  }
  // Everything that is held, and what comes later, goes on.
  void LetGo() {
    std::list<std::shared_ptr<Held>> held;
    {
      std::lock_guard lock(mutex_);
      held_kinds_.clear();
      held.swap(held_);
      for (const auto& one : held) one->queued = false;
    }
    for (const auto& one : held) one->executor.Post(one->coroutine);
  }
  // From now on such calls end with `status` at that point; OK: they do not any more.
  void Fail(What what, When when, absl::Status status) {
    std::lock_guard lock(mutex_);
    failures_[{what, when}] = std::move(status);
  }
  // Until so many calls are held.
  void WaitHeld(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_.size() >= count; });
  }
  size_t calls(What what) const {
    std::lock_guard lock(mutex_);
    auto it = calls_.find(what);
    return it == calls_.end() ? 0 : it->second;
  }
  size_t reads() const { return calls(What::kGet) + calls(What::kGetMany) + calls(What::kFind); }

  // What a table does at both points of a call.
  Task<absl::Status> Pass(Call& call, What what, When when) {
    absl::Status failure = Count(what, when);
    if (!failure.ok()) co_return failure;
    auto held = std::make_shared<Held>(call.executor());
    Awaiter awaiter(*this, held, call, what, when);
    std::stop_callback on_cancel(call.stop_token(), [this, held] { GiveUp(held); });
    co_await awaiter;
    co_return held->cancelled ? call.status() : absl::OkStatus();
  }

 private:
  struct Held {
    explicit Held(Executor& executor) : executor(executor) {}
    Executor& executor;
    std::coroutine_handle<> coroutine;
    bool queued = false, cancelled = false;
  };
  struct Awaiter {
    Awaiter(Gate& gate, std::shared_ptr<Held> held, Call& call, What what, When when)
        : gate(gate), held(std::move(held)), call(call), what(what), when(when) {}
    bool await_ready() const { return false; }
    bool await_suspend(std::coroutine_handle<> self) {
      held->coroutine = self;
      return gate.Enter(held, call, what, when);
    }
    void await_resume() const {}
    Gate& gate;
    std::shared_ptr<Held> held;
    Call& call;
    What what;
    When when;
  };

  absl::Status Count(What what, When when) {
    std::lock_guard lock(mutex_);
    if (when == When::kBefore) ++calls_[what];
    auto failure = failures_.find({what, when});
    return failure == failures_.end() ? absl::OkStatus() : failure->second;
  }
  bool Enter(const std::shared_ptr<Held>& held, Call& call, What what, When when) {
    std::lock_guard lock(mutex_);
    held->cancelled = call.cancelled();
    if (held->cancelled || !held_kinds_.contains({what, when})) return false;
    held->queued = true;
    held_.push_back(held);
    changed_.notify_all();
    return true;
  }
  void GiveUp(std::shared_ptr<Held> held) {
    {
      std::lock_guard lock(mutex_);
      if (!held->queued) return;
      held->queued = false;
      held->cancelled = true;
      held_.remove(held);
    }
    held->executor.Post(held->coroutine);
  }

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::set<std::pair<What, When>> held_kinds_;
  std::map<std::pair<What, When>, absl::Status> failures_;
  std::map<What, size_t> calls_;
  std::list<std::shared_ptr<Held>> held_;
};

class GateTable final : public Table {
 public:
  GateTable(std::unique_ptr<Table> table, Gate& gate) : table_(std::move(table)), gate_(gate) {}

  Task<absl::StatusOr<RecordPtr>> Get(Call& call, std::string id) override {
    return Through(call, What::kGet, table_->Get(call, std::move(id)));
  }
  Task<absl::StatusOr<std::vector<RecordPtr>>> GetMany(Call& call, std::vector<std::string> ids) override {
    return Through(call, What::kGetMany, table_->GetMany(call, std::move(ids)));
  }
  Task<absl::StatusOr<RecordPtr>> Find(Call& call, std::string index, std::string value) override {
    return Through(call, What::kFind, table_->Find(call, std::move(index), std::move(value)));
  }
  Task<absl::StatusOr<Written>> Insert(Call& call, Operation operation, Record record) override {
    return Through(call, What::kWrite, table_->Insert(call, std::move(operation), std::move(record)));
  }
  Task<absl::StatusOr<Written>> Put(Call& call, Operation operation, Record record) override {
    return Through(call, What::kWrite, table_->Put(call, std::move(operation), std::move(record)));
  }
  Task<absl::StatusOr<Written>> Update(Call& call, Operation operation, Record record, std::string version) override {
    return Through(call, What::kWrite,
                   table_->Update(call, std::move(operation), std::move(record), std::move(version)));
  }
  Task<absl::StatusOr<Written>> Remove(Call& call, Operation operation, std::string id,
                                       std::optional<std::string> version) override {
    return Through(call, What::kRemove, table_->Remove(call, std::move(operation), std::move(id), std::move(version)));
  }
  Task<absl::StatusOr<Page>> List(Call& call, int page_size, std::string token) override {
    return table_->List(call, page_size, std::move(token));
  }

 private:
  template <class T>
  Task<absl::StatusOr<T>> Through(Call& call, What what, Task<absl::StatusOr<T>> task) {
    absl::Status before = co_await gate_.Pass(call, what, When::kBefore);
    if (!before.ok()) co_return before;
    absl::StatusOr<T> result = co_await task;
    absl::Status after = co_await gate_.Pass(call, what, When::kAfter);
    if (!after.ok()) co_return after;
    co_return result;
  }

  const std::unique_ptr<Table> table_;
  Gate& gate_;
};

class GateStore final : public Store {
 public:
  explicit GateStore(std::unique_ptr<Store> store) : store_(std::move(store)) {}

  absl::Status Start() override { return store_->Start(); }
  absl::Status Stop(Deadline grace) override { return store_->Stop(grace); }
  absl::StatusOr<std::unique_ptr<Table>> OpenTable(TableOptions options) override {
    absl::StatusOr<std::unique_ptr<Table>> table = store_->OpenTable(std::move(options));
    if (!table.ok()) return table.status();
    return std::make_unique<GateTable>(*std::move(table), gate);
  }
  // As a store that several processes use, which does not end with one of them.
  StoreCapabilities capabilities() const override {
    StoreCapabilities capabilities = store_->capabilities();
    capabilities.survives_restart = true;
    return capabilities;
  }

  Gate gate;

 private:
  const std::unique_ptr<Store> store_;
};

}  // namespace tomada::testing
