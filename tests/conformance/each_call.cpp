#include "conformance/each_call.h"

namespace tomada::testing {
namespace {

template <class T>
Ending EndOf(std::string kind, RunningCall<T> call) {
  Ending ending{std::move(kind), absl::OkStatus(), call.Wait(kPatience), Deadline()};
  if (!ending.ended) return ending;
  ending.at = call.ended_at();
  ending.status = call.Take().status();
  return ending;
}

}  // namespace

std::vector<Ending> CallEach(Table& table, CallWatch& watch, Nanoseconds timeout, const absl::Status& cancel_with) {
  std::vector<Ending> endings;
  const auto run = [&]<class T>(std::string kind, auto begin, std::type_identity<T>) {
    const auto begin_cancelled = [&](Call& call) {
      if (!cancel_with.ok()) call.Cancel(cancel_with);
      return begin(call);
    };
    endings.push_back(EndOf(std::move(kind), RunningCall<T>(watch, timeout, begin_cancelled)));
  };
  const auto read = [&](std::string kind, auto begin) {
    run(std::move(kind), begin, std::type_identity<absl::StatusOr<RecordPtr>>());
  };
  const auto write = [&](std::string kind, auto begin) {
    run(std::move(kind), begin, std::type_identity<absl::StatusOr<Written>>());
  };
  read("Get", [&](Call& call) { return table.Get(call, "old"); });
  run(
      "GetMany",
      [&](Call& call) {
        return table.GetMany(call, {"old", "new"});
      },
      std::type_identity<absl::StatusOr<std::vector<RecordPtr>>>());
  read("Find", [&](Call& call) { return table.Find(call, "email", "old@x"); });
  run(
      "List", [&](Call& call) { return table.List(call, 10, ""); }, std::type_identity<absl::StatusOr<Page>>());
  write("Insert", [&](Call& call) { return table.Insert(call, Operation(), Record("new", "")); });
  write("Put", [&](Call& call) { return table.Put(call, Operation(), Record("old", "new")); });
  write("Update", [&](Call& call) { return table.Update(call, Operation(), Record("old", "new"), "version"); });
  write("Remove", [&](Call& call) { return table.Remove(call, Operation(), "old", std::nullopt); });
  return endings;
}

WriteCall StartPut(Table& table, CallWatch& watch, Nanoseconds timeout, const std::string& id,
                   const Operation& operation) {
  return WriteCall(watch, timeout, [&](Call& call) { return table.Put(call, operation, Record(id, "new")); });
}

ReadCall StartGet(Table& table, CallWatch& watch, Nanoseconds timeout, const std::string& id) {
  return ReadCall(watch, timeout, [&](Call& call) { return table.Get(call, id); });
}

}  // namespace tomada::testing
