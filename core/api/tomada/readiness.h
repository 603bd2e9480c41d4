// Ready or not, and why: what each component reports, and what follows from it over the graph.
#ifndef TOMADA_READINESS_H_
#define TOMADA_READINESS_H_

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tomada {

struct Readiness {
  bool ready = false;
  // For people. When ready what will need somebody soon, and mostly empty: "the certificate in /x.pem ends in 13 days".
  // Else the chain to the cause: "usuarios <- store: connection refused".
  std::string reason;
  // When the cause is tried again, where that is known.
  std::optional<std::chrono::steady_clock::time_point> next_try;
};

// Kept by the host. Thread-safe.
class ReadinessBoard {
 public:
  virtual ~ReadinessBoard();

  // What component `id` says of itself. After a successful start it counts as ready unless it has reported otherwise.
  virtual void Report(std::string_view id, Readiness readiness) = 0;

  // Computed over the graph: ready when `id` and everything it uses, directly or not, is ready, every component has
  // started and the host is not stopping. What is used at a port that degrades does not count: see Port. An unknown id
  // is not ready.
  virtual Readiness Of(std::string_view id) const = 0;

  // Calls `changed` after each change, on the thread that made it, until the returned handle is dropped; a call that
  // runs on another thread then may still finish after that. Calls come one at a time: of changes that several threads
  // make at once, one of them may tell all with one call. `changed` returns quickly and does not throw.
  [[nodiscard]] virtual std::shared_ptr<void> OnChange(std::function<void()> changed) = 0;
};

// A component's own handle to the board; to copy and keep. Thread-safe.
class StatusReporter {
 public:
  StatusReporter(std::shared_ptr<ReadinessBoard> board, std::string id)
      : board_(std::move(board)), id_(std::move(id)) {}

  void Ready() const { board_->Report(id_, Readiness{true, {}}); }
  // `why` in a few words for an operator: "127.0.0.1:6379: connection refused". `next_try` where there is one: it is
  // shown as the time that is left, so that `why` need not change as it passes.
  void NotReady(std::string why, std::optional<std::chrono::steady_clock::time_point> next_try = {}) const {
    board_->Report(id_, Readiness{false, std::move(why), next_try});
  }

 private:
  std::shared_ptr<ReadinessBoard> board_;
  std::string id_;
};

}  // namespace tomada

#endif  // TOMADA_READINESS_H_
