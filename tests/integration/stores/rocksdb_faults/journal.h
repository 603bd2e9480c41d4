// What the driver prints and the audit reads: a line when a write begins, and one when it has been answered.
//
//   B <write> <kind> <id> <email> <version> <value>     begins; "-" for a field that the kind has not
//   A <write> <version>                                 acknowledged
//   R <write>                                           certainly not applied
//   U <write>                                           failed, outcome unknown
//
// A line that was printed is in the pipe, whatever becomes of the process.
#pragma once

#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "tomada/store.h"

namespace tomada::testing {

// One write of a client. Its number, made of run, client and count, names its operation and is the beginning of its
// value, so that no two are alike.
struct Write {
  std::string number, kind, id;
  std::string email = "-", version = "-", value = "-";

  std::string Line() const { return fmt::format("B {} {} {} {} {} {}\n", number, kind, id, email, version, value); }
  static std::optional<Write> Parse(const std::string& line) {
    Write write;
    std::istringstream words(line);
    std::string letter;
    words >> letter >> write.number >> write.kind >> write.id >> write.email >> write.version >> write.value;
    return words && letter == "B" ? std::optional(write) : std::nullopt;
  }

  Operation MakeOperation() const { return Operation(OperationId::FromText(number)); }
  Record MakeRecord() const {
    Record record(id, value);
    if (email != "-") record.unique_keys.emplace_back("email", email);
    return record;
  }
  bool removes() const { return kind == "remove"; }
};

constexpr int kClients = 24;
constexpr int kIdsOfAClient = 4;
constexpr int kEmails = 60;  // shared by all clients

inline TableOptions FaultTable() {
  TableOptions options("usuarios");
  options.unique_indexes = {"email"};
  return options;
}

// Makes the write; `table` is a SyncTable.
absl::StatusOr<Written> Perform(const auto& table, const Write& write) {
  if (write.kind == "insert") return table.Insert(write.MakeRecord(), write.MakeOperation());
  if (write.kind == "put") return table.Put(write.MakeRecord(), write.MakeOperation());
  if (write.kind == "update") return table.Update(write.MakeRecord(), write.version, write.MakeOperation());
  return table.Remove(write.id, std::nullopt, write.MakeOperation());
}

}  // namespace tomada::testing
