// Listeners: those who want to be told of a change.
#ifndef TOMADA_LISTENERS_H_
#define TOMADA_LISTENERS_H_

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace tomada {

// Thread-safe. Listeners may outlive it.
class Listeners {
 public:
  using Told = std::function<void()>;

  // Calls `told` at each Tell until the handle is dropped; a call that runs on another thread then may still finish
  // after that.
  [[nodiscard]] std::shared_ptr<void> Add(Told told);
  // Calls them one after the other, on this thread, in the order of Add. Without a lock: they may add and drop others.
  void Tell();

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<Told>> all_;  // guarded by mutex_
};

}  // namespace tomada

#endif  // TOMADA_LISTENERS_H_
