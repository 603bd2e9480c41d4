// Executors: the threads of this process on which handlers run, for who watches over them.
#ifndef TOMADA_EXECUTORS_H_
#define TOMADA_EXECUTORS_H_

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "tomada/executor.h"

namespace tomada {

// Kept by the host. Thread-safe.
class Executors : public std::enable_shared_from_this<Executors> {
 public:
  // `name` tells the executor from others: "http worker 2". It is listed until the handle is dropped, which waits for a
  // ForEach under way, and comes before the executor's end.
  [[nodiscard]] std::shared_ptr<void> Add(std::string name, Executor& executor);

  // One after the other, in the order of Add. `look` may post to them, and adds and drops none.
  void ForEach(const std::function<void(const std::string& name, Executor& executor)>& look) const;

 private:
  struct Entry {
    std::string name;
    Executor* executor;
  };

  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // guarded by mutex_
};

}  // namespace tomada

#endif  // TOMADA_EXECUTORS_H_
