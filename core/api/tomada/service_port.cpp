#include "tomada/service_port.h"

#include <mutex>

#include "tomada/listeners.h"

namespace tomada {
namespace {

std::shared_ptr<const ServicePort::Offers> OffersOf(const ServicePort::Providers& providers) {
  auto offers = std::make_shared<ServicePort::Offers>();
  for (const auto& [id, provider] : providers) {
    offers->providers.push_back(id);
    for (const Service& service : provider->services()) offers->services.push_back({id, &service});
  }
  return offers;
}

}  // namespace

struct ServicePort::State {
  std::mutex exchanging;  // held while those who listen are told
  Listeners listeners;
  std::mutex mutex;  // guards the following
  Providers providers;
  std::shared_ptr<const Offers> now;  // null until it is first asked for
};

ServicePort::ServicePort(Providers providers) : state_(std::make_shared<State>()) {
  state_->providers = std::move(providers);
}

std::shared_ptr<const ServicePort::Offers> ServicePort::Now() const {
  std::lock_guard lock(state_->mutex);
  if (state_->now == nullptr) state_->now = OffersOf(state_->providers);
  return state_->now;
}

std::shared_ptr<void> ServicePort::OnExchange(std::function<void()> told) {
  return state_->listeners.Add(std::move(told));
}

std::weak_ptr<const ServicePort::Offers> ServicePort::Exchange(Providers providers) {
  std::shared_ptr<const Offers> next = OffersOf(providers);
  std::lock_guard one_at_a_time(state_->exchanging);
  std::weak_ptr<const Offers> before;
  {
    std::lock_guard lock(state_->mutex);
    before = state_->now;
    state_->providers = std::move(providers);
    state_->now = std::move(next);
  }
  state_->listeners.Tell();
  return before;
}

}  // namespace tomada
