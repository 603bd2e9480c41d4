// Where a suspended coroutine goes on.
#pragma once

#include <coroutine>
#include <span>

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

// Resumes inside Post, on the thread that calls it. For code without threads of its own.
Executor& InlineExecutor();

}  // namespace tomada
