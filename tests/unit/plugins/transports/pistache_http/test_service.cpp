#include "test_service.h"

#include <stop_token>
#include <thread>

#include <absl/strings/cord.h>
#include <google/rpc/error_details.pb.h>
#include <gtest/gtest.h>

#include "support/thread_rule.h"
#include "tomada/status.h"

namespace tomada::pistache_http {
namespace {

using namespace std::chrono_literals;

// Suspends until the call is cancelled.
class UntilCancelled {
 public:
  explicit UntilCancelled(Call& call) : call_(call) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) {
    Executor& executor = call_.executor();
    callback_.emplace(call_.stop_token(), [&executor, coroutine] { executor.Post(coroutine); });
  }
  void await_resume() noexcept {}

 private:
  Call& call_;
  std::optional<std::stop_callback<std::function<void()>>> callback_;
};

class NoLog final : public LogSink {
  void Write(LogLevel, std::string_view, std::string_view, std::span<const LogField>) override {}
};

}  // namespace

bool Gate::Awaiter::await_suspend(std::coroutine_handle<> coroutine) {
  std::lock_guard lock(gate_.mutex_);
  if (gate_.open_) return false;
  gate_.waiting_.push_back({coroutine, &executor_});
  gate_.changed_.notify_all();
  return true;
}

void Gate::WaitFor(size_t count) {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return waiting_.size() >= count; }));
}

void Gate::Release() {
  std::vector<Waiting> waiting;
  {
    std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
  }
  std::map<Executor*, std::vector<std::coroutine_handle<>>> by_executor;
  for (const Waiting& one : waiting) by_executor[one.executor].push_back(one.coroutine);
  for (auto& [executor, coroutines] : by_executor) executor->PostAll(coroutines);
}

void Gate::ReleaseLast() {
  std::unique_lock lock(mutex_);
  Waiting last = waiting_.back();
  waiting_.pop_back();
  lock.unlock();
  last.executor->Post(last.coroutine);
}

void Gate::ResumeHere() {
  std::vector<Waiting> waiting;
  {
    std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
  }
  for (const Waiting& one : waiting) one.coroutine.resume();
}

void Gate::Open() {
  {
    std::lock_guard lock(mutex_);
    open_ = true;
  }
  Release();
}

TestService::TestService() {
  services_.push_back(ServiceBuilder(*usuarios::Usuario::descriptor()->file()->service(0))
                          .Unary("CriarUsuario", this, &TestService::Criar)
                          .Unary("ObterUsuario", this, &TestService::Obter)
                          .Unary("ObterUsuarios", this, &TestService::Listar)
                          .Unary("BuscarPorEmail", this, &TestService::Buscar)
                          .Unary("AtualizarUsuario", this, &TestService::Atualizar)
                          .ServerStreaming("ExportarUsuarios", this, &TestService::Exportar)
                          .Build());
}

bool TestService::WaitUntil(const std::function<bool()>& condition) {
  for (auto end = std::chrono::steady_clock::now() + 20s; std::chrono::steady_clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

Task<absl::Status> TestService::Criar(Call&, const usuarios::CriarUsuarioRequest& request,
                                      usuarios::CriarUsuarioResponse& response) {
  ++calls;
  *response.mutable_usuario() = request.usuario();
  response.mutable_usuario()->set_versao(request.id_requisicao());
  response.mutable_usuario()->clear_senha();
  co_return absl::OkStatus();
}

Task<absl::Status> TestService::Obter(Call& call, const usuarios::ObterUsuarioRequest& request,
                                      usuarios::ObterUsuarioResponse& response) {
  ++calls;
  const std::string& id = request.id();
  if (id.rfind("espera", 0) == 0) {
    Gate::Awaiter wait(gate, call.executor());
    co_await wait;
  }
  if (id.rfind("cancelavel", 0) == 0) {
    UntilCancelled wait(call);
    co_await wait;
  }
  while (id.rfind("gira", 0) == 0 && !call.cancelled()) {
    Yield yield(call.executor());
    co_await yield;
  }
  if (call.cancelled()) {
    ++cancelled;
    co_return call.status();
  }
  if (id.rfind("sem-json", 0) == 0) response.mutable_usuario()->mutable_criado_em()->set_nanos(-1);
  if (id.rfind("nada", 0) == 0) co_return absl::NotFoundError("no such user");
  if (id.rfind("lanca", 0) == 0) throw std::runtime_error("secret text");
  if (id.rfind("cheio", 0) == 0) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(2);
    retry.mutable_retry_delay()->set_nanos(1);
    absl::Status status = absl::ResourceExhaustedError("too many");
    status.SetPayload("type.googleapis.com/google.rpc.RetryInfo", absl::Cord(retry.SerializeAsString()));
    co_return status;
  }
  if (id.rfind("anonimo", 0) == 0) co_return absl::UnauthenticatedError("who are you");
  if (id.rfind("basico", 0) == 0) {
    call.response_metadata().Add("www-authenticate", "Basic");
    co_return absl::UnauthenticatedError("who are you");
  }
  if (id.rfind("campos", 0) == 0) {
    FieldViolations violations;
    violations.Add("id", "is not well-formed");
    violations.Add("outros[2].nome", "is too long");
    violations.Add("rotulos[\"a.b\"]", "is empty");
    co_return violations.ToStatus();
  }
  if (id.rfind("desconhecido", 0) == 0) {
    absl::Status status = absl::AbortedError("try again");
    status.SetPayload("type.googleapis.com/other.Unknown", absl::Cord("\x01\x02"));
    co_return status;
  }
  usuarios::Usuario& usuario = *response.mutable_usuario();
  usuario.set_id(id);
  usuario.set_nome(id);
  if (id.rfind("metadados", 0) == 0) {
    for (const auto& [name, value] : call.metadata().entries()) *usuario.mutable_email() += name + "=" + value + ";";
  }
  if (id.rfind("reservado", 0) == 0)
    usuario.set_email(std::string(call.metadata().Find("tomada-principal").value_or("ninguem")));
  if (id.rfind("origem", 0) == 0) usuario.set_email(call.peer().address);
  if (id.rfind("identidade", 0) == 0) usuario.set_email(call.peer().identity);
  if (id.rfind("fio", 0) == 0) {
    const bool kept = co_await testing::KeepsItsThread(call);
    usuario.set_email(kept ? "mesmo" : "outro");
  }
  if (id.rfind("contagem", 0) == 0) usuario.set_email(std::to_string(calls - 1));
  call.response_metadata().Add("x-servico", std::string(call.metadata().Find("via").value_or("")));
  call.response_metadata().Add("x-forjado", "a\r\nevil: 1");
  call.response_metadata().Add("access-control-allow-origin", "*");  // CORS is the front end's
  call.response_metadata().Add("content-length", "7");
  co_return absl::OkStatus();
}

Task<absl::Status> TestService::Listar(Call& call, const usuarios::ObterUsuariosRequest& request,
                                       usuarios::ObterUsuariosResponse& response) {
  if (request.token_pagina() == "espera") {
    Gate::Awaiter wait(gate, call.executor());
    co_await wait;
  }
  ++calls;
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(list_milliseconds);
  while (std::chrono::steady_clock::now() < until) {
  }
  for (int i = 0; i < request.tamanho_pagina(); ++i) {
    response.add_usuarios()->set_nome(std::string(static_cast<size_t>(export_size), 'x'));
  }
  response.set_proximo_token(request.token_pagina());
  co_return absl::OkStatus();
}

Task<absl::Status> TestService::Buscar(Call&, const usuarios::BuscarPorEmailRequest& request,
                                       usuarios::BuscarPorEmailResponse& response) {
  ++calls;
  if (!request.email().empty()) response.mutable_usuario()->set_email(request.email());
  co_return absl::OkStatus();
}

Task<absl::Status> TestService::Atualizar(Call&, const usuarios::AtualizarUsuarioRequest& request,
                                          usuarios::AtualizarUsuarioResponse& response) {
  ++calls;
  *response.mutable_usuario() = request.usuario();
  std::string mask;
  for (const std::string& path : request.mascara().paths()) mask += path + ";";
  response.mutable_usuario()->set_versao(mask);
  response.mutable_usuario()->clear_senha();
  co_return absl::OkStatus();
}

Task<absl::Status> TestService::Exportar(Call& call, const usuarios::ExportarUsuariosRequest&,
                                         Writer<usuarios::Usuario> writer) {
  ++calls;
  usuarios::Usuario usuario;
  usuario.set_nome(std::string(static_cast<size_t>(export_size), 'x'));
  if (export_waits) {
    Gate::Awaiter wait(gate, call.executor());
    co_await wait;
  }
  for (int i = 0; i < export_count; ++i) {
    usuario.set_id(std::to_string(i));
    if (i == export_unprintable) usuario.mutable_criado_em()->set_nanos(-1);
    absl::Status status = co_await writer.Write(usuario);
    if (!status.ok()) {
      if (call.cancelled()) ++cancelled;
      export_ended = true;
      co_return status;
    }
    ++written;
  }
  export_ended = true;
  if (export_fails) co_return absl::AbortedError("the export broke off");
  co_return absl::OkStatus();
}

TestServer::TestServer(const std::function<void(Config&)>& change) {
  Config config;
  config.listen.port = 0;
  config.workers = 1;
  change(config);
  server = std::make_unique<Server>(config, Server::Providers{{"usuarios", &service}}, Logger(log, "http"),
                                    Metrics(metrics, "http"));
  absl::Status started = server->Start();
  EXPECT_TRUE(started.ok()) << started;
}

TestServer::~TestServer() {
  service.gate.Open();  // a test that failed may have left handlers there
  server.reset();
}

double TestServer::Metric(std::string_view name, std::string_view label) const {
  for (const MetricFamily& family : metrics->Collect()) {
    for (const MetricSample& sample : family.samples) {
      if (family.name == name && (label.empty() || sample.labels.at(1).second == label)) return sample.value;
    }
  }
  return 0;
}

Logger QuietLogger() { return Logger(std::make_shared<NoLog>(), "http"); }

}  // namespace tomada::pistache_http
