// What is wrong with a profile, and where: all of it in one run.
#pragma once

#include <string>
#include <vector>

namespace tomada {

// A place in a config file, counted from 1. Line 0 means the file as a whole.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;

  // "configs/local.yaml:14:7"; the file alone for line 0.
  std::string ToString() const;
};

enum class Severity { kError, kWarning };

struct Diagnostic {
  Location where;
  Severity severity = Severity::kError;
  std::string message;

  // "configs/local.yaml:14:7: message", warnings "...:14:7: warning: message".
  std::string ToString() const;
};

// Collects them in any order.
class Diagnostics {
 public:
  void Error(const Location& where, std::string message);
  void Warning(const Location& where, std::string message);

  bool has_errors() const;
  // By place: file, line, column, then in the order of their discovery. The same one at the same place comes once.
  std::vector<Diagnostic> Sorted() const;

 private:
  std::vector<Diagnostic> found_;
};

}  // namespace tomada
