// Short links in a table of a store, and a stream of their visits.
#include <algorithm>
#include <cctype>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include <google/protobuf/util/time_util.h>

#include "encurtador.pb.h"
#include "tomada/plugin.h"
#include "tomada/service.h"
#include "tomada/status.h"
#include "tomada/store.h"
#include "tomada/wait.h"

namespace encurtador {
namespace {

using google::protobuf::util::TimeUtil;
using tomada::Call;
using Task = tomada::Task<absl::Status>;

struct Config : tomada::ConfigKeys<Config> {
  absl::Duration validade_maxima = Key("validade_maxima", &Config::validade_maxima, absl::Hours(24 * 366))
                                       .Range(absl::Seconds(1), absl::Hours(24 * 3660))
                                       .Help("The longest time that a link may be asked to last.");
};

bool EhApelido(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; });
}

bool EhDestino(std::string_view text) {
  return (text.starts_with("http://") || text.starts_with("https://")) && text.size() <= 2000 &&
         text.size() > text.find("://") + 3 && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string NovoApelido() {
  constexpr std::string_view kLetras = "abcdefghijkmnpqrstuvwxyz23456789";  // none looks like another
  std::random_device random;
  std::string apelido(8, ' ');
  for (char& c : apelido) c = kLetras[random() % kLetras.size()];
  return apelido;
}

class EncurtadorService final : public tomada::ServiceProvider, public tomada::Drainable {
 public:
  // `store` outlives it.
  EncurtadorService(const Config& config, tomada::Store& store) : config_(config), store_(store) {
    services_.push_back(tomada::ServiceBuilder(*Link::descriptor()->file()->FindServiceByName("Encurtador"))
                            .Unary("CriarLink", this, &EncurtadorService::Criar)
                            .Unary("ObterLink", this, &EncurtadorService::Obter)
                            .Unary("RemoverLink", this, &EncurtadorService::Remover)
                            .Unary("AbrirLink", this, &EncurtadorService::Abrir)
                            .ServerStreaming("AcompanharVisitas", this, &EncurtadorService::Acompanhar)
                            .Build());
  }

  absl::Status Start() override {
    auto table = store_.OpenTable(tomada::TableOptions("links"));
    if (table.ok()) links_ = *std::move(table);
    return table.status();
  }
  // Those who watch would do so until the grace is over.
  void Drain() override {
    std::lock_guard lock(mutex_);
    parado_ = true;
    for (const auto& [apelido, visitas] : acompanhantes_) visitas->Close();
  }
  absl::Status Stop(tomada::Deadline) override { return absl::OkStatus(); }
  const std::vector<tomada::Service>& services() const override { return services_; }

 private:
  using Visitas = tomada::Channel<Visita>;

  // Among those who watch while it lives. Who reads so slowly that 64 visits wait misses the next.
  struct Acompanhante {
    Acompanhante(EncurtadorService& service, const std::string& apelido) : service(service) {
      std::lock_guard lock(service.mutex_);
      place = service.acompanhantes_.emplace(apelido, &visitas);
      if (service.parado_) visitas.Close();
    }
    ~Acompanhante() {
      std::lock_guard lock(service.mutex_);
      service.acompanhantes_.erase(place);
    }
    EncurtadorService& service;
    Visitas visitas{64};
    std::multimap<std::string, Visitas*>::iterator place;
  };

  Task Criar(Call& call, const CriarLinkRequest& request, Link& response) {
    tomada::FieldViolations violations;
    if (!EhDestino(request.destino())) violations.Add("destino", "must be an http or https URL of at most 2000 bytes");
    if (!request.apelido().empty() && !EhApelido(request.apelido())) {
      violations.Add("apelido", "must be 1 to 32 letters, digits, `-` or `_`");
    }
    const absl::Duration validade =
        absl::Seconds(request.validade().seconds()) + absl::Nanoseconds(request.validade().nanos());
    if (request.has_validade() && (validade <= absl::ZeroDuration() || validade > config_.validade_maxima)) {
      violations.Add("validade", "must be more than 0s, and at most " + absl::FormatDuration(config_.validade_maxima));
    }
    if (!violations.empty()) co_return violations.ToStatus();
    response.set_destino(request.destino());
    response.set_apelido(request.apelido().empty() ? NovoApelido() : request.apelido());
    tomada::Record record(response.apelido(), "");
    if (request.has_validade()) {
      record.expires_at = absl::Now() + validade;
      *response.mutable_expira_em() = TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(*record.expires_at));
    }
    record.value = response.SerializeAsString();
    absl::StatusOr<tomada::Written> written = co_await links_->Insert(call, tomada::Operation(), record);
    co_return written.status();
  }

  Task Obter(Call& call, const ObterLinkRequest& request, Link& response) {
    return Ler(call, request.apelido(), response);
  }

  Task Remover(Call& call, const RemoverLinkRequest& request, google::protobuf::Empty&) {
    absl::StatusOr<tomada::Written> removed =
        co_await links_->Remove(call, tomada::Operation(), request.apelido(), std::nullopt);
    co_return absl::IsNotFound(removed.status()) ? absl::OkStatus() : removed.status();
  }

  Task Abrir(Call& call, const AbrirLinkRequest& request, Link& response) {
    absl::Status status = co_await Ler(call, request.apelido(), response);
    if (!status.ok()) co_return status;
    Visita visita;
    visita.set_apelido(response.apelido());
    *visita.mutable_quando() = TimeUtil::GetCurrentTime();
    std::lock_guard lock(mutex_);
    const auto [begin, end] = acompanhantes_.equal_range(response.apelido());
    for (auto it = begin; it != end; ++it) it->second->TrySend(Visita(visita));
    co_return absl::OkStatus();
  }

  Task Acompanhar(Call& call, const AcompanharVisitasRequest& request, tomada::Writer<Visita> responses) {
    Acompanhante acompanhante(*this, request.apelido());
    Link link;
    absl::Status status = co_await Ler(call, request.apelido(), link);
    while (status.ok()) {
      absl::StatusOr<std::optional<Visita>> visita = co_await acompanhante.visitas.Receive(call);
      if (!visita.ok()) co_return visita.status();
      if (!*visita) co_return absl::UnavailableError("the server is stopping");
      status = co_await responses.Write(**visita);
    }
    co_return status;
  }

  // NOT_FOUND when there is none, or no longer.
  Task Ler(Call& call, std::string apelido, Link& link) {
    absl::StatusOr<tomada::RecordPtr> record = co_await links_->Get(call, apelido);
    if (!record.ok()) co_return record.status();
    if (*record == nullptr) co_return absl::NotFoundError("there is no such link");
    co_return link.ParseFromString((*record)->value) ? absl::OkStatus() : absl::DataLossError("it cannot be read");
  }

  const Config& config_;
  tomada::Store& store_;
  std::unique_ptr<tomada::Table> links_;
  std::vector<tomada::Service> services_;
  std::mutex mutex_;                                    // guards the two below
  std::multimap<std::string, Visitas*> acompanhantes_;  // by alias
  bool parado_ = false;
};

tomada::Plugin Describe() {
  tomada::Plugin plugin;
  plugin.name = "encurtador";
  plugin.version = "0.1.0";
  plugin.summary = "Short links that redirect, and a stream of their visits.";
  plugin.ports = {{"store", tomada::Kind::kStore, tomada::Port::Count::kOne, "Where the links are kept."}};
  plugin.config = tomada::ConfigSchema::Of<Config>();
  plugin.create = [](const tomada::Context& context) -> absl::StatusOr<std::unique_ptr<tomada::Component>> {
    return std::make_unique<EncurtadorService>(context.config<Config>(), context.use<tomada::Store>("store"));
  };
  return plugin;
}

}  // namespace
}  // namespace encurtador

TOMADA_PLUGIN(encurtador::Describe)
