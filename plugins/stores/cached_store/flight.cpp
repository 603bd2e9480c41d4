#include "flight.h"

namespace tomada::cached_store {

Task<std::optional<Answer>> Flight::Wait(std::shared_ptr<Flight> flight, Call& call, Home& home) {
  Hop hop(home.Of(&call));
  co_await hop;
  TimedCall waiting(home.Of(&call), call.deadline(), &call, "the deadline passed during a read of the store");
  absl::Status waited = co_await flight->complete_.Wait(waiting);
  if (!waited.ok()) co_return Answer(std::move(waited));
  co_return flight->answer_;
}

}  // namespace tomada::cached_store
