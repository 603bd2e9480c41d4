// A call that waits for its write.
#pragma once

#include <coroutine>
#include <cstdint>
#include <list>
#include <memory>
#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "tomada/call.h"
#include "write_request.h"

namespace tomada::rocksdb_store {

struct WaitingWrite {
  enum class State { kNew, kQueued, kPeeked, kTaken, kAnswered };

  WaitingWrite(Call& call, WriteRequest request)
      : call(call), request(std::make_shared<const WriteRequest>(std::move(request))), bytes(this->request->size()) {}

  Call& call;  // gone once the write has been answered
  const std::shared_ptr<const WriteRequest> request;
  const uint64_t bytes;
  std::coroutine_handle<> coroutine;
  State state = State::kNew;                                    // guarded by the queue's mutex
  std::list<std::shared_ptr<WaitingWrite>>::iterator position;  // while it waits
  absl::StatusOr<Written> answer{absl::Status(absl::StatusCode::kUnknown, "")};

  // The caller holds the queue's mutex and resumes the coroutine after it has let it go.
  void Answer(absl::StatusOr<Written> result) {
    answer = std::move(result);
    state = State::kAnswered;
  }
};

}  // namespace tomada::rocksdb_store
