// What the tests of the gRPC server and client share: a service that does what its request says, and a host around
// components.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tomada/context.h"
#include "tomada/service.h"
#include "usuarios.pb.h"

namespace tomada::testing {

// Readiness without a graph: each id is what was reported for it, not ready before.
class TestBoard : public ReadinessBoard {
 public:
  void Report(std::string_view id, Readiness readiness) override;
  Readiness Of(std::string_view id) const override;
  std::shared_ptr<void> OnChange(std::function<void()> changed) override;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Readiness, std::less<>> states_;
  std::vector<std::weak_ptr<std::function<void()>>> listeners_;
};

// Keeps every line, formatted.
class TestLog : public LogSink {
 public:
  void Write(LogLevel level, std::string_view component, std::string_view message,
             std::span<const LogField> fields) override;
  // All lines so far.
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// usuarios.Usuarios without users. ObterUsuario does what the id says:
//   u1        a user of this id, named Ana
//   quem      a user named after the request metadata "quem"; response metadata "resposta" is set
//   agente    a user named after the client's user-agent
//   detalhes  INVALID_ARGUMENT with a BadRequest for the field `id`
//   lanca     throws std::runtime_error("segredo")
//   espera    waits until the call is cancelled and returns why
//   prazo     a user whose name is the time left in milliseconds
//   grande    a user with a name of 1 MiB
//   anything else is NOT_FOUND
// ExportarUsuarios sends users without end, as the client takes them, when the metadata "sem-fim" is there, else
// three. The other methods are not implemented.
class TestService : public ServiceProvider {
 public:
  TestService();
  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
  const std::vector<Service>& services() const override { return services_; }

  std::atomic<int> waiting{0};   // calls inside "espera"
  std::atomic<int> exported{0};  // users written by ExportarUsuarios
  std::atomic<int> exports_ended{0};
  // Why the last call of "espera" or ExportarUsuarios ended.
  absl::Status last_end() const;

 private:
  Task<absl::Status> Obter(Call& call, const ::usuarios::ObterUsuarioRequest& request,
                           ::usuarios::ObterUsuarioResponse& response);
  Task<absl::Status> Exportar(Call& call, const ::usuarios::ExportarUsuariosRequest& request,
                              Writer<::usuarios::Usuario> responses);
  void SetEnd(const absl::Status& status);

  std::vector<Service> services_;
  mutable std::mutex mutex_;
  absl::Status last_end_;
};

// A Context and what it lends, for one component.
class TestHost {
 public:
  TestHost() : board(std::make_shared<TestBoard>()), log(std::make_shared<TestLog>()) {}

  // `config` is copied and kept. `services` fill the port of that name.
  template <class Config>
  Context MakeContext(std::string id, const Config& config,
                      const std::vector<std::pair<std::string, Component*>>& services = {}) {
    Context::Parts parts;
    parts.id = std::move(id);
    auto kept = std::make_shared<Config>(config);
    configs_.push_back(kept);
    parts.config = std::move(kept);
    for (const auto& [name, component] : services) parts.uses["services"].push_back(Context::Used{name, component});
    parts.log_sink = log;
    parts.readiness = board;
    parts.metrics = metrics;
    return Context(std::move(parts));
  }

  const std::shared_ptr<TestBoard> board;
  const std::shared_ptr<TestLog> log;
  const std::shared_ptr<MetricsRegistry> metrics = std::make_shared<MetricsRegistry>();

 private:
  std::vector<std::shared_ptr<void>> configs_;
};

// Waits at most half a minute for `condition`; false when it did not come.
bool Eventually(const std::function<bool()>& condition);

}  // namespace tomada::testing
