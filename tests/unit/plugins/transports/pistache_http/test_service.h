// The user service as the tests need it: no store, and each method does what the test asks for.
#pragma once

#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <usuarios.pb.h>

#include "config.h"
#include "server.h"
#include "support/recording_sink.h"
#include "tomada/service.h"

namespace tomada::pistache_http {

// Goes on on the executor, after what waits there already.
class Yield {
 public:
  explicit Yield(Executor& executor) : executor_(executor) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) const { executor_.Post(coroutine); }
  void await_resume() const noexcept {}

 private:
  Executor& executor_;
};

// Where handlers wait until the test lets them go on, from another thread.
class Gate {
 public:
  // Suspends the handler, whether the call is cancelled meanwhile or not.
  class Awaiter {
   public:
    Awaiter(Gate& gate, Executor& executor) : gate_(gate), executor_(executor) {}
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> coroutine);
    void await_resume() const noexcept {}

   private:
    Gate& gate_;
    Executor& executor_;
  };

  // Waits until so many handlers are inside.
  void WaitFor(size_t count);
  // Lets all of them go on, each on its executor, with one post for each executor.
  void Release();
  // Lets the newest go on.
  void ReleaseLast();
  // Lets all go on right here, on a thread that is no worker's, as a badly behaved handler would.
  void ResumeHere();
  // Lets all go on, and nobody waits any more.
  void Open();

 private:
  struct Waiting {
    std::coroutine_handle<> coroutine;
    Executor* executor;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Waiting> waiting_;
  bool open_ = false;
};

// ObterUsuario, by id: "espera..." waits at the gate; "cancelavel..." until the call is cancelled; "gira..." posts
// itself again and again until then; "nada..." is NOT_FOUND; "lanca..." throws; "desconhecido..." fails with a detail
// of an unknown type, "cheio..." with RetryInfo, "campos..." with three violations; "sem-json..." has a time without a
// JSON form; "anonimo..." and "basico..." are UNAUTHENTICATED, the latter with a header of its own; anything else is
// found. The user's name is the id; of "metadados..." the e-mail is all metadata of the call, of "reservado..." that
// under "tomada-principal", of "origem..." the client's address, of "identidade..." what its
// certificate names, of "fio..." "mesmo" when all of the handler ran on its
// executor's thread, of "contagem..." the number of calls before it. ObterUsuarios waits at the gate, before it counts
// as a call, when its token is "espera".
class TestService final : public ServiceProvider {
 public:
  TestService();

  absl::Status Start() override { return absl::OkStatus(); }
  absl::Status Stop(Deadline) override { return absl::OkStatus(); }
  const std::vector<Service>& services() const override { return services_; }

  Gate gate;
  std::atomic<int> calls{0};
  std::atomic<int> cancelled{0};          // calls that ended cancelled
  std::atomic<int> list_milliseconds{0};  // of the worker's time, which each ObterUsuarios takes at least
  std::atomic<int> written{0};            // messages that ExportarUsuarios has written
  std::atomic<int> export_count{3};       // how many it writes
  std::atomic<int> export_size{10};       // bytes of each name
  std::atomic<bool> export_fails{false};  // with ABORTED, after the last
  std::atomic<bool> export_waits{false};  // at the gate, before the first
  std::atomic<bool> export_ended{false};
  // The index of the one that has no JSON form.
  std::atomic<int> export_unprintable{-1};

  // Waits until `value` is at least `least`; false when that takes too long.
  static bool WaitUntil(const std::function<bool()>& condition);

 private:
  Task<absl::Status> Criar(Call&, const usuarios::CriarUsuarioRequest&, usuarios::CriarUsuarioResponse&);
  Task<absl::Status> Obter(Call&, const usuarios::ObterUsuarioRequest&, usuarios::ObterUsuarioResponse&);
  Task<absl::Status> Listar(Call&, const usuarios::ObterUsuariosRequest&, usuarios::ObterUsuariosResponse&);
  Task<absl::Status> Buscar(Call&, const usuarios::BuscarPorEmailRequest&, usuarios::BuscarPorEmailResponse&);
  Task<absl::Status> Atualizar(Call&, const usuarios::AtualizarUsuarioRequest&, usuarios::AtualizarUsuarioResponse&);
  Task<absl::Status> Exportar(Call&, const usuarios::ExportarUsuariosRequest&, Writer<usuarios::Usuario>);

  std::vector<Service> services_;
};

// A server on a free port of this process, with one worker unless the config says otherwise.
class TestServer {
 public:
  explicit TestServer(const std::function<void(Config&)>& change = [](Config&) {});
  ~TestServer();

  const std::string& address() const { return server->address(); }

  TestService service;
  const std::shared_ptr<testing::RecordingSink> log = std::make_shared<testing::RecordingSink>();
  const std::shared_ptr<MetricsRegistry> metrics = std::make_shared<MetricsRegistry>();
  std::unique_ptr<Server> server;

  // Of the series of that name whose first label besides the component is `label`; 0 when there is none.
  double Metric(std::string_view name, std::string_view label = "") const;
};

// Discards everything.
Logger QuietLogger();

}  // namespace tomada::pistache_http
