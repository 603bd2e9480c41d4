// The OpenAPI document where it depends on who asks: each caller is shown what it may see.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "openapi/docs_page.h"
#include "openapi/document.h"
#include "tomada/log.h"
#include "tomada/service.h"

namespace tomada::pistache_http {

// Thread-safe.
class CallersDocument {
 public:
  using PagePtr = std::shared_ptr<const DocsPage>;

  // How many different ones are kept, so that each is not made again for every request.
  static constexpr size_t kMaxKept = 16;

  // The services outlive it.
  CallersDocument(std::vector<const Service*> services, DocumentOptions options, Logger log)
      : services_(std::move(services)), options_(std::move(options)), log_(std::move(log)) {}

  // Asks the services on the call's executor. Types of messages that only hidden methods have are left out too.
  Task<PagePtr> For(Call& call);

 private:
  using Methods = std::set<const google::protobuf::MethodDescriptor*>;

  PagePtr Make(const Methods& hidden) const;

  const std::vector<const Service*> services_;
  const DocumentOptions options_;
  const Logger log_;
  std::mutex mutex_;
  std::map<Methods, PagePtr> kept_;  // by what is hidden; guarded by mutex_
};

}  // namespace tomada::pistache_http
