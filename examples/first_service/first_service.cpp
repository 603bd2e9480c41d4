// Notes in a table of a store.
#include <memory>
#include <string>
#include <vector>

#include "first_service.pb.h"
#include "tomada/plugin.h"
#include "tomada/service.h"
#include "tomada/status.h"
#include "tomada/store.h"

namespace first_service {
namespace {

using tomada::Call;
using Task = tomada::Task<absl::Status>;

struct Config : tomada::ConfigKeys<Config> {
  int max_text = Key("max_text", &Config::max_text, 4096).Range(1, 65536).Help("The longest text of a note, in bytes.");
};

class FirstService final : public tomada::ServiceProvider {
 public:
  // `store` outlives it.
  FirstService(const Config& config, tomada::Store& store) : max_text_(config.max_text), store_(store) {
    services_.push_back(tomada::ServiceBuilder(*Note::descriptor()->file()->FindServiceByName("FirstService"))
                            .Unary("Save", this, &FirstService::Save)
                            .Unary("Find", this, &FirstService::Find)
                            .ServerStreaming("List", this, &FirstService::List)
                            .Build());
  }

  // The store has started by now.
  absl::Status Start() override {
    absl::StatusOr<std::unique_ptr<tomada::Table>> table = store_.OpenTable(tomada::TableOptions("first_service"));
    if (table.ok()) notes_ = *std::move(table);
    return table.status();
  }
  // No thread to end, and handlers end by themselves: their calls are cancelled at the grace.
  absl::Status Stop(tomada::Deadline) override { return absl::OkStatus(); }
  const std::vector<tomada::Service>& services() const override { return services_; }

 private:
  Task Save(Call& call, const Note& request, Note& response) {
    tomada::FieldViolations violations;
    if (request.id().empty() || request.id().size() > 64) violations.Add("id", "must be 1 to 64 bytes");
    if (request.text().empty() || request.text().size() > max_text_) {
      violations.Add("text", "must be 1 to " + std::to_string(max_text_) + " bytes");
    }
    if (!violations.empty()) co_return violations.ToStatus();
    tomada::Record record(request.id(), request.SerializeAsString());
    absl::StatusOr<tomada::Written> written = co_await notes_->Put(call, tomada::Operation(), record);
    if (written.ok()) response = request;
    co_return written.status();
  }

  Task Find(Call& call, const FindRequest& request, Note& response) {
    absl::StatusOr<tomada::RecordPtr> record = co_await notes_->Get(call, request.id());
    if (!record.ok()) co_return record.status();
    if (*record == nullptr) co_return absl::NotFoundError("there is no such note");
    co_return Read(**record, response);
  }

  // Each write waits until the client takes more, so no more than a page is in memory.
  Task List(Call& call, const ListRequest&, tomada::Writer<Note> responses) {
    std::string token;
    do {
      absl::StatusOr<tomada::Page> page = co_await notes_->List(call, 100, token);
      if (!page.ok()) co_return page.status();
      for (const tomada::RecordPtr& record : page->records) {
        Note note;
        absl::Status status = Read(*record, note);
        if (status.ok()) status = co_await responses.Write(note);
        if (!status.ok()) co_return status;
      }
      token = page->next_token;
    } while (!token.empty());
    co_return absl::OkStatus();
  }

  static absl::Status Read(const tomada::Record& record, Note& note) {
    return note.ParseFromString(record.value) ? absl::OkStatus() : absl::DataLossError("the note cannot be read");
  }

  const size_t max_text_;
  tomada::Store& store_;
  std::unique_ptr<tomada::Table> notes_;
  std::vector<tomada::Service> services_;
};

tomada::Plugin Describe() {
  tomada::Plugin plugin;
  plugin.name = "first_service";
  plugin.version = "0.1.0";
  plugin.kind = tomada::Kind::kService;
  plugin.summary = "Keeps notes.";
  plugin.ports = {{"store", tomada::Kind::kStore, tomada::Port::Count::kOne, "Where the notes are kept."}};
  plugin.config = tomada::ConfigSchema::Of<Config>();
  plugin.create = [](const tomada::Context& context) -> absl::StatusOr<std::unique_ptr<tomada::Component>> {
    return std::make_unique<FirstService>(context.config<Config>(), context.use<tomada::Store>("store"));
  };
  return plugin;
}

}  // namespace
}  // namespace first_service

TOMADA_PLUGIN(first_service::Describe)
