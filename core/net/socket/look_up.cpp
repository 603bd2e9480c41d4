#include "net/socket/look_up.h"

#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "net/socket/patience.h"

namespace tomada::net {

PendingLookUp::PendingLookUp(const HostPort& server, std::shared_ptr<const EventFd> done) {
  std::promise<absl::StatusOr<SocketAddresses>> promise;
  answer_ = promise.get_future();
  try {
    std::thread([server, promise = std::move(promise), done]() mutable {
      promise.set_value(LookUp(server));
      done->Signal();
    }).detach();
  } catch (const std::system_error& error) {  // no thread is to be had
    promise = {};
    answer_ = promise.get_future();
    promise.set_value(SocketError(error.code().value()));
    done->Signal();
  }
}

bool PendingLookUp::ready() const { return answer_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

}  // namespace tomada::net
