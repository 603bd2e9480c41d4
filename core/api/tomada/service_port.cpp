#include "tomada/service_port.h"

#include <algorithm>
#include <mutex>

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
  using Told = std::function<void()>;

  std::mutex exchanging;  // held while those who listen are told
  std::mutex mutex;       // guards the following
  Providers providers;
  std::shared_ptr<const Offers> now;  // null until it is first asked for
  std::vector<std::weak_ptr<Told>> listeners;
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
  auto listener = std::make_shared<State::Told>(std::move(told));
  std::lock_guard lock(state_->mutex);
  std::erase_if(state_->listeners, [](const auto& one) { return one.expired(); });
  state_->listeners.push_back(listener);
  return listener;
}

std::weak_ptr<const ServicePort::Offers> ServicePort::Exchange(Providers providers) {
  std::shared_ptr<const Offers> next = OffersOf(providers);
  std::lock_guard one_at_a_time(state_->exchanging);
  std::vector<std::weak_ptr<State::Told>> listeners;
  std::weak_ptr<const Offers> before;
  {
    std::lock_guard lock(state_->mutex);
    before = state_->now;
    state_->providers = std::move(providers);
    state_->now = std::move(next);
    listeners = state_->listeners;
  }
  for (const std::weak_ptr<State::Told>& listener : listeners) {
    if (const std::shared_ptr<State::Told> told = listener.lock()) (*told)();
  }
  return before;
}

}  // namespace tomada
