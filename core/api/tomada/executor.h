// Where a suspended coroutine goes on.
#pragma once

#include <coroutine>
#include <span>
#include <vector>

namespace tomada {

// Belongs to a transport: an HTTP worker, a pool. Thread-safe. Outlives every call that was given it.
class Executor {
 public:
  virtual ~Executor();

  // Resumes `coroutine` soon, in the order of posting, on a thread of this executor. Never blocks and never drops.
  virtual void Post(std::coroutine_handle<> coroutine) = 0;

  // The same for many at once, with one wake-up. The default posts one by one.
  virtual void PostAll(std::span<const std::coroutine_handle<>> coroutines);
};

// Coroutines to be resumed, gathered by a thread that finishes many calls at once and posted with one wake-up for each
// executor. Not thread-safe; what Flush resumes inline may not add to it.
class ResumeBatch {
 public:
  // `executor` outlives the call of Flush that posts to it.
  void Add(Executor& executor, std::coroutine_handle<> coroutine);
  // Posts what was added since the last Flush, in the order of adding for each executor.
  void Flush();

 private:
  struct Group {
    Executor* executor;
    std::vector<std::coroutine_handle<>> coroutines;
  };
  std::vector<Group> groups_;  // few, so searched in order
};

// Resumes inside Post, on the thread that calls it. For code without threads of its own.
Executor& InlineExecutor();

}  // namespace tomada
