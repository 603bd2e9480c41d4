#include "openapi/callers_document.h"

#include <utility>

#include "transcode/content_types.h"

namespace tomada::pistache_http {

Task<CallersDocument::PagePtr> CallersDocument::For(Call& call) {
  Methods hidden = co_await HiddenFrom(call, services_, log_);
  std::lock_guard lock(mutex_);
  if (auto kept = kept_.find(hidden); kept != kept_.end()) co_return kept->second;
  if (kept_.size() >= kMaxKept) kept_.clear();
  PagePtr page = Make(hidden);
  kept_.emplace(std::move(hidden), page);
  co_return page;
}

CallersDocument::PagePtr CallersDocument::Make(const Methods& hidden) const {
  std::vector<Service> shown;
  for (const Service* service : services_) {
    Service rest = *service;
    std::erase_if(rest.methods, [&](const Method& method) { return hidden.contains(method.descriptor); });
    if (!rest.methods.empty() || service->methods.empty()) shown.push_back(std::move(rest));
  }
  std::vector<const Service*> services;
  for (const Service& service : shown) services.push_back(&service);
  auto page = std::make_shared<DocsPage>(DocsPage{kJson, MakeOpenApi(services, options_), ""});
  page->etag = EntityTag(page->body);
  return page;
}

}  // namespace tomada::pistache_http
