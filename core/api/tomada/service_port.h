// ServicePort: the services at a port of a component, for a user that goes on when they are exchanged.
//
//   ServicePort port_ = context.service_port("services");      // kept
//   ...
//   const std::shared_ptr<const ServicePort::Offers> offers = port_.Now();
//   co_await InvokeUnary(offers->services.front().service->methods[0], ...);    // held until the call has ended
//
// A reload exchanges a provider whose config has changed for a new one. Who uses it by Context::uses is made anew with
// it; who has a ServicePort stays, and is told: a transport keeps its sockets and routes anew. The old provider is
// stopped when nobody holds offers of it any more, or its grace is over.
#ifndef TOMADA_SERVICE_PORT_H_
#define TOMADA_SERVICE_PORT_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tomada/service.h"

namespace tomada {

// A small value to copy and keep: all copies are one port. Thread-safe.
class ServicePort {
 public:
  using Providers = std::vector<std::pair<std::string, ServiceProvider*>>;  // by component id, as Context::uses gives

  struct Offer {
    std::string provider;  // the component's id
    const Service* service;
  };
  struct Offers {
    std::vector<std::string> providers;  // all of them, by component id, in the order of the profile
    std::vector<Offer> services;         // in the same order
  };

  explicit ServicePort(Providers providers);

  // What is offered now. Never null. From the user's own Start on: providers know their
  // services then. What is in it may be called while it is held.
  std::shared_ptr<const Offers> Now() const;

  // Calls `told` after each exchange, one at a time, on the thread that exchanges, until the handle is dropped; one
  // under way may still finish after that. It takes what it needs of Now, returns quickly and does not throw.
  [[nodiscard]] std::shared_ptr<void> OnExchange(std::function<void()> told);

  // For the host and for tests. `providers` have started. Returns what was offered before: it expires when nobody holds
  // it any more.
  std::weak_ptr<const Offers> Exchange(Providers providers);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tomada

#endif  // TOMADA_SERVICE_PORT_H_
